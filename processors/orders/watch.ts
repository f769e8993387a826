/**
 * Steps that came without what has to come before them: applied as far as they are true, and reported once
 * (FLOW_VIOLATION, RELEASE_VIOLATION). Since mere disorder can look like that, what is suspected waits until
 * the watermark has passed, and is reported if it still is so. It ends when what was missing comes after all.
 */
import type { Severity } from '../../contracts/rules.ts';
import type { Cleared, Finding, SnapshotPart } from '../processor.ts';
import { mapParts, restoreMap } from '../facts/parts.ts';
import type { Flag, Order } from './facts.ts';
import type { LineView } from './line.ts';
import type { OrderShipment } from './outcome.ts';

/** How far events may be out of order (event time). */
export const WATERMARK_MS = 10 * 60_000;

export interface Suspicion {
  readonly sinceMs: number;
  /** The event that gave rise to it. */
  readonly source: string;
  readonly id: string;
}

/** Something to report of an order or a shipment. */
export interface Violation {
  readonly code: 'FLOW_VIOLATION' | 'RELEASE_VIOLATION';
  readonly subtype: string;
  readonly detail: string;
  readonly units?: number;
  /** Of a RELEASE_VIOLATION. */
  readonly release?: BadRelease;
}

export interface BadRelease {
  readonly node: string;
  readonly timeMs: number;
  readonly floor: Severity;
}

/** What waits for the watermark, the longest first: at most one entry an order or a shipment. */
export class Watch {
  readonly #name: string;
  readonly #waiting = new Map<string, Suspicion>();

  constructor(name: string) {
    this.#name = name;
  }

