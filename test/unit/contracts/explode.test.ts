import { describe, expect, test } from 'vitest';
import type { ProducerEvent } from '../../../contracts/envelope.ts';
import { explode, rootId } from '../../../contracts/explode.ts';

const ORDER: ProducerEvent = {
  specversion: '1.0',
  id: 'so-1',
  source: 'https://shop.example',
  type: 'stocktide.order.created.v1',
  time: '2025-03-01T10:15:00Z',
  correlationid: 'flow-9',
  data: {
    order_id: 'a',
    channel_id: 'web',
    sla_class: 'standard',
    ordered_at: '2025-03-01T10:15:00Z',
    ship_by: '2025-03-02T16:00:00Z',
    deliver_by: '2025-03-04T16:00:00Z',
    currency: 'EUR',
    region: 'DE',
    node_id: 'dc-01',
    customer_ref: 'c-5',
    lines: [
      { line_id: '1', sku_id: 'foobar', qty: 2, unit_price: '12.50' },
      { line_id: '2', sku_id: 'a', qty: 1, unit_price: '3.00', node_id: 'dc-02' },
    ],
  },
};

describe('a document', () => {
  const parts = explode('order.created', ORDER);

  test('becomes its header and its lines, with ids that follow from its own', () => {
    expect(parts.map(({ name, event }) => [name, event['type'], event.id])).toEqual([
      ['order.created', 'stocktide.order.created.v1', 'so-1'],
      ['order.line.created', 'stocktide.order.line.created.v1', 'so-1/line/1'],
      ['order.line.created', 'stocktide.order.line.created.v1', 'so-1/line/2'],
    ]);
    expect(parts.map(({ event }) => rootId(event.id))).toEqual(['so-1', 'so-1', 'so-1']);
  });

  test('keeps in the header how many lines there were, and not the lines', () => {
    expect(parts[0]?.event['data']).toMatchObject({ order_id: 'a', line_count: 2 });
    expect(parts[0]?.event['data']).not.toHaveProperty('lines');
  });

  test('gives each line the shared fields, and lets its own ones win', () => {
    expect(parts[1]?.event['data']).toMatchObject({ order_id: 'a', node_id: 'dc-01', qty: 2 });
    expect(parts[2]?.event['data']).toMatchObject({ order_id: 'a', node_id: 'dc-02', qty: 1 });
    expect(parts[1]?.event['data']).not.toHaveProperty('customer_ref');
  });

  test('routes each part by its own keys', () => {
    expect(parts[0]?.subject).toMatch(/^ops\.v1\.order\.created\.-\.12\.\d+\.-$/);
    expect(parts[1]?.subject).toMatch(/^ops\.v1\.order-line\.created\.8\.12\.\d+\.-$/);
    expect(parts[2]?.subject).toMatch(/^ops\.v1\.order-line\.created\.12\.12\.\d+\.-$/);
  });

  test('keeps the envelope on every part', () => {
    for (const { event } of parts) {
      expect(event).toMatchObject({
        source: ORDER.source,
        time: ORDER.time,
        correlationid: 'flow-9',
      });
    }
  });

  test('sent again comes out the same; one line changed shows in that line alone', () => {
    const changed = structuredClone(ORDER);
    (changed.data as { lines: { qty: number }[] }).lines[1]!.qty = 9;
    const again = explode('order.created', structuredClone(ORDER));
    expect(again).toEqual(parts);
    const hashes = explode('order.created', changed).map(({ event }) => event.datahash);
    expect(hashes[0]).toBe(parts[0]?.event.datahash);
    expect(hashes[1]).toBe(parts[1]?.event.datahash);
    expect(hashes[2]).not.toBe(parts[2]?.event.datahash);
  });
});

describe('a fact', () => {
  const fact = (type: string): ProducerEvent => ({
    ...ORDER,
    type,
    data: { order_id: 'a', hold_id: 'h', hold_type: 'fraud', reason: 'r', actor: 'x' },
  });

  test('stays one event with its own id', () => {
    const parts = explode('order.hold.placed', fact('stocktide.order.hold.placed.v1'));
    expect(parts).toHaveLength(1);
    expect(parts[0]?.event).toMatchObject({ id: 'so-1', data: { hold_id: 'h' } });
  });

  test('of another type is another payload, though its data is the same', () => {
    const [placed] = explode('order.hold.placed', fact('stocktide.order.hold.placed.v1'));
    const [cleared] = explode('order.hold.cleared', fact('stocktide.order.hold.cleared.v1'));
    expect(placed?.event.datahash).not.toBe(cleared?.event.datahash);
  });
});

test('a policy goes to every slice, whatever its scope names', () => {
  const [part] = explode('policy.set', {
    ...ORDER,
    type: 'stocktide.policy.set.v1',
    data: { policy: 'safety_stock', scope: { sku_id: 'a' }, sku_id: 'a', value: { units: 1 } },
  });
  expect(part?.subject).toBe('ops.v1.policy.set.-.-.-.-');
});
