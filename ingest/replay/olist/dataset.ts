/** Olist's orders as a feed: CSV or CSV.gz in, items by time out. Holds the orders in memory. */
import { readCsv } from '../csv.ts';
import { increment } from '../events.ts';
import { ReplayError, type Dataset, type Feed } from '../feed.ts';
import { fileOrIn } from '../files.ts';
import { checkRowCount, inTimeOrder, inTurn, type RowEvents } from '../in-time-order.ts';
import { mapOpening, mapOrder, missingDates, OLIST_MAPPING_VERSION } from './mapping.ts';
import { OLIST_CSV, readOlistOrder, type OlistOrder, type OlistSkipReason } from './rows.ts';

export const OLIST: Dataset = {
  name: 'olist',
  about: 'Olist marketplace orders, CSV: the life of an order, with its dates',
  mappingVersion: OLIST_MAPPING_VERSION,
  limitIsPrefix: false,
  files: (path) => [fileOrIn(path, /orders/i)],
  open: openOlistFeed,
};

interface NumberedOrder {
  readonly row: number;
  readonly order: OlistOrder;
}

async function openOlistFeed([file = '']: readonly string[]): Promise<Feed> {
  const orders: NumberedOrder[] = [];
  const left: { row: number; reason: OlistSkipReason }[] = [];
  const ids = new Set<string>();
  let totalRows = 0;
  for await (const record of readCsv(file, OLIST_CSV)) {
    checkRowCount(file, ++totalRows);
    const order = readOlistOrder(record);
    if (order === null || ids.has(order.orderId)) {
      left.push({ row: totalRows, reason: order === null ? 'unreadable_row' : 'repeated_order' });
      continue;
    }
    ids.add(order.orderId);
    orders.push({ row: totalRows, order });
    for (const reason of missingDates(order)) left.push({ row: totalRows, reason });
  }
  if (totalRows === 0) throw new ReplayError(`${file}: has no rows`);

  const opening: RowEvents = { row: 0, events: mapOpening(orders.map(({ order }) => order)) };
  const skipped = new Map<OlistSkipReason, number>();
  return {
    totalRows,
    skipped,
    items(maxRows) {
      skipped.clear();
      for (const { reason, row } of left) if (row <= maxRows) increment(skipped, reason);
      const rows = orders
        .filter(({ row }) => row <= maxRows)
        .map(({ order, row }) => ({ row, events: mapOrder(order) }));
      return inTurn(inTimeOrder([opening, ...rows]));
    },
  };
}
