/**
 * What the UCI Online Retail file holds per stock code, computed from the CSV alone: the other side
 * of the comparison with the replay's events and with ClickHouse. It shares no code with the mapping
 * (ingest/replay), not even the CSV reader, so that a mistake there does not hide here.
 *
 *   node --import tsx test/support/uci-expected.ts <file.csv|file.csv.gz>     prints CSV
 */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';

export const UCI_FILE = fileURLToPath(
  new URL(
    '../../../shared/data/uci_online_retail/online_retail_2010-12_2011-06.csv.gz',
    import.meta.url,
  ),
);

/** Says why the tests over the real file do not run, or is empty when they do. */
export const uciFileMissing = existsSync(UCI_FILE)
  ? ''
  : `skipped: ${UCI_FILE} is not there (UCI Online Retail, not part of the project)`;

export interface UciTotals {
  /** Rows of the file with this code that became events. */
  lines: number;
  unitsSold: number;
  unitsCancelled: number;
  writtenOff: number;
  found: number;
}

/** Totals per stock code: trimmed, upper case, white space as `-`. */
export function expectedTotals(file: string): Map<string, UciTotals> {
  const bytes = readFileSync(file);
  const text = (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8');
  const totals = new Map<string, UciTotals>();
  for (const line of text.split(/\r?\n/).slice(1)) {
    if (line === '') continue;
    const [invoice = '', code = '', , quantity = '', , price = '', customer = ''] = cells(line);
    const sku = code.trim().toUpperCase().replace(/\s+/g, '-');
    const units = Number(quantity);
    const amount = Number(price);
    if (!Number.isInteger(units) || units === 0 || amount < 0 || invoice.startsWith('A')) continue;

    const effect: Partial<UciTotals> = {};
    if (invoice.startsWith('C')) {
      if (units > 0) continue;
      effect.unitsCancelled = -units;
    } else if (amount === 0 && (customer === '' || units < 0)) {
      if (units < 0) effect.writtenOff = -units;
      else effect.found = units;
    } else {
      if (units < 0) continue;
      effect.unitsSold = units;
    }
    const of = totals.get(sku) ?? noTotals();
    totals.set(sku, of);
    of.lines += 1;
    for (const [name, value] of Object.entries(effect)) of[name as keyof UciTotals] += value;
  }
  return totals;
}

export const noTotals = (): UciTotals => ({
  lines: 0,
  unitsSold: 0,
  unitsCancelled: 0,
  writtenOff: 0,
  found: 0,
});

/** Cells of one line of RFC 4180 CSV without newlines in cells: `a,"b, ""c""",d`. */
function cells(line: string): string[] {
  const out: string[] = [];
  for (const match of line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)) {
    out.push(match[1]?.replaceAll('""', '"') ?? match[2] ?? '');
  }
  return out;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const file = process.argv[2] ?? UCI_FILE;
  const lines = [...expectedTotals(file)].map(([sku, totals]) =>
    [sku, ...(Object.values(totals) as number[])].join(','),
  );
  process.stdout.write(['sku,lines,sold,cancelled,written_off,found', ...lines, ''].join('\n'));
}
