/** Losses of each SKU at each node, by event time, for as long as the statistics look back. Bounded. */
import { mapParts, restoreMap } from '../../facts/parts.ts';
import { insertFact } from '../../facts/signed.ts';
import type { SnapshotPart } from '../../processor.ts';
import { KEPT_MS } from './assess.ts';
import type { LossEvent, LossFact } from './losses.ts';

/** Losses of one SKU at one node; beyond it the oldest is forgotten. */
const MAX_LOSSES = 128;
/** SKUs at nodes with a loss; beyond it the one that is untouched for the longest is forgotten. */
const MAX_HISTORIES = 100_000;

/** Replaced, never changed. */
export interface History {
  readonly sku: string;
  readonly node: string;
  readonly facts: readonly LossFact[];
}

/** `sku/<sku>/node/<node>`, the entity of its findings. */
export const entityOf = ({ node, sku }: { sku: string; node: string }) => `sku/${sku}/node/${node}`;

export class Histories {
  /** By entity; the one that is untouched for the longest first. */
  readonly #histories = new Map<string, History>();
  /** Entity of each fact, for corrections. */
  readonly #entityOf = new Map<number, string>();

  get size(): number {
    return this.#histories.size;
  }

  get(entity: string): History | undefined {
    return this.#histories.get(entity);
  }

  all(): Iterable<[string, History]> {
    return this.#histories;
  }

  /** The entity that the loss belongs to. */
  add({ fact, node, sku }: LossEvent): string {
    const entity = entityOf({ sku, node });
    const facts = [...(this.#histories.get(entity)?.facts ?? [])];
    insertFact(facts, fact);
    this.#entityOf.set(fact.identity, entity);
    if (facts.length > MAX_LOSSES) this.#unlink(facts.shift());
    this.#histories.delete(entity);
    this.#histories.set(entity, { sku, node, facts });
    if (this.#histories.size > MAX_HISTORIES) {
      const [oldest] = this.#histories.keys();
      if (oldest !== undefined) this.#forget(oldest);
    }
    return entity;
  }

  /** The entity that a fact is dropped from; undefined when there is no such fact. */
  drop(identity: number): string | undefined {
    const entity = this.#entityOf.get(identity);
    const history = this.#histories.get(entity ?? '');
    if (entity === undefined || history === undefined) return undefined;
    this.#entityOf.delete(identity);
    const facts = history.facts.filter((fact) => fact.identity !== identity);
    this.#histories.set(entity, { ...history, facts });
    return entity;
  }

  /** Says which losses of the entity are those of an anomaly. */
  mark(entity: string, isAnomalous: (fact: LossFact) => boolean): void {
    const history = this.#histories.get(entity);
    if (history === undefined) return;
    const facts = history.facts.map((fact): LossFact => {
      const { anomalous: _before, ...plain } = fact;
      return isAnomalous(fact) ? { ...plain, anomalous: true } : plain;
    });
    this.#histories.set(entity, { ...history, facts });
  }

  /** Forgets losses that are too old to matter. */
  onTime(nowMs: number): void {
    for (const [entity, history] of this.#histories) {
      const facts = history.facts.filter(({ timeMs }) => nowMs - timeMs < KEPT_MS);
      if (facts.length === history.facts.length && facts.length > 0) continue;
      for (const fact of history.facts) if (!facts.includes(fact)) this.#unlink(fact);
      if (facts.length === 0) this.#histories.delete(entity);
      else this.#histories.set(entity, { ...history, facts });
    }
  }

  #forget(entity: string): void {
    for (const fact of this.#histories.get(entity)?.facts ?? []) this.#unlink(fact);
    this.#histories.delete(entity);
  }

  #unlink(fact: LossFact | undefined): void {
    if (fact !== undefined) this.#entityOf.delete(fact.identity);
  }

  snapshot(): Iterable<SnapshotPart> {
    return mapParts('histories', this.#histories);
  }

  restore({ bytes }: SnapshotPart): void {
    const saved = new Map<string, History>();
    restoreMap(saved, bytes);
    for (const [entity, history] of saved) {
      this.#histories.set(entity, history);
      for (const { identity } of history.facts) this.#entityOf.set(identity, entity);
    }
  }
}
