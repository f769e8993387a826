/**
 * Holds what a running system says against the file that was replayed through it, and prints one JSON line:
 * how many figures were compared, and those that differ. Exit code 1 when any does.
 *
 *   node --import tsx test/support/replay/compare-main.ts <dataset> <API URL> <ClickHouse URL> <folder> [rows]
 *
 * Datasets: uci-online-retail, olist, scms, bpic2019. `rows` is the --limit of the replay.
 */
import { createClient } from '@clickhouse/client';
import { compareBpic } from './bpic2019.ts';
import { differing, type Figure } from './figures.ts';
import { compareOlist } from './olist.ts';
import { compareScms } from './scms.ts';
import { livingSystem, type System } from './system.ts';
import { compareUciLosses, compareUciReturns } from './uci.ts';

const COMPARISONS: Readonly<
  Record<string, (system: System, folder: string, maxRows?: number) => Promise<Figure[]>>
> = {
  'uci-online-retail': async (...of) => [
    ...(await compareUciReturns(...of)),
    ...(await compareUciLosses(...of)),
  ],
  olist: compareOlist,
  scms: compareScms,
  bpic2019: compareBpic,
};

const [dataset = '', apiUrl = '', clickhouseUrl = '', folder = '', rows = ''] =
  process.argv.slice(2);
const compare = COMPARISONS[dataset];
if (compare === undefined || folder === '') {
  const known = Object.keys(COMPARISONS).join(', ');
  process.stderr.write(
    `usage: compare-main.ts <${known}> <API URL> <ClickHouse URL> <folder> [rows]\n`,
  );
  process.exit(2);
}
const client = createClient({ url: clickhouseUrl, database: 'stocktide' });
const system = livingSystem(apiUrl, client);
const figures = await compare(system, folder, rows === '' ? undefined : Number(rows));
await client.close();
const differ = differing(figures);
const result = { dataset, figures: figures.length, differing: differ.length, differ };
process.stdout.write(`${JSON.stringify(result)}\n`);
process.exitCode = differ.length === 0 ? 0 : 1;
