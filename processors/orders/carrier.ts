/**
 * Shipments that the carrier is late with (CARRIER_DELAY), while they are under way:
 *
 *   dispatch ─── first_scan_h ──▶ no_first_scan        until the first scan
 *   scan ──────── silence_h ────▶ silence              until the next one
 *   ETA after the promised delivery ─▶ eta             until there is one that keeps the promise
 *
 * All end with the delivery, a void, or when the carrier takes the shipment back. It is SEV2 once the promise
 * is missed or the ETA says that it will be. The next instant of each shipment stands in an agenda.
 */
import type { DataOf } from '../../contracts/events.ts';
import { Agenda } from '../facts/agenda.ts';
import { mapParts, restoreMap } from '../facts/parts.ts';
import type { RulePolicies, RuleSetting } from '../facts/rule-policies.ts';
import type { Applied, Outputs, SnapshotPart } from '../processor.ts';
import type { Worth } from './sla.ts';

const HOUR_MS = 3_600_000;

/** What is known of a shipment that is under way. */
export interface UnderWay {
  readonly order: string;
  /** Orders that it carries something of. */
  readonly orders: number;
  readonly carrier: string;
  readonly node: string;
  readonly channel: string;
  readonly shippedMs: number;
  readonly lastScanMs: number | null;
  readonly etaMs: number | null;
  /** When that was said. */
  readonly etaSaidMs: number | null;
  /** Promised delivery, the earliest of its orders. */
  readonly promiseMs: number;
}

interface Standing {
  readonly findingId: string;
  readonly subtype: Delay['subtype'];
  readonly missed: boolean;
}

/** Replaced, never changed. */
interface Followed {
  readonly way: UnderWay;
  /** The event that last moved it. */
  readonly source: string;
  readonly id: string;
  readonly nextMs: number | null;
  readonly standing: Standing | null;
}

export interface CarrierOptions {
  readonly rules: RulePolicies;
  worthOf(shipment: string): Worth;
}

export class CarrierWatch {
  readonly #options: CarrierOptions;
  readonly #followed = new Map<string, Followed>();
  readonly #agenda = new Agenda();
  #applied!: Applied;
  #out!: Pick<Outputs, 'finding' | 'cleared'>;

  constructor(options: CarrierOptions) {
    this.#options = options;
  }

  begin(applied: Applied, out: Pick<Outputs, 'finding' | 'cleared'>): void {
    this.#applied = applied;
    this.#out = out;
  }

  /** Takes note of where a shipment is now; null when it is not under way. */
  follow(shipment: string, way: UnderWay | null): void {
    const known = this.#followed.get(shipment);
    if (way === null) {
      if (known !== undefined) this.#leave(shipment, known);
      return;
    }
    if (known !== undefined && isSame(known.way, way)) return;
    const { id, source } = this.#applied.event;
    this.#judge(shipment, { way, source, id, nextMs: null, standing: known?.standing ?? null });
  }

  onTime(nowMs: number): void {
    for (const shipment of this.#agenda.due(nowMs)) {
      const followed = this.#followed.get(shipment);
      if (followed !== undefined) this.#judge(shipment, followed);
    }
  }

