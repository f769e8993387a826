/**
 * BPI Challenge 2019: receipts that hold, by vendor, and order lines, counted in the two CSV files alone,
 * against `receipts` and `po_lines` of a system that a replay of them went through. It shares no code with the
 * mapping.
 */
import { dataFile, rowsOf } from './data.ts';
import { addTo, counts, type Figure } from './figures.ts';
import type { System } from './system.ts';

export interface BpicCounts {
  /** Goods receipts less those that were cancelled. */
  readonly receipts: Map<string, number>;
  readonly lines: Map<string, number>;
}

/** By vendor, from the first rows of the events. */
export function bpicCounts(folder: string, maxRows = Infinity): BpicCounts {
  const vendorOf = new Map(
    rowsOf(dataFile(folder, 'cases')).map((row) => [row['case_id'] ?? '', row['vendor'] ?? '']),
  );
  const received = new Map<string, number>();
  const lines = new Map<string, number>();
  for (const row of rowsOf(dataFile(folder, 'events')).slice(0, maxRows)) {
    const id = row['case_id'] ?? '';
    if (row['activity'] === 'Record Goods Receipt') addTo(received, id, 1);
    if (row['activity'] === 'Cancel Goods Receipt') addTo(received, id, -1);
    if (row['activity'] === 'Create Purchase Order Item') addTo(lines, vendorOf.get(id) ?? '');
  }
  const receipts = new Map<string, number>();
  for (const [id, units] of received) {
    // Below zero a receipt was cancelled that the log does not have.
    if (units > 0) addTo(receipts, vendorOf.get(id) ?? '', units);
  }
  return { receipts, lines };
}

export async function compareBpic(
  system: System,
  folder: string,
  maxRows = Infinity,
): Promise<Figure[]> {
  const { lines, receipts } = bpicCounts(folder, maxRows);
  const rows = await system.rows<{ supplier_id: string; units: number }>(`
    SELECT supplier_id, toInt64(sum(received * sign)) AS units FROM receipts
    WHERE startsWith(supplier_id, 'vendorID_') GROUP BY supplier_id HAVING units != 0`);
  const orders = await system.rows<{ supplier_id: string; lines: number }>(`
    SELECT supplier_id, toInt64(sum(sign)) AS lines FROM po_lines
    WHERE startsWith(supplier_id, 'vendorID_') GROUP BY supplier_id HAVING lines != 0`);
  return [
    ...counts('receipts', receipts, new Map(rows.map((row) => [row.supplier_id, row.units]))),
    ...counts('lines', lines, new Map(orders.map((row) => [row.supplier_id, row.lines]))),
  ];
}
