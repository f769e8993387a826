/** CARRIER_DELAY: no first scan for a day, silence for two, or an ETA after the promise. */
import { describe, expect, test } from 'vitest';
import type { Cases } from '../../../processors/cases/facts.ts';
import { at, event, T0, type Given } from '../../support/given.ts';
import { changed, delivered, placed, shipped, voided } from '../../support/orders.ts';
import { ReducerBench } from '../../support/reducers.ts';

const DAY = 1_440;
/** Promised for the tenth day; leaves after an hour. */
const sold = [
  placed('A', { 1: { sku: 'MUG', qty: 2, price: '12.50' } }, { deliverBy: 10 * DAY }),
  shipped('A', 'S1', { 1: 2 }, { at: 60 }),
];
type Status = 'label_created' | 'in_transit' | 'exception' | 'returned';
const scan = (
  minute: number,
  { eta, status = 'in_transit' }: { eta?: number; status?: Status } = {},
) =>
  event(
    'shipment.tracking.updated',
    {
      ...{ shipment_id: 'S1', status, raw_status: 'X' },
      ...(eta === undefined ? {} : { eta_at: at(eta) }),
    },
    { at: minute },
  );
const rule = (value: object, scope: object = {}): Given =>
  event('policy.set', {
    ...{ policy: 'rule.CARRIER_DELAY', scope, value, actor: 'ana', reason: 'r' },
  } as never);
const bench = (...events: readonly Given[]) =>
  new ReducerBench(['orders']).given(...sold, ...events);
const ofCode = <T extends { readonly code: string }>(all: readonly T[]) =>
  all.filter(({ code }) => code === 'CARRIER_DELAY');
const said = ({ ended, findings }: ReducerBench) => [
  ...ofCode(findings).map(({ subtype }) => `+${subtype}`),
  ...ofCode(ended).map(({ subtype }) => `-${subtype}`),
];

describe('a shipment without a first scan', () => {
  test('is found a day after its dispatch, and ends with the scan', () => {
    const it = bench().tick(60 + DAY - 1);
    expect(said(it)).toEqual([]);
    it.tick(60 + DAY);
    expect(it.findings).toMatchObject([
      {
        ...{ code: 'CARRIER_DELAY', entity: 'shipment/S1', orderId: 'A', nodeId: 'dc-1' },
        ...{ channelId: 'web', conditionAtMs: T0 + (60 + DAY) * 60_000, units: 2, amount: '25' },
        detail: 'shipment S1 with dhl: no scan for 24 hours after dispatch',
        rule: { version: 0 },
      },
    ]);
    expect(it.findings[0]?.floor).toBeUndefined();
    expect(it.findings[0]?.ordersAtRisk).toBeUndefined();
    it.given(scan(DAY + 100));
    expect(said(it)).toEqual(['+no_first_scan', '-no_first_scan']);
    expect(it.ended[0]?.findingId).toBe(it.findings[0]?.findingId);
  });

  test.each([
    ['was delivered', delivered('S1', DAY), 0],
    ['was undone', voided('S1', DAY), 0],
    ['has only a label', scan(DAY, { status: 'label_created' }), 1],
  ])('that %s', (_what, fact, found) => {
    expect(said(bench(fact).tick(DAY + 60))).toHaveLength(found);
  });

  test('of no order that is known is left alone', () => {
    const it = new ReducerBench(['orders']).given(sold[1] as Given).tick(5 * DAY);
    expect(said(it)).toEqual([]);
  });
});

