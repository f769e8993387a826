/**
 * The UCI Online Retail file as a feed: CSV or CSV.gz in, items out, read twice (catalogue, then
 * events). Holds one invoice and the catalogue in memory, never the file.
 */
import { parse } from 'csv-parse';
import { ReplayError, type Dataset, type Feed, type FeedEvent, type FeedItem } from './feed.ts';
import { openBytes, readError } from './files.ts';
import { catalogueBuilder, invoiceGroup, type InvoiceGroup } from './uci-catalogue.ts';
import {
  classifyRow,
  readUciRow,
  UCI_COLUMNS,
  type RowKind,
  type SkipReason,
  type UciRecord,
  type UciRow,
} from './uci-rows.ts';
import { mapOpening, uciMapper, UCI_MAPPING_VERSION } from './uci.ts';

export const UCI_ONLINE_RETAIL: Dataset = {
  name: 'uci-online-retail',
  mappingVersion: UCI_MAPPING_VERSION,
  open: openUciFeed,
};

async function openUciFeed(file: string): Promise<Feed> {
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
    for (const event of mapOpening(catalogue)) yield item(event, 0);
    const map = uciMapper(catalogue.names);
    for await (const step of readGroups(file)) {
      // Half an invoice would be another event under the same id: a limit ends before it.
      if (step.row > maxRows) return;
      for (const reason of step.skipped) skipped.set(reason, (skipped.get(reason) ?? 0) + 1);
      if (step.group !== null) for (const event of map(step.group)) yield item(event, step.row);
    }
  }

  return { totalRows, items, skipped };
}

function item(event: FeedEvent, row: number): FeedItem {
  return { line: JSON.stringify(event), event, row };
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

  for await (const record of readRecords(file)) {
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

async function* readRecords(file: string): AsyncGenerator<UciRecord> {
  const parser = parse({ bom: true, skip_empty_lines: true, columns: checkedHeader(file) });
  const bytes = openBytes(file);
  bytes.on('error', (error) => parser.destroy(error));
  try {
    for await (const record of bytes.pipe(parser)) yield record as UciRecord;
  } catch (error) {
    throw readError(file, error);
  } finally {
    bytes.destroy();
  }
}

function checkedHeader(file: string): (header: string[]) => string[] {
  return (header) => {
    const missing = UCI_COLUMNS.filter((column) => !header.includes(column));
    if (missing.length === 0) return header;
    throw new ReplayError(
      `${file}: is no UCI Online Retail file: column ${missing.join(', ')} is missing ` +
        `(its first line reads ${header.join(',').slice(0, 120)})`,
    );
  };
}
