/** Every legal transition of REFERENCE §2.3 through its event, and what happens with the others. */
import { describe, expect, it } from 'vitest';
import { event, type Given } from '../../support/given.ts';
import { LedgerBench } from '../../support/ledger.ts';
import { dispatched, ordered, packed, picked, stateChanged, stocked } from '../../support/facts.ts';
import { LEGAL } from './transition-cases.ts';

const DC = { sku_id: 'A', node_id: 'dc' } as const;

describe('legal transitions', () => {
  it.each(LEGAL)('$title', (one) => {
    const bench = new LedgerBench().given(...one.before);
    expect(bench.accounts('A', 'dc')).toEqual(one.from);
    const before = bench.movements().length;

    bench.given(one.event);

    expect(bench.accounts('A', 'dc')).toEqual(one.to);
    const moved = bench.movements().slice(before);
    expect(moved.length).toBeGreaterThan(0);
    expect(moved.filter((movement) => movement.endsWith('!'))).toEqual([]);
    expect(bench.findings).toEqual([]);
  });
});

describe('any other transition', () => {
  const stock = stocked(20);
  const illegal: [kind: string, before: Given[], Given, movement: string, subtype: string][] = [
    ['pick', [stock, ordered(10)], picked(10), 'available→picked 10!', 'available→picked'],
    ['pack', [stock, ordered(10)], packed(10), 'available→packed 10!', 'available→packed'],
    [
      'dispatch',
      [stock, ordered(10)],
      dispatched(10),
      'available→in_transit_out 10!',
      'available→in_transit_out',
    ],
    [
      'disposition',
      [stocked(10, { state: 'return_pending' })],
      event('return.dispositioned', { ...DC, to_state: 'packed', qty: 10 }),
      'return_pending→packed 10!',
      'return_pending→packed',
    ],
    [
      'state_change',
      [stocked(10, { state: 'damaged' })],
      stateChanged(10, { from: 'damaged', to: 'available' }),
      'damaged→available 10!',
      'damaged→available',
    ],
    [
      'adjustment',
      [stocked(10, { state: 'lost' })],
      event('inventory.adjusted', { ...DC, state: 'damaged', qty_delta: 10, raw_code: '51' }),
      'lost→damaged 10!',
      'lost→damaged',
    ],
  ];

  it.each(illegal)(
    '%s: is applied, marked and reported once',
    (kind, before, one, movement, subtype) => {
      const bench = new LedgerBench().given(...before, one);
      expect(bench.movements()).toContain(movement);
      const row = bench.rows('stock_movements').find((it) => it['illegal'] === 1);
      expect(row).toMatchObject({ kind, qty: 10 });
      expect(bench.codes()).toEqual([`ILLEGAL_TRANSITION ${subtype}`]);
      expect(bench.findings[0]).toMatchObject({
        entity: 'sku/A/node/dc',
        skuId: 'A',
        nodeId: 'dc',
        units: 10,
        evidence: [{ id: row?.['event_id'], source: row?.['source'] }],
      });
    },
  );

  it('is reported once an hour per position and transition, and marked every time', () => {
    const bench = new LedgerBench().given(stocked(100, { state: 'damaged' }));
    bench.given({ ...stateChanged(10, { from: 'damaged', to: 'available' }), at: 0 });
    bench.given({ ...stateChanged(10, { from: 'damaged', to: 'available' }), at: 59 });
    expect(bench.findings).toHaveLength(1);
    bench.given({ ...stateChanged(10, { from: 'damaged', to: 'available' }), at: 61 });
    expect(bench.findings).toHaveLength(2);
    expect(new Set(bench.findings.map(({ findingId }) => findingId)).size).toBe(2);
    expect(bench.movements().filter((movement) => movement.endsWith('!'))).toHaveLength(3);
  });
});
