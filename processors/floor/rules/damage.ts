/**
 * DAMAGED_STOCK: units of a SKU at a node are in state `damaged`, until all of them have left it. They enter
 * by a change of state, an adjustment of the state, a receipt in that condition, a failed inspection or the
 * disposition of a return, and leave by a change of state or an adjustment. Stock that was damaged before the
 * log began is not known here: what leaves beyond what entered counts for nothing.
 */
import type { LogEvent } from '../../../contracts/events.ts';
import { KeptFacts } from '../../facts/kept-facts.ts';
import type { Fact } from '../../facts/signed.ts';
import type { Applied, Outputs, SnapshotPart } from '../../processor.ts';
import {
  amounted,
  DAY_MS,
  outlived,
  positionOf,
  switchedOff,
  valueOf,
  withdrawn,
  type Evidence,
  type FloorRule,
  type Shared,
} from './facts.ts';

/** Damaged units that nothing happens to are followed for so long. */
const KEPT_DAYS = 120;
const LIMITS = { entities: 50_000, facts: 200, keptMs: KEPT_DAYS * DAY_MS };

/** Units that entered the state, or left it when negative. */
export interface DamageFact extends Fact {
  readonly sku: string;
  readonly node: string;
  readonly units: number;
  readonly evidence: Evidence;
}

/** What an event does to the damaged units of a node; null for nearly every event. */
export function damageOf({ event, identity, seq, timeMs }: Applied): DamageFact | null {
  const moved = movedBy(event);
  if (moved === null || moved.units === 0) return null;
  return { ...moved, timeMs, seq, identity, evidence: { source: event.source, id: event.id } };
}

function movedBy(event: LogEvent): Pick<DamageFact, 'sku' | 'node' | 'units'> | null {
  switch (event.type) {
    case 'stocktide.inventory.state.changed.v1': {
      const { from_state, node_id: node, qty, sku_id: sku, to_state } = event.data;
      if (from_state !== 'damaged' && to_state !== 'damaged') return null;
      if (from_state === to_state) return null;
      return { sku, node, units: to_state === 'damaged' ? qty : -qty };
    }
    case 'stocktide.inventory.adjusted.v1': {
      const { node_id: node, qty_delta: units, sku_id: sku, state } = event.data;
      return state === 'damaged' ? { sku, node, units } : null;
    }
    case 'stocktide.receipt.line.received.v1': {
      const { condition_code, node_id: node, qty_received: units, sku_id: sku } = event.data;
      return condition_code === 'damaged' ? { sku, node, units } : null;
    }
    case 'stocktide.quality.inspected.v1': {
      const { fail_state, node_id: node, qty_fail: units, sku_id: sku } = event.data;
      return fail_state === 'damaged' ? { sku, node, units } : null;
    }
    case 'stocktide.return.dispositioned.v1': {
      const { node_id: node, qty: units, sku_id: sku, to_state } = event.data;
      return to_state === 'damaged' ? { sku, node, units } : null;
    }
    default:
      return null;
  }
}

export class Damage implements FloorRule {
  readonly #shared: Shared;
  readonly #positions = new KeptFacts<DamageFact>('damage', LIMITS);

  constructor(shared: Shared) {
    this.#shared = shared;
  }

  changed(fact: DamageFact, applied: Applied, out: Outputs): void {
    const key = keyOf(fact);
    this.#positions.add(key, fact, applied.nowMs);
    this.#judge(key, applied, out);
  }

  /** The fact of an event; undefined when it is not kept. */
  find(identity: number): DamageFact | undefined {
    const key = this.#positions.keyOf(identity);
    return key === undefined
      ? undefined
      : this.#positions.of(key).find((fact) => fact.identity === identity);
  }

  drop(identity: number, applied: Applied, out: Outputs): void {
    const key = this.#positions.drop(identity);
    if (key !== undefined) this.#judge(key, applied, out);
  }

  onHour(applied: Applied, out: Outputs): void {
    for (const { key } of this.#positions.expire(applied.nowMs)) {
      this.#shared.episodes.ended(key, outlived(applied, KEPT_DAYS), out);
    }
  }

  snapshot(): Iterable<SnapshotPart> {
    return this.#positions.snapshot();
  }

  restore(part: SnapshotPart): void {
    this.#positions.restore(part);
  }

  #judge(key: string, applied: Applied, out: Outputs): void {
    const { episodes, policies } = this.#shared;
    const facts = this.#positions.of(key);
    const last = facts.at(-1);
    if (last === undefined) return episodes.ended(key, withdrawn(applied), out);
    const { node, sku } = last;
    const setting = policies.of('DAMAGED_STOCK', { sku, node });
    if (!setting.enabled) return episodes.ended(key, switchedOff(applied), out);
    const entries = standing(facts);
    const units = entries.reduce((sum, entry) => sum + entry.left, 0);
    const [first] = entries;
    if (first === undefined) {
      const detail = `No unit of ${sku} in ${node} is damaged any more`;
      return episodes.ended(key, { atMs: last.timeMs, detail }, out);
    }
    episodes.holds(
      key,
      {
        code: 'DAMAGED_STOCK',
        entity: positionOf(sku, node),
        ...{ skuId: sku, nodeId: node, conditionAtMs: first.fact.timeMs },
        detail: `${units} of ${sku} in ${node} are damaged`,
        ...{ units, rule: setting },
        ...amounted(valueOf(sku, units, this.#shared)),
        evidence: entries.map(({ fact }) => fact.evidence),
      },
      applied,
      out,
    );
  }
}

const keyOf = ({ node, sku }: DamageFact) => `DAMAGED_STOCK/${sku}/${node}`;

/** Entries of which units are left, the oldest leaving first. */
function standing(facts: readonly DamageFact[]): { fact: DamageFact; left: number }[] {
  let entries: { fact: DamageFact; left: number }[] = [];
  for (const fact of facts) {
    if (fact.units > 0) {
      entries.push({ fact, left: fact.units });
      continue;
    }
    let leaving = -fact.units;
    entries = entries.flatMap((entry) => {
      const taken = Math.min(entry.left, leaving);
      leaving -= taken;
      return entry.left > taken ? [{ ...entry, left: entry.left - taken }] : [];
    });
  }
  return entries;
}
