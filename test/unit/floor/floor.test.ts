/** The floor processor: a row for each fact, tolerance of counts, losses, cost, pick errors, corrections. */
import { describe, expect, test } from 'vitest';
import { corrected, permutations, stateChanged } from '../../support/facts.ts';
import * as floor from '../../support/floor.ts';
import { event, T0 } from '../../support/given.ts';
import { ReducerBench } from '../../support/reducers.ts';

const MINUTE = 60_000;
const DAY = 24 * 60;
const bench = () => new ReducerBench(['floor']);
const rowsOf = (on: ReducerBench, kind: string) =>
  on.net('floor_events').filter((row) => row['kind'] === kind);

describe('facts', () => {
  test('a pick, a short and the start of a task are rows with all that was said', () => {
    const on = bench().given(
      event('pick.started', { task_id: 't1', node_id: 'dc', shift_id: 's1' }, { at: 1 }),
      floor.pick({ asked: 3, picked: 3 }, {}, { at: 2 }),
      floor.pick({ asked: 2, picked: 0 }, { line_id: '2', shift_id: 's2' }, { at: 3 }),
    );
    expect(on.net('floor_events')).toMatchObject([
      { kind: 'pick_started', at: T0 + MINUTE, ref: 't1', shift_id: 's1', sku_id: '' },
      {
        kind: 'pick',
        ref: 't1',
        order_id: 'o1',
        line_id: '1',
        qty_expected: 3,
        qty: 3,
        reason: '',
      },
      { kind: 'pick', line_id: '2', qty_expected: 2, qty: 0, reason: 'bin empty', shift_id: 's2' },
    ]);
  });

  test('so are scans, errors, moves and labour, which is dated by its beginning', () => {
    const on = bench().given(
      floor.scanFailed({}, { at: 5 }),
      floor.locationError(),
      event('inventory.moved', {
        ...{ sku_id: 'A', node_id: 'dc', qty: 4, from_location: 'B1', to_location: 'B2' },
      }),
      floor.worked(90, { started_at: new Date(T0).toISOString() }, { at: 95, source: 'urn:hr' }),
    );
    expect(on.net('floor_events')).toMatchObject([
      { kind: 'scan_failed', reason: 'unreadable', ref: '4x', location_id: 'B1' },
      { kind: 'location_error', reason: 'empty', ref: 't1' },
      { kind: 'move', from_location: 'B1', location_id: 'B2', qty: 4 },
      { kind: 'labour', at: T0, minutes: 90, process: 'picking', source: 'urn:hr' },
    ]);
  });
});

describe('counts', () => {
  // Units allowed: floor(part of the book). A: 1 % of 250 = 2. B: 3 % of 250 = 7. C: 5 % of 250 = 12.
  test.each([
    ['A', 250, 248, 1],
    ['A', 250, 247, 0],
    ['B', 250, 257, 1],
    ['B', 250, 258, 0],
    ['C', 250, 238, 1],
    ['C', 250, 237, 0],
    // 5 % of 19 is less than a unit: it must match.
    ['C', 19, 18, 0],
    ['C', 19, 19, 1],
    ['C', 0, 0, 1],
    ['C', 0, 1, 0],
  ] as const)(
    'class %s, book %i, counted %i: confirmed %i',
    (abc_class, book, found, confirmed) => {
      const on = bench().given(
        floor.item('A', '2', { abc_class }),
        floor.counted({ book, counted: found }),
      );
      expect(rowsOf(on, 'count')).toMatchObject([
        { within_tolerance: confirmed, abc_class, qty_expected: book, qty: found, reason: 'cycle' },
      ]);
    },
  );

  test('of an item without a class are held to that of A; the policy sets the parts', () => {
    const on = bench().given(
      floor.counted({ book: 100, counted: 98 }),
      // 29 % of 100 is 29, though 0.29 × 100 is a hair less for the machine.
      floor.measured({ count_tolerance_a: 0.29 }),
      floor.counted({ book: 100, counted: 71 }, { count_id: 'c2' }),
    );
    expect(rowsOf(on, 'count').map((row) => row['within_tolerance'])).toEqual([0, 1]);
  });
});

