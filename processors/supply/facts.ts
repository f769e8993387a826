/**
 * What is kept of the events of inbound supply: one small fact each, with nothing but the fields that a row
 * is made of. A document (PO, ASN, or a receipt that names neither) has facts about the whole of it and
 * facts by SKU; what happens to received goods is kept by receipt and SKU.
 */
import type { CONDITION_CODES } from '../../contracts/events/supply.ts';
import type { Fact } from '../facts/signed.ts';

/** About a document as a whole. */
export type HeadFact = Fact & (Named | Expected | Arrived | Closed);

/** Who supplies it, where to, and which PO an ASN belongs to; '' where it does not say. */
interface Named {
  readonly kind: 'named';
  readonly supplier: string;
  readonly node: string;
  readonly po: string;
}
interface Expected {
  readonly kind: 'expected';
  readonly etaMs: number;
}
interface Arrived {
  readonly kind: 'arrived';
  readonly dockMs: number;
}
/** A receipt of the ASN was closed: nothing more of it will come. */
interface Closed {
  readonly kind: 'closed';
  readonly closedMs: number;
}

/** About one SKU of a document. */
export type LineFact = Ordered | Acknowledged | Announced | Received;

export interface Ordered extends Fact {
  readonly kind: 'issued' | 'changed';
  readonly units: number;
  readonly dueMs: number;
  /** Cost of one unit (decimal string), null where it is not said. */
  readonly unitCost: string | null;
}
export interface Acknowledged extends Fact {
  readonly kind: 'acknowledged';
  readonly units: number;
  readonly promisedMs: number;
  readonly rejected: boolean;
}
export interface Announced extends Fact {
  readonly kind: 'announced';
  readonly units: number;
}
export interface Received extends Fact {
  readonly kind: 'received';
  readonly receipt: string;
  /** ASN that it names, or ''. */
  readonly asn: string;
  readonly supplier: string;
  readonly node: string;
  readonly units: number;
  /** As the receipt itself says, null when it does not. */
  readonly expected: number | null;
  readonly condition: (typeof CONDITION_CODES)[number];
}

/** What happened to received goods of one SKU. */
export type StepFact = Fact & (PutAway | Inspected | ReceiverError);

interface PutAway {
  readonly kind: 'put_away';
  readonly units: number;
}
interface Inspected {
  readonly kind: 'inspected';
  readonly pass: number;
  readonly fail: number;
}
/** The receipt line was booked wrong by whoever received it, and put right later. */
interface ReceiverError {
  readonly kind: 'receiver_error';
  /** Found by a recount; else the event was declared wrong, and another one stands instead of it. */
  readonly recounted: boolean;
}

export type HeadOf<K extends HeadFact['kind']> = Extract<HeadFact, { kind: K }>;

/** The last fact of a kind, by event time. */
export function lastOf<K extends HeadFact['kind']>(
  facts: readonly HeadFact[],
  kind: K,
  holds?: (fact: HeadOf<K>) => boolean,
): HeadOf<K> | undefined {
  for (let index = facts.length - 1; index >= 0; index--) {
    const fact = facts[index] as HeadFact;
    if (!isOf(fact, kind)) continue;
    if (holds === undefined || holds(fact)) return fact;
  }
  return undefined;
}

const isOf = <K extends HeadFact['kind']>(fact: HeadFact, kind: K): fact is HeadOf<K> =>
  fact.kind === kind;

export const isReceived = (fact: LineFact): fact is Received => fact.kind === 'received';
export const isAnnounced = (fact: LineFact): fact is Announced => fact.kind === 'announced';
export const isOrdered = (fact: LineFact): fact is Ordered =>
  fact.kind === 'issued' || fact.kind === 'changed';
export const isAcknowledged = (fact: LineFact): fact is Acknowledged =>
  fact.kind === 'acknowledged';

export function unitsOf(facts: readonly { readonly units: number }[]): number {
  let sum = 0;
  for (const { units } of facts) sum += units;
  return sum;
}
