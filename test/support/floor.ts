/** Facts of the floor about SKU A in bin B1 of node dc, unless a test says otherwise. */
import type { InputDataOf } from '../../contracts/events.ts';
import { at, event, type Given } from './given.ts';

type Envelope = Partial<Pick<Given, 'at' | 'id' | 'source'>>;
type Data<T extends Parameters<typeof event>[0]> = Partial<InputDataOf<T>>;

export const item = (
  sku: string,
  cost: string,
  it: Data<'item.upserted'> = {},
  envelope: Envelope = {},
): Given =>
  event(
    'item.upserted',
    {
      ...{ sku_id: sku, gtin: '', uom: 'EA', pack_qty: 1, abc_class: 'B', status: 'active' },
      unit_cost: cost,
      ...it,
    },
    envelope,
  );

export const counted = (
  units: { book: number; counted: number },
  it: Data<'inventory.counted'> = {},
  envelope: Envelope = {},
): Given =>
  event(
    'inventory.counted',
    {
      ...{ count_id: 'c1', sku_id: 'A', node_id: 'dc', location_id: 'B1', count_type: 'cycle' },
      blind: true,
      qty_book: units.book,
      qty_counted: units.counted,
      ...it,
    },
    envelope,
  );

export const adjustment = (
  delta: number,
  it: Data<'inventory.adjusted'> = {},
  envelope: Envelope = {},
): Given =>
  event(
    'inventory.adjusted',
    {
      sku_id: 'A',
      node_id: 'dc',
      qty_delta: delta,
      reason_code: 'shrinkage',
      raw_code: '06',
      ...it,
    },
    envelope,
  );

/** A pick of a line of order o1; short when fewer units are picked than requested. */
export const pick = (
  units: { asked: number; picked: number },
  it: Data<'pick.completed'> = {},
  envelope: Envelope = {},
): Given => {
  const data = {
    ...{ order_id: 'o1', line_id: '1', sku_id: 'A', node_id: 'dc' },
    qty_requested: units.asked,
    qty_picked: units.picked,
    ...it,
  };
  return units.picked < units.asked
    ? event('pick.shorted', { ...data, qty_short: units.asked - units.picked }, envelope)
    : event('pick.completed', data, envelope);
};

/** A return that blames the pick of a line; of the SKU when it names no line. */
export const claim = (
  it: { order?: string; line?: string | null; sku?: string; reason?: string } = {},
  envelope: Envelope = {},
): Given =>
  event(
    'return.authorized',
    {
      rma_id: 'rma1',
      order_id: it.order ?? 'o1',
      reason: it.reason ?? 'wrong_item',
      lines: [
        { sku_id: it.sku ?? 'A', qty: 1, ...(it.line === null ? {} : { line_id: it.line ?? '1' }) },
      ],
    },
    envelope,
  );

export const worked = (
  minutes: number,
  it: Data<'labour.recorded'> = {},
  envelope: Envelope = {},
): Given =>
  event(
    'labour.recorded',
    {
      ...{ node_id: 'dc', shift_id: 's1', process: 'picking', worker_pseudo_id: 'w1' },
      started_at: at(envelope.at ?? 0),
      minutes,
      ...it,
    },
    envelope,
  );

export const scanFailed = (it: Data<'scan.failed'> = {}, envelope: Envelope = {}): Given =>
  event(
    'scan.failed',
    {
      node_id: 'dc',
      location_id: 'B1',
      sku_id: 'A',
      raw_barcode: '4x',
      failure: 'unreadable',
      ...it,
    },
    envelope,
  );

export const locationError = (
  it: Data<'location.error.recorded'> = {},
  envelope: Envelope = {},
): Given =>
  event(
    'location.error.recorded',
    { node_id: 'dc', location_id: 'B1', sku_id: 'A', error_type: 'empty', task_id: 't1', ...it },
    envelope,
  );

/** A measurement policy. */
export const measured = (value: Record<string, unknown>, envelope: Envelope = {}): Given =>
  event(
    'policy.set',
    { policy: 'measurement', scope: {}, value, actor: 'u1', reason: 'test' } as Given['data'],
    envelope,
  );
