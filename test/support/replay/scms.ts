/**
 * SCMS: what the file says of its suppliers, computed from the CSV alone, against what a system says that a
 * replay of it went through: deliveries on time (K20), lead times and their spread (K22), and units, by vendor.
 * It shares no code with the mapping.
 */
import { dataFile, rowsOf } from './data.ts';
import {
  addTo,
  count,
  counts,
  mean,
  percentile,
  summaryOf,
  type Figure,
  type Summary,
} from './figures.ts';
import type { KpiAnswer, System } from './system.ts';

const DAY_MS = 86_400_000;
/** How early a delivery may be, and how late, to count as on time (K20). */
const EARLY_DAYS = 2;
const LATE_DAYS = 0;

interface Vendor {
  lines: number;
  onTime: number;
  units: number;
  /** Days from order to delivery, of the lines that name the day of the order. */
  readonly leadDays: number[];
}

/** By supplier id: the vendor's name in lower case, everything but letters and digits as one `-`. */
export function scmsVendors(folder: string, maxRows = Infinity): Map<string, Vendor> {
  const vendors = new Map<string, Vendor>();
  for (const row of rowsOf(dataFile(folder, 'scms')).slice(0, maxRows)) {
    const id = (row['Vendor'] ?? '')
      .toLowerCase()
      .split(/[^a-z0-9]+/)
      .filter((word) => word !== '')
      .join('-');
    const vendor = vendors.get(id) ?? { lines: 0, onTime: 0, units: 0, leadDays: [] };
    vendors.set(id, vendor);
    const delivered = dayOf(row['Delivered to Client Date']);
    const late = delivered - dayOf(row['Scheduled Delivery Date']);
    const ordered = dayOf(row['PO Sent to Vendor Date']);
    vendor.lines += 1;
    vendor.units += Number(row['Line Item Quantity']);
    if (late >= -EARLY_DAYS && late <= LATE_DAYS) vendor.onTime += 1;
    if (!Number.isNaN(ordered)) vendor.leadDays.push(delivered - ordered);
  }
  return vendors;
}

/** Days since 1970; NaN of a text. */
const dayOf = (text = '') => Date.parse(text.slice(0, 10)) / DAY_MS;

export async function compareScms(
  system: System,
  folder: string,
  maxRows = Infinity,
): Promise<Figure[]> {
  const vendors = scmsVendors(folder, maxRows);
  const window = {
    fromMs: Date.parse('2006-01-01T00:00:00Z'),
    toMs: Date.parse('2013-01-01T00:00:00Z'),
  };
  const figures: Figure[] = [];
  for (const [dim, vendor] of vendors) {
    const onTime = await system.kpi('K20', { ...window, where: { dim } });
    const leadTime = await system.kpi('K22', { ...window, where: { dim } });
    figures.push(
      count(`K20 ${dim}, on time`, vendor.onTime, onTime.num),
      count(`K20 ${dim}, due`, vendor.lines, onTime.den),
      ...leadFigures(`K22 ${dim}`, summaryOf(vendor.leadDays), leadTime),
    );
  }
  const leadDays = [...vendors.values()].flatMap((vendor) => vendor.leadDays);
  figures.push(...leadFigures('K22', summaryOf(leadDays), await system.kpi('K22', window)));
  const units = new Map([...vendors].map(([id, vendor]) => [id, vendor.units]));
  return [...figures, ...counts('units', units, await unitsReceived(system, units))];
}

function leadFigures(name: string, expected: Summary | null, { spread }: KpiAnswer): Figure[] {
  const days = (hours: number | null | undefined) =>
    hours === null || hours === undefined ? null : hours / 24;
  return [
    count(`${name}, lines`, expected?.count ?? null, spread?.count ?? null),
    mean(`${name}, mean days`, expected?.mean ?? null, days(spread?.mean)),
    mean(`${name}, standard deviation in days`, expected?.stddev ?? null, days(spread?.stddev)),
    percentile(`${name}, p90 days`, expected?.p90 ?? null, days(spread?.p90)),
  ];
}

/** Of these suppliers, from `receipts`. */
async function unitsReceived(
  system: System,
  suppliers: ReadonlyMap<string, number>,
): Promise<Map<string, number>> {
  const rows = await system.rows<{ supplier_id: string; units: number }>(`
    SELECT supplier_id, toInt64(sum(received * sign)) AS units FROM receipts
    GROUP BY supplier_id HAVING units != 0`);
  const found = new Map<string, number>();
  for (const { supplier_id: id, units } of rows) if (suppliers.has(id)) addTo(found, id, units);
  return found;
}
