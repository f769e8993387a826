/**
 * Where the units of an order line stand, from what has been reported of it.
 *
 * Reports come late, twice or not at all: a 3PL sends only dispatches, a scanner's picks arrive after
 * the carrier's pickup. So a stage keeps counters, and a later step implies the earlier ones:
 *
 *   shipped ≤ packed ≤ picked ≤ committed,  committed = max(allocated − shorted, picked)
 *
 *   allocated = committed − picked     picked = picked − packed     packed = packed − shipped
 *
 * The balances depend on the counters only, not on the order in which they were reported. Pure.
 */
import { A } from './accounts.ts';
import type { LineStage } from './records.ts';

/** Units of the line at each account, relative to the pool that they were taken from. */
export interface Standing {
  /** Taken from the pool in all; what was shipped is in it. */
  readonly committed: number;
  readonly picked: number;
  readonly packed: number;
  readonly shipped: number;
}

export function standing(stage: LineStage): Standing {
  const shipped = Math.max(0, stage.shipped);
  const packed = Math.max(stage.packed, shipped);
  const picked = Math.max(stage.picked, packed);
  const committed = Math.max(stage.allocated - stage.shorted, picked);
  return { committed, picked, packed, shipped };
}

/** True when nothing of it is between allocation and dispatch. */
export function isDone(stage: LineStage): boolean {
  const { committed, shipped } = standing(stage);
  return committed === shipped;
}

/**
 * The movements that lead from one standing to another. Units that are needed come from the latest
 * stage that gives some, the pool last; units that are given up go back to the pool.
 */
export function movesBetween(
  before: Standing,
  after: Standing,
  pool: number,
): { from: number; to: number; units: number }[] {
  return pairMoves([
    { account: A.in_transit_out, units: after.shipped - before.shipped },
    { account: A.packed, units: open(after, 'packed') - open(before, 'packed') },
    { account: A.picked, units: open(after, 'picked') - open(before, 'picked') },
    { account: A.allocated, units: open(after, 'allocated') - open(before, 'allocated') },
    { account: pool, units: before.committed - after.committed },
  ]);
}

/** Changes of accounts that sum to 0, as movements: a gain is met by the losses in their order. */
export function pairMoves(
  changes: { account: number; units: number }[],
): { from: number; to: number; units: number }[] {
  const moves: { from: number; to: number; units: number }[] = [];
  for (const gain of changes) {
    for (const loss of changes) {
      if (gain.units <= 0) break;
      if (loss.units >= 0) continue;
      const units = Math.min(gain.units, -loss.units);
      moves.push({ from: loss.account, to: gain.account, units });
      gain.units -= units;
      loss.units += units;
    }
  }
  return moves;
}

function open(at: Standing, account: 'allocated' | 'picked' | 'packed'): number {
  switch (account) {
    case 'packed':
      return at.packed - at.shipped;
    case 'picked':
      return at.picked - at.packed;
    case 'allocated':
      return at.committed - at.picked;
    default:
      return account satisfies never;
  }
}
