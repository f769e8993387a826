/** Says of a difference which side is off, by what, and what is likely behind it. Pure. */
import type { Difference } from './compare.ts';

/** A movement as a replay makes it and ClickHouse stores it. */
export interface Movement {
  readonly seq: number;
  readonly idx: number;
  readonly from: string;
  readonly to: string;
  readonly units: number;
  readonly kind: string;
  readonly eventId: string;
}

/** Movements of the position, in log order. */
export interface Evidence {
  readonly stored: readonly Movement[];
  /** Null when the replay was not asked for them. */
  readonly replayed: readonly Movement[] | null;
}

const SHOWN = 5;

export function explain(difference: Difference, evidence: Evidence): string {
  const { account, clickhouse, ledger, replay } = difference;
  const where = `${account} of ${difference.sku} at ${difference.node}`;
  const newest = newestOf(account, evidence.stored);
  if (ledger === replay) {
    const why = whyStored(evidence);
    return `ClickHouse is off by ${signed(clickhouse - ledger)} in ${where}: ${why}. ${newest}`;
  }
  if (clickhouse === replay) {
    return (
      `the living ledger is off by ${signed(ledger - replay)} in ${where}; ClickHouse and a replay of ` +
      'the log agree. Likely its state came from a damaged or foreign snapshot: stop the processors, ' +
      `purge the stream SNAPSHOTS, start again; the state is then rebuilt from the log. ${newest}`
    );
  }
  if (clickhouse === ledger) {
    return (
      `a replay of the log is off by ${signed(replay - ledger)} in ${where}; the ledger and ClickHouse ` +
      'agree. Likely the code of the processor or its bounds (RECENT_IDS, RECENT_MOVEMENTS) changed ' +
      `since these events were applied, so that today they count differently. ${newest}`
    );
  }
  return `no two of ledger, ClickHouse and replay agree in ${where}. ${newest}`;
}

/** What ClickHouse holds of the position beside what the log gives. */
function whyStored({ replayed, stored }: Evidence): string {
  const times = new Map<string, number>();
  for (const movement of stored) times.set(keyOf(movement), (times.get(keyOf(movement)) ?? 0) + 1);
  const doubled = distinct(stored.filter((movement) => (times.get(keyOf(movement)) ?? 0) > 1));
  if (doubled.length > 0) {
    return `it holds ${listed(doubled)} more than once, as when a block was inserted without its token`;
  }
  if (replayed === null) return 'its movements do not add up to the balance';
  const wanted = new Map(replayed.map((movement) => [keyOf(movement), movement]));
  const missing = replayed.filter((movement) => !times.has(keyOf(movement)));
  if (missing.length > 0) {
    return `it lacks ${listed(missing)}, as when rows were deleted or a backup was restored`;
  }
  const foreign = stored.filter((movement) => !wanted.has(keyOf(movement)));
  if (foreign.length > 0) {
    return `it holds ${listed(foreign)}, which the log does not give: inserted by another hand`;
  }
  const changed = stored.filter((movement) => !isSame(movement, wanted.get(keyOf(movement))));
  if (changed.length > 0) {
    return `it holds ${listed(changed)} otherwise than the log gives it: changed by another hand`;
  }
  return 'its movements are those of the log, and still do not add up';
}

function newestOf(account: string, stored: readonly Movement[]): string {
  const touching = stored.filter(({ from, to }) => from === account || to === account);
  if (touching.length === 0) return 'ClickHouse holds no movement of this account.';
  return `Its newest movements in ClickHouse: ${listed(touching.slice(-SHOWN).reverse())}.`;
}

function listed(movements: readonly Movement[]): string {
  const shown = movements
    .slice(0, SHOWN)
    .map(
      ({ eventId, from, idx, kind, seq, to, units }) =>
        `seq ${seq}/${idx} (${kind} ${units} ${from}→${to}, event ${eventId})`,
    );
  const rest = movements.length - shown.length;
  return shown.join(', ') + (rest > 0 ? ` and ${rest} more` : '');
}

const keyOf = ({ idx, seq }: Movement) => `${seq}/${idx}`;
const distinct = (movements: readonly Movement[]) => [
  ...new Map(movements.map((movement) => [keyOf(movement), movement])).values(),
];
const isSame = (a: Movement, b: Movement | undefined) =>
  b !== undefined && a.from === b.from && a.to === b.to && a.units === b.units;
const signed = (units: number) => `${units > 0 ? '+' : ''}${units} units`;
