/** Arguments of `npm run simulate`, checked: a wrong one is answered with what would be right. */
import { parseArgs } from 'node:util';
import { DAY } from './calendar.ts';
import { kindsOf } from './incidents/inject.ts';

export const USAGE = `Makes the events of a simulated mid-market brand, as fast as they can be made.

  npm run simulate -- --seed 7 --days 7 --out events.ndjson --incidents all --labels labels.ndjson
  npm run simulate -- --days endless --rate real --url http://127.0.0.1:8081

Where the events go (one of the two):
  --out FILE           NDJSON, one CloudEvent a line in the order in which they arrive; - for stdout
  --url URL            the door, or the API in front of it (with the ACCESS_TOKEN of the environment)

What the brand does:
  --seed N             the same seed gives the same bytes (1)
  --start DATE         first day, such as 2026-03-02 (that day), or an instant
  --days N             days to simulate, or endless (7)
  --orders-per-day N   orders on a mean day, 1 to 1000000 (2000)
  --skus N             stock keeping units, 20 to 20000 (2000)
  --peak               twice the orders
  --incidents WHICH    all, none, or codes such as NEG_INVENTORY,STOCKOUT
                       (all with --labels, else none)
  --incident-gap N     days between two incidents of a kind, 1 to 365 (3)
  --labels FILE        what was injected, NDJSON, one label an incident
  --rate R             events a second, real for the pace of the brand's own clock, or max (max)
  --help               this text

Exit code: 0 done, 1 an event was rejected or the target failed, 2 wrong arguments, 130 Ctrl-C.
docs/simulator.md says what the brand is.`;

export type Rate = number | 'real' | 'max';

export interface SimulateArguments {
  readonly seed: number;
  readonly startMs: number;
  /** Feed time to simulate (ms); Infinity when endless. */
  readonly spanMs: number;
  readonly ordersPerDay: number;
  readonly skuCount: number;
  readonly peak: boolean;
  readonly rate: Rate;
  /** Names of kinds. */
  readonly incidents: readonly string[];
  readonly incidentGapDays: number;
  readonly labelsFile: string | null;
  readonly target: { readonly file: string } | { readonly url: string };
}

/** An argument that cannot be used; its message says what can. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** A Monday. */
const USUAL_START = '2026-03-02';

/** Throws a UsageError. */
export function readArguments(argv: readonly string[]): SimulateArguments | 'help' {
  const values = parse(argv);
  if (values.help === true) return 'help';
  return {
    seed: whole('--seed', values.seed, 0, 4_294_967_295),
    startMs: startOf(values.start),
    spanMs: values.days === 'endless' ? Infinity : DAY * whole('--days', values.days, 1, 3_660),
    ordersPerDay: whole('--orders-per-day', values['orders-per-day'], 1, 1_000_000),
    skuCount: whole('--skus', values.skus, 20, 20_000),
    peak: values.peak === true,
    rate: rateOf(values.rate),
    incidents: incidentsOf(values.incidents ?? (values.labels === undefined ? 'none' : 'all')),
    incidentGapDays: whole('--incident-gap', values['incident-gap'], 1, 365),
    labelsFile: values.labels ?? null,
    target: targetOf(values.out, values.url),
  };
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      options: {
        seed: { type: 'string', default: '1' },
        start: { type: 'string', default: USUAL_START },
        days: { type: 'string', default: '7' },
        'orders-per-day': { type: 'string', default: '2000' },
        skus: { type: 'string', default: '2000' },
        peak: { type: 'boolean' },
        rate: { type: 'string', default: 'max' },
        incidents: { type: 'string' },
        'incident-gap': { type: 'string', default: '3' },
        labels: { type: 'string' },
        out: { type: 'string' },
        url: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    }).values;
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

function whole(name: string, value: string, min: number, max: number): number {
  const number = Number(value);
  if (/^\d+$/.test(value) && number >= min && number <= max) return number;
  throw new UsageError(`${name} ${value}: must be a whole number from ${min} to ${max}`);
}

function startOf(value: string): number {
  const ms = Date.parse(value);
  if (/^\d{4}-\d\d-\d\d(T.*(Z|[+-]\d\d:\d\d))?$/.test(value) && ms >= 0) return ms;
  throw new UsageError(
    `--start ${value}: must be a day such as ${USUAL_START}, or an instant such as ${USUAL_START}T06:00:00Z`,
  );
}

function rateOf(value: string): Rate {
  if (value === 'max' || value === 'real') return value;
  const number = Number(value);
  if (/^\d+$/.test(value) && number >= 1) return number;
  throw new UsageError(`--rate ${value}: must be events a second, real or max`);
}

function incidentsOf(value: string): string[] {
  if (value === 'none') return [];
  try {
    return kindsOf(value === 'all' ? 'all' : value.split(','));
  } catch (error) {
    throw new UsageError(`--incidents ${value}: ${(error as Error).message}`);
  }
}

function targetOf(file: string | undefined, url: string | undefined) {
  if (file !== undefined && url !== undefined) {
    throw new UsageError('--out and --url: give one of the two');
  }
  if (file !== undefined && file !== '') return { file };
  if (url === undefined) throw new UsageError('give --out FILE or --url URL');
  if (/^https?:/.test(url) && URL.canParse(url)) return { url };
  throw new UsageError(`--url ${url}: must be an address such as http://127.0.0.1:8081`);
}
