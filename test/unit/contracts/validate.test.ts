/** What the contract says to bad input: for each mistake the reason, the field, its value and the mend. */
import { describe, expect, test } from 'vitest';
import type { Rejection } from '../../../contracts/rejections.ts';
import { checkEvent } from '../../../contracts/validate.ts';

const GOOD = {
  specversion: '1.0',
  id: 'adj-1',
  source: 'https://wms.example/dc-01',
  type: 'stocktide.inventory.adjusted.v1',
  time: '2025-03-01T10:15:00Z',
  data: {
    adjustment_id: 'A1',
    sku_id: 'SKU-1',
    node_id: 'dc-01',
    state: 'available',
    qty_delta: -2,
    reason_code: 'shrinkage',
    raw_code: '06',
    actor: 'u17',
  },
};

const withEnvelope = (change: object) => ({ ...GOOD, ...change });
const withData = (change: object) => ({ ...GOOD, data: { ...GOOD.data, ...change } });
const without = (object: object, field: string) =>
  Object.fromEntries(Object.entries(object).filter(([name]) => name !== field));

function rejectionOf(value: unknown): Rejection {
  const checked = checkEvent(value);
  if (checked.ok) throw new Error('it was accepted');
  return checked.rejection;
}

test('a good event passes', () => {
  expect(checkEvent(GOOD)).toEqual({ ok: true, name: 'inventory.adjusted', event: GOOD });
});

interface Case {
  what: string;
  event: unknown;
  reason: Rejection['reason'];
  field: string;
  value?: string;
  says: string | RegExp;
}