  suspect(id: string, suspicion: Suspicion): void {
    if (!this.#waiting.has(id)) this.#waiting.set(id, suspicion);
  }

  /** Those whose watermark has passed. */
  *due(nowMs: number): Generator<[string, Suspicion]> {
    for (const [id, suspicion] of this.#waiting) {
      if (nowMs - suspicion.sinceMs < WATERMARK_MS) return;
      this.#waiting.delete(id);
      yield [id, suspicion];
    }
  }

  snapshot(): Iterable<SnapshotPart> {
    return mapParts(this.#name, this.#waiting);
  }

  restore({ bytes }: SnapshotPart): void {
    restoreMap(this.#waiting, bytes);
  }
}

export interface Examined {
  readonly order: Order;
  readonly lines: readonly LineView[];
  readonly shipments: readonly OrderShipment[];
  /** A currency that does not count; null when all do. */
  readonly foreignCurrency: string | null;
}

/** What is wrong with an order as it is known now. */
export function violationsOf({ foreignCurrency, lines, order, shipments }: Examined): Violation[] {
  const flow = (subtype: string, detail: string, units?: number): Violation => ({
    ...{ code: 'FLOW_VIOLATION', subtype, detail },
    ...(units === undefined ? {} : { units }),
  });
  const found: Violation[] = [];
  const shippedUnits = sum(lines, ({ shipped }) => shipped);
  if (!order.facts.some(({ kind }) => kind === 'created') && hasFacts(order)) {
    const detail = `order ${order.id} was never created; ${shippedUnits} units of it were shipped`;
    found.push(flow('unknown_order', detail, shippedUnits));
  }
  for (const { id, shippedMs, view } of shipments) {
    if (view.deliveredMs === null || view.deliveredMs >= shippedMs) continue;
    const minutes = Math.round((shippedMs - view.deliveredMs) / 60_000);
    const detail = `shipment ${id} was delivered ${minutes} minutes before it was dispatched`;
    found.push(flow('delivered_before_dispatch', detail));
  }
  const over = sum(lines, (line) => (line.known ? line.over : 0));
  if (over > 0) {
    found.push(flow('over_shipped', `${over} units more were shipped than were ordered`, over));
  }
  for (const kind of ['changed', 'cancelled'] as const) {
    const late = lines.filter((line) => line.changedAfterShipping === kind).length;
    if (late === 0) continue;
    found.push(flow(`${kind}_after_shipping`, `${late} lines were ${kind} after they had shipped`));
  }
  if (foreignCurrency !== null) {
    const detail = `${foreignCurrency} is not the house currency; its amounts count in no sum of money`;
    found.push(flow('currency', detail));
  }
  return [...found, ...releaseViolations(order)];
}

/** True when something looks wrong, or will unless more comes. */
export const isSuspect = (examined: Examined): boolean => violationsOf(examined).length > 0;

const hasFacts = ({ facts, lines, loose }: Order) =>
  facts.length > 0 || loose.length > 0 || lines.some((line) => line.facts.length > 0);

const sum = (lines: readonly LineView[], of: (line: LineView) => number) =>
  lines.reduce((total, line) => total + of(line), 0);

/** What lets an order go that was not paid for or is a fraud is worst (REFERENCE §4.2). */
const SEV1: ReadonlySet<string> = new Set(['fraud', 'payment']);

/** A release in spite of a failed check or under a hold (REFERENCE §4.2). */
function releaseViolations({ facts, id }: Order): Violation[] {
  const holds = new Map<string, string>();
  const found: Violation[] = [];
  for (const fact of facts) {
    if (fact.kind === 'held') holds.set(fact.hold, fact.type);
    else if (fact.kind === 'freed') holds.delete(fact.hold);
    else if (fact.kind === 'released') {
      const { node, timeMs } = fact;
      const add = (subtype: string, against: Iterable<string>, detail: string) => {
        const floor = [...against].some((check) => SEV1.has(check)) ? 'SEV1' : 'SEV2';
        const release = { node, timeMs, floor } as const;
        found.push({ code: 'RELEASE_VIOLATION', subtype, detail, release });
      };
      for (const check of fact.failed) {
        add(check, [check], `order ${id} was released to ${node} though its ${check} check failed`);
      }
      if (holds.size === 0) continue;
      const detail = `order ${id} was released to ${node} under ${holds.size} holds`;
      add('hold', holds.values(), detail);
    }
  }
  return found;
}

export interface Entity {
  readonly kind: 'order' | 'shipment';
  readonly id: string;
}

/** Tells the violations of an entity apart. */
export const keyOf = ({ code, subtype }: Pick<Finding, 'code' | 'subtype'>) => `${code}/${subtype}`;

/** Notes a finding as one that holds, under an id that none before it had; null when it holds already. */
export function noted(flagged: Flag[], finding: Finding, seq: number): Finding | null {
  const key = keyOf(finding);
  const at = flagged.findIndex((flag) => flag.key === key);
  if (flagged[at]?.holds === true) return null;
  const findingId = at === -1 ? finding.findingId : `${finding.findingId}/${seq}`;
  flagged.splice(at === -1 ? flagged.length : at, 1, { key, findingId, holds: true });
  return { ...finding, findingId };
}

/** Ends what was reported and holds no more. */
export function ended(
  flagged: Flag[],
  { id, kind }: Entity,
  { holds, nowMs }: { holds: (key: string) => boolean; nowMs: number },
): Cleared[] {
  const over = flagged.filter((flag) => flag.holds && !holds(flag.key));
  for (const flag of over) flagged[flagged.indexOf(flag)] = { ...flag, holds: false };
  return over.map(({ findingId, key }) => {
    const [code, subtype] = key.split('/') as [Violation['code'], string];
    return {
      ...{ findingId, code, subtype, entity: `${kind}/${id}` },
      ...(kind === 'order' ? { orderId: id } : {}),
      ...{ clearedAtMs: nowMs, detail: 'what was missing has come, or was put right' },
    };
  });
}

/** The finding for a violation of an order or a shipment. */
export function findingOf(
  entity: Entity,
  { code, detail, subtype, units }: Violation,
  { id, sinceMs, source }: Suspicion,
): Finding {
  return {
    findingId: `${keyOf({ code, subtype })}/${entity.kind}/${entity.id}`,
    code,
    subtype,
    entity: `${entity.kind}/${entity.id}`,
    ...(entity.kind === 'order' ? { orderId: entity.id } : {}),
    conditionAtMs: sinceMs,
    detail,
    ...(units === undefined ? {} : { units }),
    evidence: [{ source, id }],
  };
}
