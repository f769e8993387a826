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
 * Units that a pick did not find are held (on_hold) until a count says where they are. The balances
 * depend on the counters only, not on the order in which they were reported. Pure.
 */
import { A } from './accounts.ts';
import type { LineStage, OrderLine } from './records.ts';

/** Units of the line, counted from the step that has most behind it. */
export interface Standing {
  /** Taken from `available` for the line in all; what was shipped is in it. */
  readonly committed: number;
  readonly picked: number;
  readonly packed: number;
  readonly shipped: number;
  /** Taken from `available` because a pick did not find them. */
  readonly held: number;
}

export function standing(stage: LineStage): Standing {
  const shipped = Math.max(0, stage.shipped);
  const packed = Math.max(stage.packed, shipped);
  const picked = Math.max(stage.picked, packed);
  const committed = Math.max(stage.allocated - stage.shorted, picked);
  return { committed, picked, packed, shipped, held: Math.max(0, stage.shorted) };
}

/** True when nothing of it is between allocation and dispatch. */
export function isDone(stage: LineStage): boolean {
  const { committed, shipped } = standing(stage);
  return committed === shipped;
}

/** What is ordered: a change of the very instant of the order comes after it. */
export const orderedOf = (line: OrderLine) =>
  line.changedAtMs >= line.createdAtMs ? line.changed : line.created;

/** Nothing is left to happen to the line, so far as is known. */
export function isClosed(line: OrderLine): boolean {
  return line.demand === 0 && line.stages.every(isDone);
}

/** What is known of a line at a position, made when it is new. */
export function stageAt(line: OrderLine, row: number): LineStage {
  let stage = line.stages.find((at) => at.row === row);
  if (stage === undefined) {
    stage = { row, allocated: 0, shorted: 0, picked: 0, packed: 0, shipped: 0 };
    line.stages.push(stage);
  }
  return stage;
}

export interface Shift {
  readonly from: number;
  readonly to: number;
  readonly units: number;
}

/**
 * The movements that lead from one standing to another. Units that are needed come from the latest
 * stage that gives some, `available` last; units that are given up go back there.
 */
export function shiftsBetween(before: Standing, after: Standing): Shift[] {
  const taken = after.committed + after.held - before.committed - before.held;
  return pairShifts([
    { account: A.in_transit_out, units: after.shipped - before.shipped },
    { account: A.packed, units: after.packed - after.shipped - (before.packed - before.shipped) },
    { account: A.picked, units: after.picked - after.packed - (before.picked - before.packed) },
    {
      account: A.allocated,
      units: after.committed - after.picked - (before.committed - before.picked),
    },
    { account: A.on_hold, units: after.held - before.held },
    { account: A.available, units: -taken },
  ]);
}

/** Changes of accounts that sum to 0, as movements: a gain is met by the losses in their order. */
export function pairShifts(changes: { account: number; units: number }[]): Shift[] {
  const shifts: Shift[] = [];
  for (const gain of changes) {
    if (gain.units <= 0) continue;
    for (const loss of changes) {
      if (loss.units >= 0) continue;
      const units = Math.min(gain.units, -loss.units);
      shifts.push({ from: loss.account, to: gain.account, units });
      gain.units -= units;
      loss.units += units;
      if (gain.units === 0) break;
    }
  }
  return shifts;
}
