/**
 * Conditions of rules from their beginning to their end. A rule judges an entity whenever a fact of it comes,
 * goes or grows old, and says of each of its conditions (a key) that it holds or that it does not:
 *
 *   holds, and nothing was raised ─────▶ finding.raised
 *   holds, much worse than raised ─────▶ finding.raised under a new id, finding.cleared of the old one
 *   holds no more, and was raised ─────▶ finding.cleared
 *
 * Everything else is silent, so that judging again is harmless and facts may come in any order. An id names
 * the log sequence of its raising: a condition that returns is another finding.
 */
import { SEVERITIES, type Severity } from '../../contracts/rules.ts';
import type { Applied, Cleared, Finding, Outputs, SnapshotPart } from '../processor.ts';
import { micros } from './money.ts';
import { mapParts, restoreMap } from './parts.ts';

/** Conditions that are raised at a time; beyond it the oldest one is given up. */
const MAX_RAISED = 50_000;
/** A condition whose units, orders or value have grown to this many times what was raised is news. */
const MUCH_WORSE = 2;

/** A finding without its id. */
export type Found = Omit<Finding, 'findingId'>;

export interface Ended {
  /** Event time (ms since 1970). */
  readonly atMs: number;
  readonly detail: string;
}

type At = Pick<Applied, 'seq' | 'nowMs'>;

export class Episodes {
  readonly #part: string;
  /** The one that was raised the longest ago first. */
  readonly #raised = new Map<string, Finding>();

  /** `part`: its name in snapshots. */
  constructor(part = 'episodes') {
    this.#part = part;
  }

  /** What was raised of a condition that holds; undefined for one that does not. */
  get(key: string): Finding | undefined {
    return this.#raised.get(key);
  }

  /** Keys of the conditions that hold and begin with `prefix`. */
  keys(prefix: string): string[] {
    return [...this.#raised.keys()].filter((key) => key.startsWith(prefix));
  }

  /** The condition holds. `key` begins with its code. */
  holds(key: string, found: Found, applied: At, out: Pick<Outputs, 'finding' | 'cleared'>): void {
    const known = this.#raised.get(key);
    if (known !== undefined && !isMuchWorse(known, found)) return;
    const finding = { ...found, findingId: `${key}/${applied.seq}` };
    if (finding.findingId === known?.findingId) return;
    out.finding(finding);
    if (known !== undefined) {
      const atMs = Math.max(applied.nowMs, known.conditionAtMs);
      out.cleared(clearing(known, { atMs, detail: `Goes on as ${finding.findingId}` }));
      this.#raised.delete(key);
    }
    this.#raised.set(key, finding);
    if (this.#raised.size <= MAX_RAISED) return;
    const [oldest] = this.#raised.keys();
    const detail = 'Followed no longer: too many others hold';
    if (oldest !== undefined) this.ended(oldest, { atMs: applied.nowMs, detail }, out);
  }

  /** The condition holds no more, or never did. */
  ended(key: string, ended: Ended, out: Pick<Outputs, 'cleared'>): void {
    const known = this.#raised.get(key);
    if (known === undefined) return;
    this.#raised.delete(key);
    out.cleared(clearing(known, ended));
  }

  snapshot(): Iterable<SnapshotPart> {
    return mapParts(this.#part, this.#raised);
  }

  restore(part: SnapshotPart): void {
    restoreMap(this.#raised, part.bytes);
  }
}

function isMuchWorse(known: Finding, found: Found): boolean {
  if (rankOf(found.floor) < rankOf(known.floor)) return true;
  if (isManifold(found.units, known.units)) return true;
  if (isManifold(found.ordersAtRisk, known.ordersAtRisk)) return true;
  const value = micros(known.amount ?? '0');
  return value > 0n && micros(found.amount ?? '0') >= BigInt(MUCH_WORSE) * value;
}

const isManifold = (after = 0, before = 0) =>
  Math.abs(after) >= MUCH_WORSE * Math.max(1, Math.abs(before));

const rankOf = (floor: Severity | undefined) =>
  floor === undefined ? SEVERITIES.length : SEVERITIES.indexOf(floor);

const ABOUT = ['subtype', 'skuId', 'nodeId', 'orderId', 'supplierId'] as const;

function clearing(finding: Finding, { atMs, detail }: Ended): Cleared {
  const { code, entity, findingId } = finding;
  const about = ABOUT.filter((name) => finding[name] !== undefined);
  const named: Partial<Cleared> = Object.fromEntries(about.map((name) => [name, finding[name]]));
  return { findingId, code, entity, clearedAtMs: atMs, detail, ...named };
}
