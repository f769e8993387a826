/**
 * Facts of many entities, each entity's by event time, for as long as somebody may still ask: an entity that
 * is untouched for the stated time is forgotten, and so are the longest untouched ones beyond the stated
 * number, looked at once per `expire`. A fact is found by its identity, for corrections.
 */
import type { SnapshotPart } from '../processor.ts';
import { mapParts, parseJson } from './parts.ts';
import { insertFact, type Fact } from './signed.ts';

export interface KeptLimits {
  readonly entities: number;
  /** Facts of one entity; beyond it the oldest ones go. */
  readonly facts: number;
  /** Event time since an entity was touched (ms). */
  readonly keptMs: number;
}

/** Replaced, never changed. */
interface Entry<F> {
  readonly touchedMs: number;
  readonly facts: readonly F[];
}

const NONE: readonly never[] = [];

export class KeptFacts<F extends Fact> {
  readonly #name: string;
  readonly #limits: KeptLimits;
  /** The one that is untouched for the longest first. */
  readonly #entries = new Map<string, Entry<F>>();
  readonly #keyOf = new Map<number, string>();

  /** `name` names its part of a snapshot. */
  constructor(name: string, limits: KeptLimits) {
    this.#name = name;
    this.#limits = limits;
  }

  get size(): number {
    return this.#keyOf.size;
  }

  keys(): Iterable<string> {
    return this.#entries.keys();
  }

  has(key: string): boolean {
    return this.#entries.has(key);
  }

  /** By event time. */
  of(key: string): readonly F[] {
    return this.#entries.get(key)?.facts ?? NONE;
  }

  add(key: string, fact: F, nowMs: number): void {
    const facts = [...this.of(key)];
    insertFact(facts, fact);
    this.#keyOf.set(fact.identity, key);
    while (facts.length > this.#limits.facts) {
      const [oldest] = facts.splice(0, 1);
      if (oldest !== undefined) this.#keyOf.delete(oldest.identity);
    }
    this.#entries.delete(key);
    this.#entries.set(key, { touchedMs: nowMs, facts });
  }

  /** The entity that the fact of an event is of; undefined when it is not kept. */
  keyOf(identity: number): string | undefined {
    return this.#keyOf.get(identity);
  }

  /** Drops the fact of a corrected event; the entity that it was of, undefined when it is not kept. */
  drop(identity: number): string | undefined {
    const key = this.#keyOf.get(identity);
    if (key === undefined) return undefined;
    this.#keyOf.delete(identity);
    const entry = this.#entries.get(key);
    if (entry !== undefined) {
      const facts = entry.facts.filter((fact) => fact.identity !== identity);
      this.#entries.set(key, { ...entry, facts });
    }
    return key;
  }

  /** Forgets an entity whose matter is settled. */
  forget(key: string): void {
    for (const { identity } of this.of(key)) this.#keyOf.delete(identity);
    this.#entries.delete(key);
  }

  /** Forgets what is too old or too much; the entities that were, with their facts. */
  expire(nowMs: number): { readonly key: string; readonly facts: readonly F[] }[] {
    const forgotten: { key: string; facts: readonly F[] }[] = [];
    for (const [key, { facts, touchedMs }] of this.#entries) {
      const isTooMuch = this.#entries.size > this.#limits.entities;
      if (!isTooMuch && nowMs - touchedMs < this.#limits.keptMs) break;
      this.forget(key);
      forgotten.push({ key, facts });
    }
    return forgotten;
  }

  snapshot(): Iterable<SnapshotPart> {
    return mapParts(this.#name, this.#entries);
  }

  restore({ bytes }: SnapshotPart): void {
    for (const [key, entry] of parseJson<[string, Entry<F>]>(bytes)) {
      this.#entries.set(key, entry);
      for (const { identity } of entry.facts) this.#keyOf.set(identity, key);
    }
  }
}
