/**
 * Findings on their way into the LOG, each exactly once.
 *
 * A finding has a deterministic id and is sent to the door as soon as it arises. Until it is seen in the
 * LOG it stays here and in every snapshot; after a restart the replay raises the same findings again,
 * those that the LOG holds are ticked off, and only the rest is sent. Bounded by MAX_UNCONFIRMED: the
 * oldest, sent long before, is then no longer watched for.
 */
import { messageId } from '../../contracts/hash.ts';
import type { LogEvent } from '../../contracts/events.ts';
import type { Finding, SnapshotPart } from '../processor.ts';

/** Longest id of a finding, and of what names its entity. */
const MAX_ID_LENGTH = 120;
const MAX_DETAIL_LENGTH = 500;
/** A finding that has not come back through the LOG after this long is sent again. */
const RESEND_MS = 30_000;
/** Findings that may wait for the LOG. */
export const MAX_UNCONFIRMED = 100_000;

/** A `finding.raised` event, as the inbox takes it. */
export interface FindingEvent {
  readonly specversion: '1.0';
  readonly id: string;
  readonly source: string;
  readonly type: 'stocktide.finding.raised.v1';
  readonly time: string;
  readonly data: Record<string, unknown>;
}

export class Findings {
  readonly name = 'findings';
  readonly #unconfirmed = new Map<string, FindingEvent>();
  /** Wall time at which each was sent last; not part of the state. */
  readonly #sentAtMs = new Map<string, number>();

  get unconfirmed(): number {
    return this.#unconfirmed.size;
  }

  /** Notes a finding and returns its event; null when it waits already. */
  raise(processor: string, finding: Finding): FindingEvent | null {
    const event = eventOf(processor, finding);
    if (this.#unconfirmed.has(event.id)) return null;
    this.#unconfirmed.set(event.id, event);
    if (this.#unconfirmed.size > MAX_UNCONFIRMED) {
      const [oldest] = this.#unconfirmed.keys();
      if (oldest !== undefined) this.#forget(oldest);
    }
    return event;
  }

  /** The LOG holds this event. */
  confirm(event: LogEvent): void {
    if (event.type === 'stocktide.finding.raised.v1') this.#forget(event.id);
  }

  sent(event: FindingEvent, atMs: number): void {
    this.#sentAtMs.set(event.id, atMs);
  }

  /** Findings that were never sent, or so long ago that they must have been lost. */
  unsent(nowMs: number): FindingEvent[] {
    const due = (id: string) => nowMs - (this.#sentAtMs.get(id) ?? 0) >= RESEND_MS;
    return [...this.#unconfirmed.values()].filter((event) => due(event.id));
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

  #forget(id: string): void {
    this.#unconfirmed.delete(id);
    this.#sentAtMs.delete(id);
  }
}

function eventOf(processor: string, finding: Finding): FindingEvent {
  const id = bounded(finding.findingId);
  const time = new Date(finding.conditionAtMs).toISOString();
  const optional = {
    subtype: finding.subtype,
    sku_id: finding.skuId,
    node_id: finding.nodeId,
    units: finding.units,
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
      detail: finding.detail.slice(0, MAX_DETAIL_LENGTH),
      evidence: finding.evidence.slice(0, 20),
      ...Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined)),
    },
  };
}

/** An id without white space and of a bounded length; what is cut is told apart by a hash. */
function bounded(id: string): string {
  const plain = id.replaceAll(/\s+/g, '_');
  if (plain.length <= MAX_ID_LENGTH) return plain;
  return `${plain.slice(0, MAX_ID_LENGTH - 17)}/${messageId('', plain)}`;
}
