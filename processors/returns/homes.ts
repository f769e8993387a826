/**
 * Where facts are kept, and which of them belong together.
 *
 *   home of an order ◀── takes in ── home of a reference (an RMA, a shipment)
 *     names references by           facts that name no order wait here
 *     authorising and dispatching
 *
 * A *unit* is what is projected as one: an order with all that it takes in, or a reference that no order
 * names. When two orders name a reference, the first one in event time has it. A home is replaced, never
 * changed, so that a snapshot is a flat copy. Index and links follow from the homes and are rebuilt.
 */
import { insertFact, type Fact } from '../facts/signed.ts';
import { mapParts, restoreMap } from '../facts/parts.ts';
import type { SnapshotPart } from '../processor.ts';
import { orderOf, rmaHome, shipmentHome, type Homed, type ReturnsFact } from './facts.ts';

export interface Home {
  /** By event time. */
  readonly facts: readonly ReturnsFact[];
  /** Event time at which the rows that were written of it held. */
  readonly settledMs: number;
  /** Violations that were reported. */
  readonly raised: readonly string[];
}

/** An order names a reference. */
interface Link extends Fact {
  readonly order: string;
}

/** Facts at a reference from which on it begins anew, once nothing is pending there, or at the latest. */
const BALANCED_FACTS = 200;
const MOST_FACTS = 2_000;

const EMPTY: Home = { facts: [], settledMs: 0, raised: [] };

