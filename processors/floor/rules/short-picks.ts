/**
 * SHORT_PICK: a line that came out of its bin short, until it was picked again in full, stock was allocated
 * to it again, or what is missing was cancelled. Only lines that came out short are kept; the picks of a line
 * that were written before its short one are looked up then. Whether the order will miss its promise, the
 * floor cannot know: it has no dates of orders, and leaves the severity to the exposure.
 */
import type { DataOf } from '../../../contracts/events.ts';
import { KeptFacts } from '../../facts/kept-facts.ts';
import type { Fact } from '../../facts/signed.ts';
import type { Applied, Outputs, SnapshotPart } from '../../processor.ts';
import {
  amounted,
  DAY_MS,
  evidenceOf,
  number,
  outlived,
  positionOf,
  switchedOff,
  text,
  valueOf,
  withdrawn,
  type Evidence,
  type FloorFact,
  type FloorRule,
  type Shared,
} from './facts.ts';

/** A short line that nothing more happens to is followed for so long. */
const KEPT_DAYS = 45;
const LIMITS = { entities: 50_000, facts: 40, keptMs: KEPT_DAYS * DAY_MS };

type Step =
  | {
      readonly kind: 'short';
      readonly order: string;
      readonly line: string;
      readonly sku: string;
      readonly node: string;
      readonly bin: string;
    }
  | { readonly kind: 'full' | 'allocated' | 'cancelled' };

/** Something that happened to a line that came out short. `units`: missing, picked, allocated, cancelled. */
type LineFact = Fact & Step & { readonly units: number; readonly evidence: Evidence };

export class ShortPicks implements FloorRule {
  readonly #shared: Shared;
  readonly #picksOf: (order: string) => FloorFact[];
  readonly #lines = new KeptFacts<LineFact>('short-lines', LIMITS);

  /** `picksOf` gives the written picks of an order, in the order of the log. */
  constructor(shared: Shared, picksOf: (order: string) => FloorFact[]) {
    this.#shared = shared;
    this.#picksOf = picksOf;
  }

  picked(pick: FloorFact, applied: Applied, out: Outputs): void {
    const [order, line] = [text(pick, 'order_id'), text(pick, 'line_id')];
    const key = keyOf(order, line);
    if (!this.#lines.has(key)) {
      if (!isShort(pick)) return;
      for (const earlier of this.#picksOf(order)) {
        if (text(earlier, 'line_id') === line && earlier.identity !== pick.identity) {
          this.#lines.add(key, lineFactOf(earlier), applied.nowMs);
        }
      }
    }
    this.#lines.add(key, lineFactOf(pick), applied.nowMs);
    this.#judge(key, applied, out);
  }

  /** Stock was allocated to a line, at whatever node, or a part of it was cancelled. */
  relieved(
    kind: 'allocated' | 'cancelled',
    data: DataOf<'order.line.allocated'> | DataOf<'order.line.cancelled'>,
    applied: Applied,
    out: Outputs,
  ): void {
    if (this.#lines.size === 0) return;
    const key = keyOf(data.order_id, data.line_id);
    if (!this.#lines.has(key)) return;
    const { event, identity, nowMs, seq, timeMs } = applied;
    const evidence = { source: event.source, id: event.id };
    this.#lines.add(key, { timeMs, seq, identity, kind, units: data.qty, evidence }, nowMs);
    this.#judge(key, applied, out);
  }

  drop(identity: number, applied: Applied, out: Outputs): void {
    const key = this.#lines.drop(identity);
    if (key !== undefined) this.#judge(key, applied, out);
  }

  onHour(applied: Applied, out: Outputs): void {
    for (const { key } of this.#lines.expire(applied.nowMs)) {
      this.#shared.episodes.ended(key, outlived(applied, KEPT_DAYS), out);
    }
  }

  snapshot(): Iterable<SnapshotPart> {
    return this.#lines.snapshot();
  }

  restore(part: SnapshotPart): void {
    this.#lines.restore(part);
  }

  #judge(key: string, applied: Applied, out: Outputs): void {
    const { episodes, policies } = this.#shared;
    const facts = this.#lines.of(key);
    const at = facts.findLastIndex(({ kind }) => kind === 'short');
    const short = facts[at];
    if (short?.kind !== 'short') return episodes.ended(key, withdrawn(applied), out);
    const { bin, line, node, order, sku, timeMs, units } = short;
    const setting = policies.of('SHORT_PICK', { sku, node });
    if (!setting.enabled) return episodes.ended(key, switchedOff(applied), out);
    const relief = reliefOf(units, facts.slice(at + 1));
    if (relief.atMs !== null) {
      const detail = `The line is short no more: ${relief.kind}`;
      return episodes.ended(key, { atMs: relief.atMs, detail }, out);
    }
    episodes.holds(
      key,
      {
        code: 'SHORT_PICK',
        entity: positionOf(sku, node),
        ...{ skuId: sku, nodeId: node, orderId: order, locationId: bin, conditionAtMs: timeMs },
        detail: `${relief.left} of ${sku} were missing in ${bin} for line ${line} of order ${order}`,
        units: relief.left,
        ...amounted(valueOf(sku, relief.left, this.#shared)),
        rule: setting,
        evidence: [short.evidence],
      },
      applied,
      out,
    );
  }
}

export const isShort = (pick: FloorFact): boolean => text(pick, 'reason') !== '';

const keyOf = (order: string, line: string) => `SHORT_PICK/${order}/${line}`;

function lineFactOf(pick: FloorFact): LineFact {
  const { identity, seq, timeMs } = pick;
  const base = { timeMs, seq, identity, evidence: evidenceOf(pick) };
  const picked = number(pick, 'qty');
  if (!isShort(pick)) return { ...base, kind: 'full', units: picked };
  const missing = Math.max(1, number(pick, 'qty_expected') - picked);
  return {
    ...base,
    ...{ kind: 'short', units: missing },
    order: text(pick, 'order_id'),
    line: text(pick, 'line_id'),
    sku: text(pick, 'sku_id'),
    node: text(pick, 'node_id'),
    bin: text(pick, 'location_id'),
  };
}

type Relief =
  | { readonly atMs: null; readonly left: number }
  | { readonly atMs: number; readonly kind: string; readonly left: 0 };

/** When what happened afterwards made up for what was missing. */
function reliefOf(missing: number, later: readonly LineFact[]): Relief {
  let left = missing;
  for (const { kind, timeMs, units } of later) {
    left = kind === 'full' ? 0 : left - units;
    if (left <= 0) return { atMs: timeMs, kind: WORDS[kind], left: 0 };
  }
  return { atMs: null, left };
}

const WORDS: Readonly<Record<LineFact['kind'], string>> = {
  short: 'it was picked short again',
  full: 'it was picked in full',
  allocated: 'stock was allocated to it again',
  cancelled: 'what was missing was cancelled',
};