describe('cost', () => {
  test('is the one that is stated, else that of the item as known then', () => {
    const on = bench().given(
      floor.adjustment(-1),
      floor.item('A', '2.50'),
      floor.adjustment(-1, { adjustment_id: 'a2' }),
      floor.adjustment(-1, { adjustment_id: 'a3', unit_cost: '2.75' }),
      floor.item('A', '3'),
      floor.adjustment(-1, { adjustment_id: 'a4' }),
    );
    expect(rowsOf(on, 'adjustment').map((row) => [row['unit_cost'], row['costed']])).toEqual([
      [null, 0],
      ['2.50', 1],
      ['2.75', 1],
      ['3', 1],
    ]);
  });

  test('an older version of an item that comes late changes nothing', () => {
    const on = bench().given(
      floor.item('A', '3', {}, { at: 10 }),
      floor.item('A', '2', {}, { at: 5 }),
      floor.adjustment(-1),
    );
    expect(rowsOf(on, 'adjustment')).toMatchObject([{ unit_cost: '3' }]);
  });

  test('in another currency is kept, counts in no sum, and is flagged', () => {
    const on = bench().given(
      floor.measured({ house_currency: 'EUR' }),
      floor.adjustment(-1, { unit_cost: '9', currency: 'USD' }, { id: 'x' }),
      floor.adjustment(-1, { adjustment_id: 'a2', unit_cost: '9', currency: 'EUR' }),
    );
    expect(rowsOf(on, 'adjustment')).toMatchObject([
      { unit_cost: '9', currency: 'USD', costed: 0 },
      { unit_cost: '9', currency: 'EUR', costed: 1 },
    ]);
    expect(on.findings).toMatchObject([
      { code: 'FLOW_VIOLATION', subtype: 'currency', evidence: [{ id: 'x' }] },
    ]);
  });
});

describe('losses', () => {
  test.each([
    ['shrinkage', { reason_code: 'shrinkage' }, 'L8', 3],
    ['a cycle count', { reason_code: 'cycle_count_available', raw_code: 'AA' }, 'L8', 3],
    ['an unexplained decrease of a partner', { reason_code: 'other', raw_code: '06' }, 'L8', 3],
    ['damage', { reason_code: 'damaged', raw_code: 'AU' }, 'L5', 3],
    ['destruction, whatever the reason', { reason_code: 'shrinkage', raw_code: '07' }, 'L5', 3],
    ['obsolescence', { reason_code: 'other', raw_code: 'AX' }, 'L5', 3],
    ['an accounting error', { reason_code: 'correction', raw_code: 'AB' }, '', 0],
    ['what was written off before', { reason_code: 'damaged', state: 'damaged' }, '', 0],
    ['what was lost before', { reason_code: 'shrinkage', state: 'lost' }, '', 0],
  ] as const)('%s', (_what, it, leakage, units) => {
    const raw = 'raw_code' in it ? it.raw_code : 'x';
    const on = bench().given(floor.adjustment(-3, { ...it, raw_code: raw }));
    expect(rowsOf(on, 'adjustment')).toMatchObject([{ leakage, loss_units: units, qty: -3 }]);
  });

  test('what is found again counts back', () => {
    const on = bench().given(floor.adjustment(2, { raw_code: '51', reason_code: 'other' }));
    expect(rowsOf(on, 'adjustment')).toMatchObject([{ leakage: 'L8', loss_units: -2 }]);
  });

  test.each([
    ['available', 'damaged', 'L5', 2],
    ['on_hold', 'scrapped', 'L5', 2],
    ['available', 'lost', 'L8', 2],
    ['lost', 'available', 'L8', -2],
    ['damaged', 'available', 'L5', -2],
  ] as const)('a change of state from %s to %s', (from, to, leakage, units) => {
    const on = bench().given(stateChanged(2, { from, to }));
    expect(on.net('floor_events')).toMatchObject([
      { kind: 'state_change', state: from, to_state: to, leakage, loss_units: units },
    ]);
  });

  test.each([
    ['damaged', 'scrapped'],
    ['damaged', 'lost'],
    ['lost', 'scrapped'],
    ['available', 'on_hold'],
  ] as const)('a change of state from %s to %s is none', (from, to) => {
    expect(bench().given(stateChanged(2, { from, to })).net('floor_events')).toEqual([]);
  });
});