export class Homes {
  /** The one that was settled longest ago comes first. */
  readonly #homes = new Map<string, Home>();
  /** Home of each fact, for corrections. */
  readonly #keys = new Map<number, string>();
  /** Orders that name a reference, the first one first. */
  readonly #links = new Map<string, readonly Link[]>();
  readonly #capacity: number;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get size(): number {
    return this.#homes.size;
  }

  get(key: string): Home {
    return this.#homes.get(key) ?? EMPTY;
  }

  /** Units that a home has a part in: the orders that name it, or itself. The first one takes it in. */
  unitsOf(key: string): string[] {
    const links = this.#links.get(key) ?? [];
    return links.length === 0 ? [key] : [...new Set(links.map(({ order }) => order))];
  }

  /** Facts of a unit, by event time; none of a home that an order has taken in. */
  factsOf(unit: string): readonly ReturnsFact[] {
    if (this.#links.has(unit)) return [];
    const own = this.get(unit).facts;
    const refs = this.#referencesOf(unit, own);
    if (refs.length === 0) return own;
    const facts = [...own];
    for (const ref of refs) {
      const isFirst = this.#takesIn(unit, ref);
      for (const fact of this.get(ref).facts) {
        // A shipment may carry several orders, and a void undoes it for all of them.
        if (isFirst || fact.kind === 'voided') insertFact(facts, fact);
      }
    }
    return facts;
  }

  /** Homes whose unit may change when the fact comes or goes. */
  touchedBy({ fact, home }: Homed): string[] {
    const ref = referenceOf(home, fact);
    return ref !== null && this.#homes.has(ref) ? [home, ref] : [home];
  }

  /** Lets a home that is full begin anew, before anything is read of it: its rows stay as they were written. */
  makeRoom(key: string): void {
    if (orderOf(key) === '' && isFull(this.get(key).facts)) this.#beginAnew(key);
  }

  add({ fact, home: key }: Homed): void {
    const home = this.get(key);
    const facts = [...home.facts];
    insertFact(facts, fact);
    this.#homes.set(key, { ...home, facts });
    this.#index(key, fact);
  }

  /** A fact by the identity of its event. */
  find(identity: number): Homed | null {
    const home = this.#keys.get(identity);
    const fact = home && this.get(home).facts.find((one) => one.identity === identity);
    return home === undefined || !fact ? null : { home, fact };
  }

  remove({ fact, home: key }: Homed): void {
    const home = this.get(key);
    this.#homes.set(key, { ...home, facts: home.facts.filter((one) => one !== fact) });
    this.#unindex(key, fact);
  }

  /** Notes that the rows of a unit were written as they hold at `nowMs`. */
  settle(unit: string, nowMs: number): void {
    const home = this.#homes.get(unit);
    if (home === undefined) return;
    this.#homes.delete(unit);
    if (home.facts.length > 0) this.#homes.set(unit, { ...home, settledMs: nowMs });
  }

  raise(unit: string, keys: readonly string[]): void {
    const home = this.get(unit);
    this.#homes.set(unit, { ...home, raised: [...home.raised, ...keys] });
  }

  /** Forgets units that rested since `beforeMs`, and the ones that rested longest when there are too many. */
  forget(beforeMs: number, forgotten: (unit: string) => void): void {
    for (const [key, { facts, settledMs }] of this.#homes) {
      if (settledMs >= beforeMs && this.#homes.size <= this.#capacity) return;
      // What an order takes in goes with it: alone, it would stand for other rows than were written.
      for (const ref of this.#referencesOf(key, facts))
        if (this.#takesIn(key, ref)) this.#drop(ref);
      this.#drop(key);
      forgotten(key);
    }
  }

  snapshot(): Iterable<SnapshotPart> {
    return mapParts('homes', this.#homes);
  }

  restore({ bytes }: SnapshotPart): void {
    const part = new Map<string, Home>();
    restoreMap(part, bytes);
    for (const [key, home] of part) {
      this.#homes.set(key, home);
      for (const fact of home.facts) this.#index(key, fact);
    }
  }

  /** What blind returns of a SKU pile up goes to a home of its own, which rests and is forgotten. */
  #beginAnew(key: string): void {
    const home = this.get(key);
    const old = `${key}|${home.facts[0]?.identity}`;
    this.#homes.delete(key);
    this.#homes.set(old, home);
    for (const { identity } of home.facts) this.#keys.set(identity, old);
  }

  /** References that facts of an order name and where something waits. */
  #referencesOf(unit: string, facts: readonly ReturnsFact[]): string[] {
    const refs = new Set<string>();
    for (const fact of facts) {
      const ref = referenceOf(unit, fact);
      if (ref !== null && this.#homes.has(ref)) refs.add(ref);
    }
    return [...refs];
  }

  #takesIn(unit: string, ref: string): boolean {
    return this.#links.get(ref)?.[0]?.order === unit;
  }

  #drop(key: string): void {
    for (const fact of this.get(key).facts) this.#unindex(key, fact);
    this.#homes.delete(key);
  }

  #index(key: string, fact: ReturnsFact): void {
    const { identity, seq, timeMs } = fact;
    this.#keys.set(identity, key);
    const ref = referenceOf(key, fact);
    if (ref === null) return;
    const link = { order: key, timeMs, seq, identity };
    const links = [...(this.#links.get(ref) ?? [])];
    insertFact(links, link);
    this.#links.set(ref, links);
  }

  #unindex(key: string, fact: ReturnsFact): void {
    this.#keys.delete(fact.identity);
    const ref = referenceOf(key, fact);
    if (ref === null) return;
    const left = this.#links.get(ref)?.filter(({ identity }) => identity !== fact.identity) ?? [];
    if (left.length === 0) this.#links.delete(ref);
    else this.#links.set(ref, left);
  }
}

/** Home of the reference that an order's fact names; null for one that names none. */
function referenceOf(home: string, fact: ReturnsFact): string | null {
  if (orderOf(home) === '') return null;
  if (fact.kind === 'authorised') return rmaHome(fact.rma);
  return fact.kind === 'shipped' ? shipmentHome(fact.shipment) : null;
}

function isFull(facts: readonly ReturnsFact[]): boolean {
  if (facts.length < BALANCED_FACTS) return false;
  let pending = 0;
  for (const fact of facts) {
    if (fact.kind === 'received') pending += fact.units;
    else if (fact.kind === 'dispositioned') pending -= fact.units;
  }
  return pending === 0 || facts.length >= MOST_FACTS;
}
