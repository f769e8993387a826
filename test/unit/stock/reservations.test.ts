/** Soft reservations lapse on event time and never count twice. */
import { describe, expect, it } from 'vitest';
import { type Given } from '../../support/given.ts';
import { LedgerBench } from '../../support/ledger.ts';
import { ordered, released, reserved, stocked } from '../../support/facts.ts';

const given = (...events: Given[]) => new LedgerBench().given(stocked(100, { at: 0 }), ...events);
const held = (bench: LedgerBench, node = 'dc') => bench.accounts('A', node).soft_reserved ?? 0;

describe('a reservation', () => {
  it('holds units from what may be sold until it is released', () => {
    const bench = given(reserved(4));
    expect(bench.view('A').nodes[0]).toMatchObject({ soft_reserved: 4, atp: 100, afs: 96 });
    bench.given(released());
    expect(held(bench)).toBe(0);
  });

  it('lapses exactly at expires_at, by the clock alone', () => {
    const bench = given(reserved(4, { expires: 15 }));
    bench.tick(15 - 1 / 60_000);
    expect(held(bench)).toBe(4);
    bench.tick(15);
    expect(held(bench)).toBe(0);
    expect(bench.rows('stock_movements').at(-1)).toMatchObject({
      kind: 'reservation',
      from_account: 'soft_reserved',
      to_account: 'unclaimed',
      qty: 4,
      time: Date.parse('2026-03-02T08:15:00Z'),
      late: 0,
      reason: 'lapsed',
    });
  });

  it('lapses before the event that lets the time pass is applied', () => {
    const bench = given(reserved(4, { expires: 15 }), stocked(1, { at: 20 }));
    expect(bench.movements().slice(-2)).toEqual([
      'soft_reserved→unclaimed 4',
      'outside→available 1',
    ]);
  });

  it('lapse in the order of their times, whatever the order of their making', () => {
    const bench = given(
      reserved(1, { reservation: 'b', expires: 12 }),
      reserved(2, { reservation: 'a', expires: 12 }),
      reserved(3, { reservation: 'c', expires: 10 }),
    ).tick(30);
    const lapsed = bench.rows('stock_movements').filter(({ reason }) => reason === 'lapsed');
    expect(lapsed.map(({ ref }) => ref)).toEqual(['c', 'a', 'b']);
  });

  it('becomes demand in one step when the order names it', () => {
    const bench = given(reserved(4), ordered(4, { reservation: 'r1' }));
    expect(bench.accounts('A', 'dc')).toEqual({ available: 100, open_demand: 4 });
    expect(bench.rows('stock_movements').at(-2)).toMatchObject({ reason: 'became order o1' });
    bench.tick(60);
    expect(bench.accounts('A', 'dc')).toEqual({ available: 100, open_demand: 4 });
  });

  it('does not begin when it ended before it was heard of', () => {
    expect(held(given(released(), reserved(4)))).toBe(0);
    expect(given(ordered(4, { reservation: 'r1' }), reserved(4)).accounts('A', 'dc')).toEqual({
      available: 100,
      open_demand: 4,
    });
  });

  it('does not begin when it has lapsed on the way', () => {
    expect(held(given(reserved(4, { at: 0, expires: 15 })).tick(15))).toBe(0);
    const bench = given()
      .tick(15)
      .given(reserved(4, { at: 0, expires: 15 }));
    expect(held(bench)).toBe(0);
    expect(bench.movements()).toEqual(['outside→available 100']);
  });

  it('is made once, whatever its id comes with', () => {
    expect(held(given(reserved(4), reserved(9)))).toBe(4);
  });

  it('without a node is held from the pool', () => {
    const bench = given({
      ...reserved(4),
      data: { reservation_id: 'r1', sku_id: 'A', qty: 4, expires_at: '2026-03-02T08:15:00Z' },
    });
    expect(held(bench)).toBe(0);
    expect(held(bench, '-')).toBe(4);
    expect(bench.view('A').totals).toMatchObject({ soft_reserved: 4, atp: 100, afs: 96 });
  });

  it('lapses after a restart as it would have without', async () => {
    const bench = given(
      reserved(1, { reservation: 'b', expires: 12 }),
      reserved(2, { reservation: 'a', expires: 12 }),
      reserved(3, { reservation: 'c', expires: 40 }),
    );
    const restarted = await bench.restarted();
    for (const one of [bench, restarted]) one.tick(12);
    expect(held(restarted)).toBe(3);
    expect(restarted.cells).toEqual(bench.cells);
  });

  it('is forgotten a day after it ended; its time cannot end one that takes its id later', () => {
    const DAY = 24 * 60;
    const bench = given(reserved(4, { expires: 3 * DAY }), released()).tick(DAY + 1);
    bench.given(reserved(7, { expires: 9 * DAY })).tick(3 * DAY + 1);
    expect(held(bench)).toBe(7);
  });
});