const cases: Case[] = [
  {
    what: 'a list',
    event: [],
    reason: 'not_an_object',
    field: '',
    value: '[]',
    says: 'JSON object',
  },
  { what: 'nothing', event: null, reason: 'not_an_object', field: '', says: 'JSON object' },
  {
    what: 'no type of ours',
    event: withEnvelope({ type: 'com.example.sold' }),
    reason: 'unknown_type',
    field: 'type',
    value: '"com.example.sold"',
    says: 'stocktide.<entity>.<verb>.v1',
  },
  {
    what: 'an unknown type',
    event: withEnvelope({ type: 'stocktide.inventory.vanished.v1' }),
    reason: 'unknown_type',
    field: 'type',
    says: 'GET /v1/events/types',
  },
  {
    what: 'a name that every object has',
    event: withEnvelope({ type: 'stocktide.constructor.v1' }),
    reason: 'unknown_type',
    field: 'type',
    says: 'catalogue',
  },
  {
    what: "a type that is made from a document's lines",
    event: withEnvelope({ type: 'stocktide.order.line.created.v1' }),
    reason: 'unknown_type',
    field: 'type',
    says: 'stocktide.order.created.v1; send that',
  },
  {
    what: 'a type that only Stocktide sends',
    event: withEnvelope({ type: 'stocktide.clock.ticked.v1' }),
    reason: 'internal_type',
    field: 'type',
    says: 'only Stocktide itself',
  },
  {
    what: 'a missing envelope field',
    event: without(GOOD, 'id'),
    reason: 'invalid_envelope',
    field: 'id',
    value: '(absent)',
    says: 'id: is missing',
  },
  {
    what: 'an extra envelope field',
    event: withEnvelope({ tenant: 'x' }),
    reason: 'invalid_envelope',
    field: 'tenant',
    value: '"x"',
    says: 'remove it',
  },
  {
    what: 'an attribute that only the door sets',
    event: withEnvelope({ ingestedtime: '2025-03-01T10:15:00Z' }),
    reason: 'invalid_envelope',
    field: 'ingestedtime',
    says: 'remove it',
  },
  {
    what: 'another CloudEvents version',
    event: withEnvelope({ specversion: '0.3' }),
    reason: 'invalid_envelope',
    field: 'specversion',
    value: '"0.3"',
    says: 'must be "1.0"',
  },
  {
    what: 'an over-long id',
    event: withEnvelope({ id: 'x'.repeat(161) }),
    reason: 'invalid_envelope',
    field: 'id',
    says: '160 characters',
  },
  {
    what: 'an id with white space',
    event: withEnvelope({ id: 'a b' }),
    reason: 'invalid_envelope',
    field: 'id',
    value: '"a b"',
    says: 'must match',
  },
  {
    what: 'a source that is no URI',
    event: withEnvelope({ source: 'wms' }),
    reason: 'invalid_envelope',
    field: 'source',
    value: '"wms"',
    says: 'absolute URI such as',
  },
  {
    what: 'a missing field',
    event: { ...GOOD, data: without(GOOD.data, 'sku_id') },
    reason: 'invalid_data',
    field: 'data.sku_id',
    value: '(absent)',
    says: 'data.sku_id: is missing',
  },
  {
    what: 'several missing fields',
    event: { ...GOOD, data: without(without(GOOD.data, 'sku_id'), 'state') },
    reason: 'invalid_data',
    field: 'data.sku_id',
    says: 'is missing (also missing: state)',
  },
  {
    what: 'an extra field',
    event: withData({ colour: 'blue' }),
    reason: 'invalid_data',
    field: 'data.colour',
    value: '"blue"',
    says: 'is not a field of this type; remove it',
  },
  {
    what: 'a quantity that is no integer',
    event: withData({ qty_delta: 1.5 }),
    reason: 'invalid_data',
    field: 'data.qty_delta',
    value: '1.5',
    says: 'must be integer',
  },
  {
    what: 'a quantity as text',
    event: withData({ qty_delta: '2' }),
    reason: 'invalid_data',
    field: 'data.qty_delta',
    value: '"2"',
    says: 'must be integer',
  },
  {
    what: 'a quantity beyond all stock',
    event: withData({ qty_delta: 2e9 }),
    reason: 'invalid_data',
    field: 'data.qty_delta',
    value: '2000000000',
    says: '1000000000',
  },
  {
    what: 'an over-long key',
    event: withData({ sku_id: 'x'.repeat(65) }),
    reason: 'invalid_data',
    field: 'data.sku_id',
    says: '64 characters',
  },
  ...['a.b', 'a*', 'a>', 'a b', 'a\tb', ''].map((sku): Case => ({
    what: `the token-unsafe key ${JSON.stringify(sku)}`,
    event: withData({ sku_id: sku }),
    reason: 'invalid_data',
    field: 'data.sku_id',
    value: JSON.stringify(sku),
    says: sku === '' ? /1 character/ : 'token-safe: no white space',
  })),
  {
    what: 'a value outside its list',
    event: withData({ reason_code: 'theft' }),
    reason: 'invalid_data',
    field: 'data.reason_code',
    value: '"theft"',
    says: 'must be one of cycle_count_available, shrinkage',
  },
  {
    what: 'an amount as a float',
    event: withData({ unit_cost: 12.5 }),
    reason: 'invalid_data',
    field: 'data.unit_cost',
    value: '12.5',
    says: 'must be string',
  },
  {
    what: 'an amount with a comma',
    event: withData({ unit_cost: '12,50' }),
    reason: 'invalid_data',
    field: 'data.unit_cost',
    says: 'decimal string such as "12.50"',
  },
  {
    what: 'a currency in words',
    event: withData({ currency: 'eur' }),
    reason: 'invalid_data',
    field: 'data.currency',
    says: 'ISO 4217',
  },
  {
    what: 'data that is no object',
    event: withEnvelope({ data: 'x' }),
    reason: 'invalid_data',
    field: 'data',
    value: '"x"',
    says: 'must be object',
  },
  {
    what: 'a policy that does not exist',
    event: withEnvelope({ type: 'stocktide.policy.set.v1', data: { policy: 'prices' } }),
    reason: 'invalid_data',
    field: 'data.policy',
    value: '"prices"',
    says: 'must be one of safety_stock, channel',
  },
  {
    what: 'a mistake in the third line',
    event: withEnvelope({
      type: 'stocktide.order.cancelled.v1',
      data: {
        order_id: 'o',
        initiator: 'seller',
        reason: 'r',
        lines: [1, 2, 0].map((qty) => ({ line_id: '1', qty })),
      },
    }),
    reason: 'invalid_data',
    field: 'data.lines.2.qty',
    value: '0',
    says: '>= 1',
  },
  {
    what: 'a document without lines',
    event: withEnvelope({
      type: 'stocktide.order.cancelled.v1',
      data: { order_id: 'o', initiator: 'seller', reason: 'r', lines: [] },
    }),
    reason: 'invalid_data',
    field: 'data.lines',
    value: '[]',
    says: '1 item',
  },
];

