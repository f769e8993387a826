/**
 * Events as tests give them: times are minutes after T0, and a field that a test does not care about has
 * a default. They are checked and exploded by the contract and stamped as the door does.
 */
import type { InputDataOf, InputType } from '../../contracts/events.ts';
import { explode } from '../../contracts/explode.ts';
import { checkEvent } from '../../contracts/validate.ts';

export const T0 = Date.parse('2026-03-02T08:00:00.000Z');
const MINUTE_MS = 60_000;
/** The instant `minutes` after T0. */
export const at = (minutes: number) => new Date(T0 + minutes * MINUTE_MS).toISOString();

export const WMS = 'urn:test:wms';

/** An event as a producer would send it. */
export interface Given {
  readonly name: InputType;
  readonly data: Record<string, unknown>;
  /** Minutes after T0; as late as the newest event when absent. */
  readonly at?: number;
  readonly id?: string;
  readonly source?: string;
}

export function event<T extends InputType>(
  name: T,
  data: Partial<InputDataOf<T>>,
  envelope: Omit<Given, 'name' | 'data'> = {},
): Given {
  return { ...envelope, name, data };
}

/** What tests rarely care about, by type. */
const DEFAULTS: { [T in InputType]?: Partial<InputDataOf<T>> } = {
  'order.created': {
    channel_id: 'web',
    sla_class: 'standard',
    ordered_at: at(0),
    ship_by: at(1_440),
    deliver_by: at(4_320),
    currency: 'EUR',
    region: 'DE',
  },
  'order.changed': { reason: 'customer asked' },
  'order.cancelled': { initiator: 'customer', reason: 'changed mind' },
  'pick.completed': { task_id: 't1', location_id: 'B1', shift_id: 's1', worker_pseudo_id: 'w1' },
  'pick.shorted': {
    task_id: 't1',
    location_id: 'B1',
    shift_id: 's1',
    worker_pseudo_id: 'w1',
    reason: 'bin empty',
  },
  'pack.completed': { carton_id: 'c1', weight_g: 500 },
  'shipment.dispatched': { carrier: 'dhl', service: 'ground', shipped_at: at(0) },
  'shipment.voided': { reason: 'label misprint' },
  'shipment.delivered': { delivered_at: at(0) },
  'return.received': { received_at: at(0) },
  'return.dispositioned': { disposition: 'restocked' },
  'inventory.adjusted': {
    adjustment_id: 'a1',
    state: 'available',
    reason_code: 'correction',
    raw_code: 'AB',
    actor: 'u1',
  },
  'inventory.state.changed': { reason: 'inspection' },
  'reservation.created': { channel_id: 'web' },
  'putaway.completed': { location_id: 'B1' },
  'quality.inspected': { qty_pass: 0, qty_fail: 0, defect_code: 'none' },
  'receipt.line.received': { receipt_id: 'r1', condition_code: 'good' },
  'receipt.closed': { receipt_id: 'r1', closed_at: at(0) },
  'inbound.eta.changed': { reason: 'traffic' },
  'channel.availability.published': { computed_at: at(0) },
  'event.corrected': { reason: 'did_not_occur', corrective_ids: [] },
};

/**
 * Messages of the LOG, and their subjects, that the door makes of an event. `nowMs` is the newest event
 * time so far. Throws when the contract refuses the event.
 */
export function logMessages(
  given: Given,
  { id, nowMs }: { readonly id: string; readonly nowMs: number },
): { readonly raw: string; readonly subject: string }[] {
  const timeMs = given.at === undefined ? Math.max(nowMs, T0) : T0 + given.at * MINUTE_MS;
  const producer = {
    specversion: '1.0',
    id: given.id ?? id,
    source: given.source ?? WMS,
    type: `stocktide.${given.name}.v1`,
    time: new Date(timeMs).toISOString(),
    data: { ...DEFAULTS[given.name], ...given.data },
  };
  return admitted(producer, nowMs);
}

/** The same of a whole event, as a producer sends it. It arrives as it happens, or behind the newest one. */
export function admitted(
  producer: unknown,
  nowMs: number,
): { readonly raw: string; readonly subject: string }[] {
  const checked = checkEvent(producer, { trusted: true });
  if (!checked.ok) throw new Error(`${JSON.stringify(producer)}: ${checked.rejection.detail}`);
  const timeMs = Date.parse(checked.event.time);
  const ingestedtime = new Date(Math.max(timeMs, nowMs)).toISOString();
  return explode(checked.name, checked.event).map(({ event, subject }) => ({
    raw: JSON.stringify({ ...event, ingestedtime }),
    subject,
  }));
}

/** Time itself, `minutes` after T0. */
export const tickAt = (minutes: number): Given => ({
  ...event('clock.ticked', { tick: at(minutes), clock: 'feed' }, { at: minutes }),
  id: `tick/${minutes}`,
  source: 'urn:test:clock',
});