describe('a shipment under way', () => {
  test('that was not scanned for two days is found, and ends with the next scan', () => {
    const it = bench(scan(600)).tick(600 + 2 * DAY - 1);
    expect(said(it)).toEqual([]);
    it.tick(600 + 2 * DAY);
    expect(it.findings).toMatchObject([
      { subtype: 'silence', detail: 'shipment S1 with dhl: no scan for 48 hours' },
    ]);
    it.given(scan(5_000));
    expect(said(it)).toEqual(['+silence', '-silence']);
    it.tick(5_000 + 2 * DAY);
    expect(said(it)).toEqual(['+silence', '+silence', '-silence']);
  });

  test('is heard of by its last scan, however many there were', () => {
    const scans = Array.from({ length: 20 }, (_, n) => scan(600 + n * 600));
    expect(said(bench(...scans).tick(600 + 19 * 600 + 2 * DAY - 1))).toEqual([]);
  });

  test('that goes back to the sender is late no more', () => {
    const it = bench(scan(600)).tick(600 + 2 * DAY);
    it.given(scan(5_000, { status: 'returned' })).tick(9 * DAY);
    expect(said(it)).toEqual(['+silence', '-silence']);
  });

  test('expected after its promise is found at once, as SEV2; ends when it is expected in time', () => {
    const it = bench(scan(600, { eta: 10 * DAY }));
    expect(said(it)).toEqual([]);
    it.given(scan(700, { eta: 10 * DAY + 1 }));
    expect(it.findings).toMatchObject([
      {
        ...{ subtype: 'eta', floor: 'SEV2', ordersAtRisk: 1, conditionAtMs: T0 + 700 * 60_000 },
        detail: `shipment S1 with dhl: expected at ${at(10 * DAY + 1)}, promised for ${at(10 * DAY)}`,
      },
    ]);
    it.given(scan(800));
    expect(said(it)).toEqual(['+eta']);
    it.given(scan(900, { eta: 9 * DAY }));
    expect(said(it)).toEqual(['+eta', '-eta']);
  });

  test('is in time again when the promise moves', () => {
    const late = scan(700, { eta: 10 * DAY + 1 });
    const it = new ReducerBench(['orders']).given(
      sold[0] as Given,
      shipped('A', 'S1', { 1: 1 }, { at: 60 }),
      late,
    );
    expect(said(it)).toEqual(['+eta']);
    // Two days more to ship, hence to deliver.
    it.given(changed('A', { 1: 2 }, { at: 800, shipBy: 3 * DAY }));
    expect(said(it)).toEqual(['+eta', '-eta']);
  });

  test('gets worse when the promise passes meanwhile: SEV2, in the same case', () => {
    const it = new ReducerBench(['orders', 'cases'])
      .given(...sold)
      .tick(60 + DAY)
      .settle();
    const { engine } = it.slice.hosted[1]?.processor as Cases;
    expect(engine.open()).toMatchObject([{ severity: 'SEV4', entity: 'shipment/S1' }]);
    it.tick(10 * DAY + 1).settle();
    expect(said(it)).toEqual(['+no_first_scan', '+no_first_scan', '-no_first_scan']);
    expect(engine.open()).toMatchObject([{ severity: 'SEV2', openings: 1 }]);
    it.given(delivered('S1', 11 * DAY)).settle();
    expect(engine.open()).toEqual([]);
  });
});

test('the rule is set by policy, at once', () => {
  const it = bench().tick(60 + 120);
  it.given(rule({ parameters: { first_scan_h: 2 } }, { node_id: 'dc-2' }));
  expect(said(it)).toEqual([]);
  it.given(rule({ parameters: { first_scan_h: 2 } }));
  expect(said(it)).toEqual(['+no_first_scan']);
  it.given(rule({ enabled: false, parameters: {} })).tick(9 * DAY);
  expect(said(it)).toEqual(['+no_first_scan', '-no_first_scan']);
});

test('a restart in the middle makes no difference', async () => {
  const begin = () => bench().tick(60 + DAY);
  const end = (it: ReducerBench) =>
    it
      .given(scan(DAY + 100))
      .tick(5 * DAY)
      .tick(10 * DAY + 1);
  const straight = end(begin());
  const restarted = end(await begin().restarted());
  expect(restarted.findings).toEqual(straight.findings);
  expect(restarted.ended).toEqual(straight.ended);
  expect(said(straight)).toEqual([
    '+no_first_scan',
    '+silence',
    '+silence',
    '-no_first_scan',
    '-silence',
  ]);
});