test.each(cases)('$what', ({ event, reason, field, value, says }) => {
  const rejection = rejectionOf(event);
  expect(rejection).toMatchObject({ reason, field });
  if (value !== undefined) expect(rejection.value).toBe(value);
  if (typeof says === 'string') expect(rejection.detail).toContain(says);
  else expect(rejection.detail).toMatch(says);
});

describe('an instant', () => {
  test.each([
    '2025-03-01T10:15:00Z',
    '2025-03-01T10:15:00.123Z',
    '2025-03-01T10:15:00.123456789Z',
    '2025-03-01T10:15:00+01:00',
    '2024-02-29T23:59:59-11:30',
    '1900-01-01T00:00:00Z',
    '2299-12-31T23:59:59Z',
  ])('%s passes', (time) => {
    expect(checkEvent(withEnvelope({ time })).ok).toBe(true);
  });

  test.each([
    ['a date alone', '2025-03-01'],
    ['no zone', '2025-03-01T10:15:00'],
    ['a space for T', '2025-03-01 10:15:00Z'],
    ['lower case, which ClickHouse does not read', '2025-03-01t10:15:00z'],
    ['30 February', '2025-02-30T10:15:00Z'],
    ['29 February of no leap year', '2025-02-29T10:15:00Z'],
    ['a 13th month', '2025-13-01T10:15:00Z'],
    ['hour 24', '2025-03-01T24:00:00Z'],
    ['a leap second, which no clock of ours has', '2016-12-31T23:59:60Z'],
    ['a zone that does not exist', '2025-03-01T10:15:00+25:00'],
    ['a year that ClickHouse cannot store', '9999-12-31T23:59:59Z'],
    ['milliseconds', 1_740_824_100_000],
  ])('%s does not', (_what, time) => {
    expect(rejectionOf(withEnvelope({ time }))).toMatchObject({
      reason: 'invalid_envelope',
      field: 'time',
    });
  });

  test('in the data is held to the same', () => {
    const rejection = rejectionOf(
      withEnvelope({
        type: 'stocktide.shipment.delivered.v1',
        data: { shipment_id: 's', delivered_at: '2016-12-31T23:59:60Z' },
      }),
    );
    expect(rejection.field).toBe('data.delivered_at');
    expect(rejection.detail).toContain('such as "2025-03-01T10:15:00Z", from 1900 to 2299');
  });
});

test('internal types pass from those who may send them', () => {
  const tick = withEnvelope({
    type: 'stocktide.clock.ticked.v1',
    data: { tick: '2025-03-01T10:15:00Z', clock: 'live' },
  });
  expect(checkEvent(tick, { trusted: true }).ok).toBe(true);
});

test('a value that is too long to show is cut', () => {
  const { value } = rejectionOf(withData({ qty_delta: 'x'.repeat(5000) }));
  expect(value).toHaveLength(118);
});

// JSON.parse takes any depth; what recurses over the value does not.
test('a value that is nested without end is refused like any other', () => {
  const depth = 200_000;
  const nested: unknown = JSON.parse('['.repeat(depth) + ']'.repeat(depth));
  expect(rejectionOf(withData({ sku_id: nested }))).toMatchObject({
    reason: 'invalid_data',
    field: 'data.sku_id',
    value: '(nested too deeply to show)',
  });
  expect(rejectionOf(withEnvelope({ data: nested })).field).toBe('data');
});

test('a field called __proto__ is an extra field', () => {
  const text = JSON.stringify(GOOD).replace('"data":{', '"data":{"__proto__":1,');
  expect(rejectionOf(JSON.parse(text))).toMatchObject({ field: 'data.__proto__', value: '1' });
});
