/**
 * The UCI Online Retail file as a feed: CSV or CSV.gz in, items out, read twice (catalogue, then
 * events). Holds one invoice and the catalogue in memory, never the file.
 */
import { readCsv } from '../csv.ts';
import { feedItem, increment } from '../events.ts';
import { ReplayError, type Dataset, type Feed, type FeedItem } from '../feed.ts';
import { fileOrIn } from '../files.ts';
import { catalogueBuilder, invoiceGroup, type InvoiceGroup } from './catalogue.ts';
import {
  classifyRow,
  readUciRow,
  UCI_CSV,
  type RowKind,
  type SkipReason,
  type UciRow,
} from './rows.ts';
import { mapOpening, uciMapper, UCI_MAPPING_VERSION } from './mapping.ts';

export const UCI_ONLINE_RETAIL: Dataset = {
  name: 'uci-online-retail',
  about: 'UCI Online Retail, CSV: orders, returns and write-offs of a shop',
  mappingVersion: UCI_MAPPING_VERSION,
  limitIsPrefix: true,
  files: (path) => [fileOrIn(path, /^online.?retail/i)],
  open: openUciFeed,
};

async function openUciFeed([file = '']: readonly string[]): Promise<Feed> {
  const builder = catalogueBuilder();
  let totalRows = 0;
  for await (const step of readGroups(file)) {
    totalRows = step.row;
    if (step.group !== null) builder.add(step.group);
  }
  if (totalRows === 0) throw new ReplayError(`${file}: has no rows`);
  const catalogue = builder.finish();
  const skipped = new Map<SkipReason, number>();

  async function* items(maxRows: number): AsyncGenerator<FeedItem> {
    skipped.clear();
    for (const event of mapOpening(catalogue)) yield feedItem(event, 0);
    const map = uciMapper(catalogue.names);
    for await (const step of readGroups(file)) {
      // Half an invoice would be another event under the same id: a limit ends before it.
      if (step.row > maxRows) return;
      for (const reason of step.skipped) increment(skipped, reason);
      if (step.group !== null) for (const event of map(step.group)) yield feedItem(event, step.row);
    }
  }

  return { totalRows, items, skipped };
}

/** A group, the rows beside it that become no event, and the number of its last row. */
interface Step {
  readonly group: InvoiceGroup | null;
  readonly skipped: readonly SkipReason[];
  readonly row: number;
}

async function* readGroups(file: string): AsyncGenerator<Step> {
  let rows: UciRow[] = [];
  let skipped: SkipReason[] = [];
  let row = 0;
  const step = (): Step => ({
    group: rows.length === 0 ? null : invoiceGroup(rows),
    skipped,
    row,
  });

  for await (const record of readCsv(file, UCI_CSV)) {
    const read = readUciRow(record);
    const kind = read === null ? 'unreadable_row' : classifyRow(read);
    const [first] = rows;
    const goesOn =
      read === null ||
      first === undefined ||
      (read.invoice === first.invoice && read.time === first.time);
    if (!goesOn) {
      yield step();
      rows = [];
      skipped = [];
    }
    row += 1;
    if (read !== null && !isSkipped(kind)) rows.push(read);
    else skipped.push(kind as SkipReason);
  }
  if (row > 0) yield step();
}

const isSkipped = (kind: RowKind): kind is SkipReason =>
  kind !== 'order_line' && kind !== 'cancellation' && kind !== 'adjustment';
