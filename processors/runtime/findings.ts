/**
 * Findings on their way into the LOG, each exactly once: which of them the LOG does not hold yet. Pure;
 * findings-outbox.ts sends them.
 *
 * A finding has a deterministic id. Until it is seen in the LOG it stays here and in every snapshot;
 * after a restart the replay raises the same findings again, those that the LOG holds are ticked off,
 * and only the rest is sent. Bounded by MAX_UNCONFIRMED: at the limit the oldest, sent long before, is
 * no longer watched for, and counted.
 */
import { messageId } from '../../contracts/hash.ts';
import type { LogEvent } from '../../contracts/events.ts';
import type { Cleared, Finding, SnapshotPart } from '../processor.ts';

/** Longest id of a finding, and of what names its entity. */
const MAX_ID_LENGTH = 120;
const MAX_DETAIL_LENGTH = 500;
const MAX_EVIDENCE = 20;
/** Findings that may wait for the LOG. */
export const MAX_UNCONFIRMED = 100_000;

/** A `finding.raised` or `finding.cleared` event, as the inbox takes it. */
export interface FindingEvent {
  readonly specversion: '1.0';
  readonly id: string;
  readonly source: string;
  readonly type: 'stocktide.finding.raised.v1' | 'stocktide.finding.cleared.v1';
  readonly time: string;
  readonly data: Record<string, unknown>;
}

export class Findings {
  readonly name = 'findings';
  readonly stateVersion = '1';
  readonly #unconfirmed = new Map<string, FindingEvent>();
  readonly #capacity: number;
  #dropped = 0;

  constructor(capacity = MAX_UNCONFIRMED) {
    this.#capacity = capacity;
  }

  get unconfirmed(): number {
    return this.#unconfirmed.size;
  }

  /** Findings that were given up at the limit. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Notes a finding; false when it waits already. */
  add(event: FindingEvent): boolean {
    if (this.#unconfirmed.has(event.id)) return false;
    this.#unconfirmed.set(event.id, event);
    if (this.#unconfirmed.size > this.#capacity) {
      const [oldest] = this.#unconfirmed.keys();
      if (oldest !== undefined) this.#unconfirmed.delete(oldest);
      this.#dropped += 1;
    }
    return true;
  }

  /** The LOG holds this event. */
  confirm(event: LogEvent): void {
    if (
      event.type === 'stocktide.finding.raised.v1' ||
      event.type === 'stocktide.finding.cleared.v1'
    ) {
      this.#unconfirmed.delete(event.id);
    }
  }

  waits(id: string): boolean {
    return this.#unconfirmed.has(id);
  }

  /** Those that the LOG does not hold yet, the oldest first. */
  waiting(): Iterable<FindingEvent> {
    return this.#unconfirmed.values();
  }

  snapshot(): Iterable<SnapshotPart> {
    return [
      { name: 'waiting', bytes: Buffer.from(JSON.stringify([...this.#unconfirmed.values()])) },
    ];
  }

  restore(parts: Iterable<SnapshotPart>): void {
    for (const part of parts) {
      const waiting = JSON.parse(Buffer.from(part.bytes).toString()) as FindingEvent[];
      for (const event of waiting) this.#unconfirmed.set(event.id, event);
    }
  }
}

/** The event that brings a processor's finding into the LOG. The same finding gives the same event. */
export function findingEvent(processor: string, finding: Finding): FindingEvent {
  const id = bounded(finding.findingId);
  const time = new Date(finding.conditionAtMs).toISOString();
  const optional = {
    subtype: finding.subtype,
    sku_id: finding.skuId,
    node_id: finding.nodeId,
    order_id: finding.orderId,
    channel_id: finding.channelId,
    supplier_id: finding.supplierId,
    location_id: finding.locationId,
    actor: finding.actor,
    team: finding.team,
    units: finding.units,
    amount: finding.amount,
    orders_at_risk: finding.ordersAtRisk,
    floor: finding.floor,
    rule_version: finding.rule?.version,
    parameters: finding.rule?.parameters,
    statistic: finding.statistic,
    parent: finding.parent === undefined ? undefined : boundedParent(finding.parent),
  };
  return {
    specversion: '1.0',
    id,
    source: `urn:stocktide:processor:${processor}`,
    type: 'stocktide.finding.raised.v1',
    time,
    data: {
      finding_id: id,
      processor,
      code: finding.code,
      entity: bounded(finding.entity),
      condition_at: time,
      detail: cut(finding.detail, MAX_DETAIL_LENGTH),
      evidence: finding.evidence.slice(0, MAX_EVIDENCE),
      ...present(optional),
    },
  };
}

/** The event that ends a finding. */
export function clearedEvent(processor: string, cleared: Cleared): FindingEvent {
  const findingId = bounded(cleared.findingId);
  const time = new Date(cleared.clearedAtMs).toISOString();
  return {
    specversion: '1.0',
    id: bounded(`${findingId}/cleared`),
    source: `urn:stocktide:processor:${processor}`,
    type: 'stocktide.finding.cleared.v1',
    time,
    data: {
      finding_id: findingId,
      processor,
      code: cleared.code,
      entity: bounded(cleared.entity),
      cleared_at: time,
      detail: cut(cleared.detail, MAX_DETAIL_LENGTH),
      ...present({
        subtype: cleared.subtype,
        sku_id: cleared.skuId,
        node_id: cleared.nodeId,
        order_id: cleared.orderId,
        supplier_id: cleared.supplierId,
      }),
    },
  };
}

function present(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

/** An id without white space and of a bounded length; what is cut is told apart by a hash. */
function bounded(id: string): string {
  const plain = id.replaceAll(/\s+/g, '_');
  if (plain.length <= MAX_ID_LENGTH) return plain;
  return `${cut(plain, MAX_ID_LENGTH - 17)}/${messageId('', plain)}`;
}

/** `<CODE> <entity>` as the case of that finding has it. */
function boundedParent(parent: string): string {
  const space = parent.indexOf(' ');
  return `${parent.slice(0, space)} ${bounded(parent.slice(space + 1))}`;
}

/** The first `length` characters, never half of a surrogate pair: the door refuses what is no Unicode. */
function cut(textValue: string, length: number): string {
  return textValue.slice(0, length).replace(/[\ud800-\udbff]$/, '');
}
