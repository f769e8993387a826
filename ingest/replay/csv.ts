/** A CSV file (plain or gzip) as records by column, after its columns have been checked. */
import { parse } from 'csv-parse';
import { ReplayError } from './feed.ts';
import { openBytes, readError } from './files.ts';

export interface CsvShape<C extends string> {
  /** What the file should be, for the message when it is something else. */
  readonly title: string;
  readonly columns: readonly C[];
}

/** Throws a ReplayError that names the columns when some are missing, or what cannot be read. */
export async function* readCsv<C extends string>(
  file: string,
  shape: CsvShape<C>,
): AsyncGenerator<Readonly<Record<C, string>>> {
  const parser = parse({ bom: true, skip_empty_lines: true, columns: checkedHeader(file, shape) });
  const bytes = openBytes(file);
  bytes.on('error', (error) => parser.destroy(error));
  try {
    for await (const record of bytes.pipe(parser)) yield record as Readonly<Record<C, string>>;
  } catch (error) {
    throw readError(file, error);
  } finally {
    bytes.destroy();
  }
}

function checkedHeader(
  file: string,
  { columns, title }: CsvShape<string>,
): (header: string[]) => string[] {
  return (header) => {
    const missing = columns.filter((column) => !header.includes(column));
    if (missing.length === 0) return header;
    throw new ReplayError(
      `${file}: is no ${title} file: column ${missing.join(', ')} is missing ` +
        `(its first line reads ${header.join(',').slice(0, 120)})`,
    );
  };
}
