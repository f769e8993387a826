/** The command line of `npm run replay`, checked: what to send, how fast, and where to. Pure. */
import { parseArgs } from 'node:util';
import { BPIC2019 } from './bpic2019/dataset.ts';
import { ReplayError, type Dataset } from './feed.ts';
import { NDJSON } from './ndjson-dataset.ts';
import { OLIST } from './olist/dataset.ts';
import { SCMS } from './scms/dataset.ts';
import { UCI_ONLINE_RETAIL } from './uci/dataset.ts';

const DATASETS: readonly Dataset[] = [UCI_ONLINE_RETAIL, OLIST, SCMS, BPIC2019];
const NAME_WIDTH = Math.max(...DATASETS.map(({ name }) => name.length));

export const USAGE = `Sends a file of real or recorded events through the door.

  npm run replay -- <file.ndjson|file.ndjson.gz> [options]
  npm run replay -- <dataset> <file or folder> [options]

Datasets (files may be .gz; docs/replay.md says what becomes of each row)
${DATASETS.map(({ about, name }) => `  ${name.padEnd(NAME_WIDTH)}  ${about}`).join('\n')}

Options
  --speed max|60x   as fast as the door takes it (default), or 60 seconds of the feed a second
  --limit N         no more than the first N rows of the file (whole orders)
  --url URL         address of the API or the door; default: the system that runs on STOCKTIDE_HOME
  --restart         begin at the beginning instead of where the last replay stopped
  --json            print the summary as one JSON line
  --help            print this

A replay that is stopped goes on where it stopped. Sending twice counts once.`;

export interface ReplayArguments {
  readonly dataset: Dataset;
  /** A file, or a folder with the dataset's files. */
  readonly path: string;
  /** Feed seconds per second; null for as fast as possible. */
  readonly speed: number | null;
  /** Rows of the file; Infinity for all. */
  readonly maxRows: number;
  readonly url: string | null;
  readonly restart: boolean;
  readonly json: boolean;
}

/** The arguments, or 'help'. Throws a ReplayError that names the argument and what is allowed. */
export function readArguments(args: readonly string[]): ReplayArguments | 'help' {
  const { values, positionals } = parse(args);
  if (values.help === true) return 'help';
  const [first, second, ...more] = positionals;
  if (first === undefined)
    throw new ReplayError('what shall be replayed? Give a file or a dataset');
  if (more.length > 0) throw new ReplayError(`unexpected argument: ${more.join(' ')}`);
  return {
    ...readSource(first, second),
    speed: readSpeed(values.speed),
    maxRows: readLimit(values.limit),
    url: readUrl(values.url),
    restart: values.restart === true,
    json: values.json === true,
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        speed: { type: 'string' },
        limit: { type: 'string' },
        url: { type: 'string' },
        restart: { type: 'boolean' },
        json: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (error) {
    throw new ReplayError((error as Error).message);
  }
}

function readSource(first: string, second: string | undefined): { dataset: Dataset; path: string } {
  const dataset = DATASETS.find(({ name }) => name === first);
  if (dataset !== undefined) {
    if (second === undefined) {
      throw new ReplayError(
        `${first}: give its file or folder, as in: replay -- ${first} <file or folder>`,
      );
    }
    return { dataset, path: second };
  }
  if (!/\.ndjson(\.gz)?$/i.test(first)) {
    const known = DATASETS.map(({ name }) => name).join(', ');
    throw new ReplayError(
      `${first}: is neither a dataset (${known}) nor a .ndjson or .ndjson.gz file`,
    );
  }
  if (second !== undefined) throw new ReplayError(`unexpected argument: ${second}`);
  return { dataset: NDJSON, path: first };
}

function readSpeed(value = 'max'): number | null {
  if (value === 'max') return null;
  const speed = /^(\d+(?:\.\d+)?)x$/.exec(value)?.[1];
  if (speed === undefined || Number(speed) === 0) {
    throw new ReplayError(`--speed ${value}: allowed: max, or a factor such as 1x, 60x or 0.5x`);
  }
  return Number(speed);
}

function readLimit(value: string | undefined): number {
  if (value === undefined) return Infinity;
  if (!/^[1-9]\d{0,14}$/.test(value)) {
    throw new ReplayError(`--limit ${value}: allowed: a whole number of rows from 1 on`);
  }
  return Number(value);
}

function readUrl(value: string | undefined): string | null {
  if (value === undefined) return null;
  const url = URL.canParse(value) ? new URL(value) : null;
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new ReplayError(`--url ${value}: allowed: an address such as http://127.0.0.1:8080`);
  }
  return value;
}