describe('pick errors', () => {
  test('a claim counts once against the last pick of its line', () => {
    const on = bench().given(
      floor.pick({ asked: 5, picked: 2 }, { location_id: 'B1' }, { at: 1 }),
      floor.pick({ asked: 3, picked: 3 }, { location_id: 'B7', shift_id: 's2' }, { at: 2 }),
      floor.pick({ asked: 1, picked: 1 }, { line_id: '2', sku_id: 'B' }, { at: 3 }),
      floor.claim({ reason: 'Wrong item' }, { at: 9_000 }),
      floor.claim({ reason: 'missing_item' }, { at: 9_001 }),
    );
    expect(rowsOf(on, 'pick_error')).toMatchObject([
      {
        at: T0 + 2 * MINUTE,
        location_id: 'B7',
        shift_id: 's2',
        line_id: '1',
        reason: 'wrong_item',
      },
    ]);
  });

  test('a claim without a line concerns the SKU; one that blames nobody on the floor is none', () => {
    const on = bench().given(
      floor.pick({ asked: 1, picked: 1 }),
      floor.pick({ asked: 1, picked: 1 }, { line_id: '2', sku_id: 'B' }),
      floor.claim({ line: null, sku: 'B' }),
      floor.claim({ reason: 'too small' }),
      floor.claim({ order: 'o2' }),
    );
    expect(rowsOf(on, 'pick_error')).toMatchObject([{ line_id: '2', sku_id: 'B' }]);
  });

  test('picks and claims may come in any order', () => {
    const story = [
      floor.pick({ asked: 2, picked: 1 }, { location_id: 'B1' }, { at: 1, id: 'p1' }),
      floor.pick({ asked: 1, picked: 1 }, { location_id: 'B2' }, { at: 2, id: 'p2' }),
      floor.claim({}, { at: 500, id: 'c1' }),
    ];
    const told = permutations(story).map((events) =>
      rowsOf(bench().given(...events), 'pick_error'),
    );
    expect(told[0]).toMatchObject([{ location_id: 'B2' }]);
    for (const other of told) expect(other).toEqual(told[0]);
  });

  test('a claimed order keeps its picks when those of others are forgotten', () => {
    const on = bench()
      .given(
        floor.pick({ asked: 1, picked: 1 }),
        floor.pick({ asked: 1, picked: 1 }, { line_id: '2' }),
        floor.claim({}, { at: 2 * DAY }),
      )
      .tick(37 * DAY);
    on.given(floor.claim({ line: '2' }));
    expect(rowsOf(on, 'pick_error')).toMatchObject([{ line_id: '1' }, { line_id: '2' }]);
  });

  test('are forgotten with the picks', () => {
    const on = bench()
      .given(floor.pick({ asked: 1, picked: 1 }))
      .tick(46 * DAY);
    on.given(floor.claim());
    expect(rowsOf(on, 'pick_error')).toEqual([]);
  });
});

describe('corrections', () => {
  test('take back the row of their event, and what followed from it', () => {
    const on = bench().given(
      floor.pick({ asked: 1, picked: 1 }, { location_id: 'B1' }, { id: 'p1', at: 1 }),
      floor.pick({ asked: 1, picked: 1 }, { location_id: 'B2' }, { id: 'p2', at: 2 }),
      floor.claim({}, { id: 'c1', at: 3 }),
      corrected({ id: 'p2' }, { at: 4 }),
    );
    expect(rowsOf(on, 'pick')).toMatchObject([{ location_id: 'B1' }]);
    expect(rowsOf(on, 'pick_error')).toMatchObject([{ location_id: 'B1' }]);
    // Of a document: the header is named, its line is meant.
    on.given(corrected({ id: 'c1' }, { at: 5 }));
    expect(rowsOf(on, 'pick_error')).toEqual([]);
  });

  test('void an event that comes after them, and do nothing twice', () => {
    const on = bench().given(
      corrected({ id: 'a' }, { id: 'k1' }),
      floor.adjustment(-1, {}, { id: 'a' }),
      floor.adjustment(-2, {}, { id: 'b' }),
      corrected({ id: 'b' }, { id: 'k2' }),
      corrected({ id: 'b' }, { id: 'k3' }),
    );
    expect(on.net('floor_events')).toEqual([]);
    expect(on.rows('floor_events')).toHaveLength(2);
  });

  test('come too late after five weeks: the row stands', () => {
    const on = bench()
      .given(floor.adjustment(-1, {}, { id: 'a' }))
      .tick(36 * DAY);
    on.given(corrected({ id: 'a' }));
    expect(on.net('floor_events')).toHaveLength(1);
  });
});
