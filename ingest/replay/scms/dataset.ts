/** The SCMS delivery history as a feed: CSV or CSV.gz in, items by time out. Holds the lines in memory. */
import { readCsv } from '../csv.ts';
import { increment } from '../events.ts';
import { ReplayError, type Dataset, type Feed } from '../feed.ts';
import { fileOrIn } from '../files.ts';
import { checkRowCount, inTimeOrder, inTurn } from '../in-time-order.ts';
import { orderLines, scmsItems } from './catalogue.ts';
import { mapDeliveries, mapItems, openedAt, SCMS_MAPPING_VERSION } from './mapping.ts';
import { readScmsLine, SCMS_CSV, type ScmsLine, type ScmsSkipReason } from './rows.ts';

export const SCMS: Dataset = {
  name: 'scms',
  about: 'USAID SCMS delivery history, CSV: orders to suppliers and their deliveries',
  mappingVersion: SCMS_MAPPING_VERSION,
  limitIsPrefix: false,
  files: (path) => [fileOrIn(path, /scms/i)],
  open: openScmsFeed,
};

async function openScmsFeed([file = '']: readonly string[]): Promise<Feed> {
  const read: { row: number; line: ScmsLine }[] = [];
  const left: { row: number; reason: ScmsSkipReason }[] = [];
  let totalRows = 0;
  for await (const record of readCsv(file, SCMS_CSV)) {
    checkRowCount(file, ++totalRows);
    const line = readScmsLine(record);
    if (line !== null) read.push({ row: totalRows, line });
    const reason = line === null ? 'unreadable_row' : line.notIssued;
    if (reason !== null) left.push({ row: totalRows, reason });
  }
  if (totalRows === 0) throw new ReplayError(`${file}: has no rows`);

  const lines = orderLines(read);
  const items = lines.length === 0 ? [] : mapItems(scmsItems(lines), openedAt(lines));
  const deliveries = mapDeliveries(lines);
  const skipped = new Map<ScmsSkipReason, number>();
  return {
    totalRows,
    skipped,
    items(maxRows) {
      skipped.clear();
      for (const { reason, row } of left) if (row <= maxRows) increment(skipped, reason);
      const limited = deliveries.filter(({ row }) => row <= maxRows);
      return inTurn(inTimeOrder([{ row: 0, events: items }, ...limited]));
    },
  };
}