  /** The rule may be another one from now on. */
  ruleSet({ policy }: DataOf<'policy.set'>): void {
    if (policy !== 'rule.CARRIER_DELAY') return;
    for (const [shipment, followed] of [...this.#followed]) this.#judge(shipment, followed);
  }

  snapshot(): Iterable<SnapshotPart> {
    return mapParts('carrier', this.#followed);
  }

  restore({ bytes }: SnapshotPart): void {
    const part = new Map<string, Followed>();
    restoreMap(part, bytes);
    for (const [shipment, followed] of part) {
      this.#followed.set(shipment, followed);
      this.#agenda.set(shipment, followed.nextMs);
    }
  }

  #judge(shipment: string, followed: Followed): void {
    const { standing, way } = followed;
    const { nowMs, seq } = this.#applied;
    const { channel, node } = way;
    const rule = this.#options.rules.of('CARRIER_DELAY', { node, channel });
    const delay = rule.enabled ? delayOf(way, rule, nowMs) : null;
    const missed = nowMs > way.promiseMs || (way.etaMs ?? 0) > way.promiseMs;
    const isOther =
      delay?.subtype !== standing?.subtype || (missed && standing !== null && !standing.missed);
    const findingId = `CARRIER_DELAY/shipment/${shipment}/${seq}`;
    const after = isOther ? delay && { findingId, subtype: delay.subtype, missed } : standing;
    const nextMs = rule.enabled ? nextOf(way, rule, { nowMs, standing: after }) : null;
    this.#followed.set(shipment, { ...followed, nextMs, standing: after });
    this.#agenda.set(shipment, nextMs);
    if (!isOther) return;
    // The new one first: a case is not to close in between.
    if (delay !== null && after !== null)
      this.#raise(shipment, followed, { ...after, delay, rule });
    if (standing !== null)
      this.#clear(shipment, followed, standing, after?.subtype ?? 'on its way');
  }

  #leave(shipment: string, followed: Followed): void {
    this.#followed.delete(shipment);
    this.#agenda.set(shipment, null);
    if (followed.standing === null) return;
    this.#clear(shipment, followed, followed.standing, 'it is under way no more');
  }

  #raise(
    shipment: string,
    { id, source, way }: Followed,
    about: Standing & { readonly delay: Delay; readonly rule: RuleSetting },
  ): void {
    const { delay, findingId, missed, rule, subtype } = about;
    this.#out.finding({
      ...{ findingId, code: 'CARRIER_DELAY', subtype, entity: `shipment/${shipment}` },
      ...{ orderId: way.order, nodeId: way.node, channelId: way.channel },
      conditionAtMs: delay.sinceMs,
      detail: `shipment ${shipment} with ${way.carrier}: ${delay.detail}`,
      ...this.#options.worthOf(shipment),
      ...(missed ? { ordersAtRisk: way.orders, floor: 'SEV2' } : {}),
      rule,
      evidence: [{ source, id }],
    });
  }

  #clear(
    shipment: string,
    { way }: Followed,
    { findingId, subtype }: Standing,
    detail: string,
  ): void {
    this.#out.cleared({
      ...{ findingId, code: 'CARRIER_DELAY', subtype, entity: `shipment/${shipment}` },
      ...{ orderId: way.order, nodeId: way.node },
      clearedAtMs: this.#applied.nowMs,
      detail: `shipment ${shipment}: ${detail}`,
    });
  }
}

interface Delay {
  readonly subtype: 'no_first_scan' | 'silence' | 'eta';
  readonly sinceMs: number;
  readonly detail: string;
}

/** When the carrier has been silent for too long, after the dispatch or after its last scan. */
function silentFrom({ lastScanMs, shippedMs }: UnderWay, { parameters }: RuleSetting): number {
  const { first_scan_h: first = 0, silence_h: silence = 0 } = parameters;
  return lastScanMs === null ? shippedMs + first * HOUR_MS : lastScanMs + silence * HOUR_MS;
}

function delayOf(way: UnderWay, rule: RuleSetting, nowMs: number): Delay | null {
  const { etaMs, etaSaidMs, lastScanMs, promiseMs } = way;
  const sinceMs = silentFrom(way, rule);
  if (nowMs >= sinceMs) {
    const hours = Math.floor((nowMs - (lastScanMs ?? way.shippedMs)) / HOUR_MS);
    return lastScanMs === null
      ? { subtype: 'no_first_scan', sinceMs, detail: `no scan for ${hours} hours after dispatch` }
      : { subtype: 'silence', sinceMs, detail: `no scan for ${hours} hours` };
  }
  if (etaMs === null || etaMs <= promiseMs) return null;
  const [eta, promise] = [etaMs, promiseMs].map((atMs) => new Date(atMs).toISOString());
  const detail = `expected at ${eta}, promised for ${promise}`;
  return { subtype: 'eta', sinceMs: etaSaidMs ?? nowMs, detail };
}

/** When it falls silent, or misses the promise while something is said of it; null for never. */
function nextOf(
  way: UnderWay,
  rule: RuleSetting,
  { nowMs, standing }: { readonly nowMs: number; readonly standing: Standing | null },
): number | null {
  const instants = [silentFrom(way, rule)];
  if (standing !== null && !standing.missed) instants.push(way.promiseMs + 1);
  const next = instants.filter((atMs) => atMs > nowMs);
  return next.length === 0 ? null : Math.min(...next);
}

const isSame = (a: UnderWay, b: UnderWay): boolean =>
  a.order === b.order &&
  a.orders === b.orders &&
  a.carrier === b.carrier &&
  a.node === b.node &&
  a.channel === b.channel &&
  a.shippedMs === b.shippedMs &&
  a.lastScanMs === b.lastScanMs &&
  a.etaMs === b.etaMs &&
  a.etaSaidMs === b.etaSaidMs &&
  a.promiseMs === b.promiseMs;
