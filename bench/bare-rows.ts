/**
 * Rows of the bare pipe: as many as the processors wrote for an event of its type, of about the same
 * size, and made of the event alone. Pure.
 */
import type { LogEvent } from '../contracts/events.ts';
import type { Cell } from '../processors/processor.ts';

/** Mean rows of `stock_movements` for an event of each type, as a run of the processors made them. */
export type RowsPerEvent = Readonly<Record<string, number>>;

/** How many movements to write for each event: over all events of a type, the mean. */
export function movementCounter(rowsPerEvent: RowsPerEvent): (type: string) => number {
  const owed = new Map<string, number>();
  return (type) => {
    const due = (owed.get(type) ?? 0) + (rowsPerEvent[type] ?? 0);
    // A hair more, or else 0.1 ten times is less than 1.
    const rows = Math.floor(due + 1e-6);
    owed.set(type, due - rows);
    return rows;
  };
}

/** A row of `stock_movements` in the order of its columns. */
export function movementRow(event: LogEvent, seq: number, index: number): Cell[] {
  const data: Record<string, unknown> = event.data;
  const text = (field: string) => (typeof data[field] === 'string' ? data[field] : '');
  return [
    seq,
    index,
    text('sku_id'),
    text('node_id'),
    index % 2 === 0 ? 'available' : 'open_demand',
    index % 2 === 0 ? 'allocated' : 'unclaimed',
    typeof data['qty'] === 'number' ? data['qty'] : 1,
    'allocation',
    0,
    0,
    event.time,
    event.type,
    event.source,
    event.id,
    text('order_id'),
    '',
  ];
}
