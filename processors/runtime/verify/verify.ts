/**
 * Law 4, checked on the running system: live position = sum of movements in ClickHouse = a replay of the
 * log, for every account of every position.
 *
 *   every slice's ledger, at its sequence S ─▶ flushed ≥ S ─▶ sums where seq ≤ S ─▶ replay to S ─▶ compare
 *
 * The system runs on meanwhile; each slice is compared at its own S.
 */
import type { ClickHouse } from '../../../platform/clickhouse/client.ts';
import type { NatsLink } from '../../../platform/nats/connect.ts';
import type { Ledger } from '../../stock/ledger.ts';
import { comparePositions, merged, type Difference } from './compare.ts';
import { explain } from './explain.ts';
import { gatherLedgers, partitionsOf, type Dump } from './gather.ts';
import { replayLog, type Replayed } from './replay.ts';
import { storedMovements, storedPositions } from './stored.ts';

export interface VerifyResult {
  readonly positions: number;
  readonly differing: number;
  /** Log sequence up to which everything was compared; of several slices, the highest. */
  readonly seq: number;
  readonly first?: Difference & { readonly explanation: string };
}

export interface VerifyOptions {
  readonly link: NatsLink;
  readonly clickhouse: ClickHouse;
  /** How long the slices may take to answer and ClickHouse to catch up (ms). */
  readonly timeoutMs: number;
  readonly say: (line: string) => void;
}

/** Throws a VerifyError when there is nothing to compare, or one side cannot be had. */
export async function verify(options: VerifyOptions): Promise<VerifyResult> {
  const { clickhouse, link, say, timeoutMs } = options;
  const dumps = await gatherLedgers(link, { timeoutMs });
  const slices = dumps.map(({ end }) => end);
  const seq = Math.max(...slices.map((end) => end.seq));
  for (const { positions, seq: at, slice } of slices) {
    say(`slice ${slice}: ${count(positions)} positions at log sequence ${count(at)}`);
  }

  const stored: Ledger[] = [];
  for (const { end } of dumps) {
    const { positions } = end;
    const at = { seq: end.seq, partitions: partitionsOf(end), positions };
    stored.push(await storedPositions(clickhouse, at));
  }
  say('movements summed in ClickHouse');

  // Where these two differ already, the replay is to show what should be there.
  const early = merged(pairs(dumps, stored).map((sides) => comparePositions(sides))).first;
  const replayed = await replayLog({
    link,
    clickhouse,
    slices,
    watched: early,
    onProgress: (at, of) => say(`replayed ${count(at)} of ${count(of)} events`),
  });
  say(`log replayed to ${count(seq)}`);

  const { differing, first, positions } = merged(
    pairs(dumps, stored).map((sides, index) =>
      comparePositions({ ...sides, replay: replayed.ledgers[index] ?? sides.replay }),
    ),
  );
  if (first === null) return { positions, differing, seq };
  const explanation = await explained(clickhouse, first, { seq, early, replayed });
  return { positions, differing, seq, first: { ...first, explanation } };
}

/** Ledger and ClickHouse of each slice, with the ledger in place of the replay. */
function pairs(dumps: readonly Dump[], stored: readonly Ledger[]) {
  return dumps.map(({ ledger }, index) => ({
    ledger,
    clickhouse: stored[index] ?? ledger,
    replay: ledger,
  }));
}

async function explained(
  clickhouse: ClickHouse,
  first: Difference,
  { early, replayed, seq }: { seq: number; early: Difference | null; replayed: Replayed },
): Promise<string> {
  const { node, sku } = first;
  const wasWatched = early !== null && early.sku === sku && early.node === node;
  return explain(first, {
    stored: await storedMovements(clickhouse, { sku, node, seq }),
    replayed: wasWatched ? replayed.movements : null,
  });
}

const count = (value: number) => value.toLocaleString('en-US');
