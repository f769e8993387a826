/**
 * Where the real data lies that tests run on when it is there, and how the independent computations read
 * it: with a CSV reader of their own, so that a mistake of the mapping's does not hide here.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';

const ROOT = fileURLToPath(new URL('../../../../shared/data', import.meta.url));

export const dataFolder = (name: string) => join(ROOT, name);

/** Says why the tests over a data set do not run, or is empty when they do. */
export function missingData(name: string): string {
  const folder = dataFolder(name);
  return existsSync(folder)
    ? ''
    : `(skipped: ${folder} is not there; the data is not part of the project)`;
}

/** The file of a folder whose name contains `part`. */
export function dataFile(folder: string, part: string): string {
  const name = readdirSync(folder).find((entry) => entry.includes(part));
  if (name === undefined) throw new Error(`${folder} has no file with ${part} in its name`);
  return join(folder, name);
}

export function textOf(file: string): string {
  const bytes = readFileSync(file);
  return (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8');
}

/** Rows of an RFC 4180 CSV without newlines in cells, by column. */
export function rowsOf(file: string): Record<string, string>[] {
  const [header = '', ...lines] = textOf(file)
    .split(/\r?\n/)
    .filter((line) => line !== '');
  const columns = cellsOf(header);
  return lines.map((line) => {
    const cells = cellsOf(line);
    return Object.fromEntries(columns.map((column, index) => [column, cells[index] ?? '']));
  });
}

/** `a,"b, ""c""",d` */
function cellsOf(line: string): string[] {
  const cells: string[] = [];
  for (const match of line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)) {
    cells.push(match[1]?.replaceAll('""', '"') ?? match[2] ?? '');
  }
  return cells;
}
