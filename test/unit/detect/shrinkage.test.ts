/** SHRINKAGE_ANOMALY: fires on repeated losses, stays silent on near misses, takes back what was no loss. */
import { describe, expect, test } from 'vitest';
import { event, type Given } from '../../support/given.ts';
import { ReducerBench } from '../../support/reducers.ts';

const HOUR = 60;
const DAY = 24 * HOUR;
const ENTITY = 'sku/s1/node/dc';
const SKUS = 100;
const QUIET = { q: 0.05, budget: 10, window_h: 0.25, amount: 50 };

/** A node with a hundred SKUs of 30 a unit, each with an opening balance. */
function warehouse(): ReducerBench {
  const bench = new ReducerBench(['detect', 'cases']);
  for (let n = 1; n <= SKUS; n++) {
    bench.given(
      event(
        'item.upserted',
        {
          ...{ sku_id: `s${n}`, gtin: '', uom: 'EA', pack_qty: 1, abc_class: 'A' },
          ...{ unit_cost: '30', status: 'active' },
        },
        { at: 0 },
      ),
      event(
        'inventory.adjusted',
        { sku_id: `s${n}`, node_id: 'dc', qty_delta: 50, reason_code: 'opening_balance' },
        { at: 0 },
      ),
    );
  }
  return bench;
}

const loss = (minutes: number, options: { sku?: string; units?: number; id?: string } = {}) => {
  const { id, sku = 's1', units = 1 } = options;
  return event(
    'inventory.adjusted',
    {
      ...{ sku_id: sku, node_id: 'dc', qty_delta: -units },
      ...{ reason_code: 'shrinkage', raw_code: '06' },
    },
    { at: minutes, ...(id === undefined ? {} : { id }) },
  );
};

const policy = (parameters: Partial<typeof QUIET>, enabled = true): Given =>
  event('policy.set', {
    policy: 'rule.SHRINKAGE_ANOMALY',
    scope: {},
    value: { enabled, parameters },
    ...{ actor: 'lead', reason: 'test' },
  });

/** The incident of the simulator: a dear SKU loses a unit or two every twelve hours. */
const incident = (times: number, sku = 's1') =>
  Array.from({ length: times }, (_, index) => loss(index * 12 * HOUR + 30, { sku, units: 2 }));

describe('fires', () => {
  test('at the second loss, with the figures and the losses behind it', () => {
    const bench = warehouse()
      .given(...incident(2))
      .tick(14 * HOUR);
    expect(bench.findings).toHaveLength(1);
    const [finding] = bench.findings;
    expect(finding).toMatchObject({
      code: 'SHRINKAGE_ANOMALY',
      entity: ENTITY,
      skuId: 's1',
      nodeId: 'dc',
      units: 4,
      amount: '120',
      rule: { version: 0, parameters: QUIET },
      statistic: { name: 'gamma_poisson_tail', value: 2, limit: 0.05 / SKUS },
    });
    expect(finding?.evidence).toHaveLength(2);
    expect(finding?.detail).toContain('shifts with a loss z');
    expect(finding?.statistic?.p).toBeLessThan(0.05 / SKUS);
    expect(bench.net('anomalies')).toMatchObject([{ entity: ENTITY, outcome: 'paged', rank: 1 }]);
  });

  test('once an episode, and again when its cost has doubled', () => {
    const bench = warehouse()
      .given(...incident(3))
      .tick(2 * DAY);
    expect(bench.findings).toHaveLength(1);
    bench.given(loss(2 * DAY + 30, { units: 3 })).tick(2 * DAY + 2 * HOUR);
    expect(bench.findings.map(({ amount }) => amount)).toEqual(['120', '270']);
    expect(bench.net('anomalies')).toHaveLength(1);
  });

  test('on counts that came out short and were never booked', () => {
    const count = (minutes: number, n: number) =>
      event(
        'inventory.counted',
        {
          ...{ count_id: `c${n}`, sku_id: 's1', node_id: 'dc', location_id: 'B1' },
          ...{ qty_book: 50, qty_counted: 48, count_type: 'cycle', blind: true },
        },
        { at: minutes },
      );
    const bench = warehouse()
      .given(count(30, 1), count(12 * HOUR, 2))
      .tick(13 * HOUR);
    expect(bench.findings).toMatchObject([{ units: 4, amount: '120' }]);
  });
});

describe('stays silent', () => {
  test('on one loss, however big', () => {
    const bench = warehouse()
      .given(loss(30, { units: 40 }))
      .tick(2 * DAY);
    expect(bench.findings).toEqual([]);
    expect(bench.rows('anomalies')).toEqual([]);
  });

  test('on several losses of one shift', () => {
    const bench = warehouse().given(loss(30), loss(60), loss(90)).tick(DAY);
    expect(bench.findings).toEqual([]);
  });

  test('on a count and its booking, which are one loss', () => {
    const counted = event(
      'inventory.counted',
      {
        ...{ count_id: 'c1', sku_id: 's1', node_id: 'dc', location_id: 'B1' },
        ...{ qty_book: 50, qty_counted: 46, count_type: 'cycle', blind: true },
      },
      { at: 7 * HOUR + 50 },
    );
    const booked = event(
      'inventory.adjusted',
      {
        ...{ sku_id: 's1', node_id: 'dc', qty_delta: -4 },
        ...{ reason_code: 'cycle_count_available', raw_code: 'AA' },
      },
      { at: 9 * HOUR },
    );
    const bench = warehouse().given(counted, booked).tick(DAY);
    expect(bench.findings).toEqual([]);
  });

  test('where losses are usual: every SKU of the node loses a unit every other day', () => {
    const bench = warehouse();
    for (let day = 0; day < 28; day++) {
      for (let n = 1; n <= SKUS; n++) {
        if ((n + day) % 2 === 0) bench.given(loss(day * DAY + n, { sku: `s${n}` }));
      }
    }
    const before = bench.findings.length;
    bench.given(loss(28 * DAY + 30), loss(28 * DAY + 12 * HOUR)).tick(29 * DAY);
    expect(bench.findings.slice(before)).toEqual([]);
  });

  test('on what costs next to nothing, which stands in the list only', () => {
    const bench = warehouse()
      .given(policy({ amount: 121 }), ...incident(2))
      .tick(14 * HOUR);
    expect(bench.findings).toEqual([]);
    expect(bench.net('anomalies')).toMatchObject([{ outcome: 'petty' }]);
  });

  test('when the policy switches it off', () => {
    const bench = warehouse()
      .given(policy({}, false), ...incident(6))
      .tick(4 * DAY);
    expect(bench.findings).toEqual([]);
  });
});

describe('takes back', () => {
  test('when a loss did not happen', () => {
    const bench = warehouse()
      .given(loss(30, { units: 2 }), loss(12 * HOUR, { units: 2, id: 'wrong' }))
      .tick(14 * HOUR);
    expect(bench.findings).toHaveLength(1);
    bench
      .given(event('event.corrected', { corrects: { source: 'urn:test:wms', id: 'wrong' } }))
      .tick(16 * HOUR);
    expect(bench.ended).toMatchObject([
      { findingId: bench.findings[0]?.findingId, code: 'SHRINKAGE_ANOMALY', entity: ENTITY },
    ]);
    expect(bench.net('anomalies')).toEqual([]);
  });

  test('when the units were found again', () => {
    const bench = warehouse()
      .given(...incident(2))
      .tick(14 * HOUR);
    bench.given(loss(15 * HOUR, { units: -4 })).tick(17 * HOUR);
    expect(bench.ended).toHaveLength(1);
    expect(bench.net('anomalies')).toEqual([]);
  });

  test('a correction that came before its event leaves nothing to find', () => {
    const bench = warehouse()
      .given(event('event.corrected', { corrects: { source: 'urn:test:wms', id: 'wrong' } }))
      .given(loss(30), loss(12 * HOUR, { id: 'wrong' }))
      .tick(14 * HOUR);
    expect(bench.findings).toEqual([]);
  });

  test('and ends an episode after seven days without a loss; its row stands', () => {
    const bench = warehouse()
      .given(...incident(2))
      .tick(14 * HOUR);
    bench.tick(7 * DAY + 11 * HOUR);
    expect(bench.ended).toEqual([]);
    bench.tick(7 * DAY + 14 * HOUR);
    expect(bench.ended).toHaveLength(1);
    expect(bench.net('anomalies')).toHaveLength(1);
  });
});

test('pages the budget of a day, the most costly first; the rest stands in the list', () => {
  const bench = warehouse().given(policy({ budget: 2 }));
  for (const hours of [1, 13]) {
    for (let n = 1; n <= 5; n++) {
      bench.given(loss(hours * HOUR, { sku: `s${n}`, units: n }));
    }
  }
  bench.tick(15 * HOUR);
  expect(bench.findings.map(({ skuId }) => skuId)).toEqual(['s5', 's4']);
  const outcomes = bench
    .net('anomalies')
    .map(({ outcome, rank, sku_id: sku }) => [rank, sku, outcome]);
  expect(outcomes).toEqual([
    [1, 's5', 'paged'],
    [2, 's4', 'paged'],
    [3, 's3', 'budget'],
    [4, 's2', 'budget'],
    [5, 's1', 'budget'],
  ]);
});

test('is silent for thirty days about what people called expected', () => {
  const bench = warehouse()
    .given(...incident(2))
    .tick(14 * HOUR)
    .settle();
  const [opened] = bench.rows('case_events');
  bench.given(
    event('case.commanded', {
      ...{ command: 'judge', case_id: String(opened?.['case_id']), actor: 'u1' },
      verdict: 'expected',
    }),
  );
  bench
    .tick(8 * DAY)
    .given(loss(10 * DAY), loss(10 * DAY + 12 * HOUR))
    .tick(11 * DAY);
  expect(bench.findings).toHaveLength(1);
  expect(bench.net('anomalies').map(({ outcome }) => outcome)).toEqual(['paged', 'expected']);
  bench
    .tick(40 * DAY)
    .given(loss(41 * DAY), loss(41 * DAY + 12 * HOUR))
    .tick(42 * DAY);
  expect(bench.findings).toHaveLength(2);
});

describe('learns what is usual', () => {
  /** Four losses of one SKU, paged, over; ten days later two more. */
  const again = (between: (bench: ReducerBench) => void) => {
    const bench = warehouse()
      .given(...incident(4))
      .tick(2 * DAY)
      .settle();
    between(bench);
    return bench
      .tick(11 * DAY)
      .given(loss(12 * DAY), loss(12 * DAY + 12 * HOUR))
      .tick(13 * DAY);
  };

  const judged = (verdict: 'true' | 'false') =>
    again((bench) => {
      const [opened] = bench.rows('case_events');
      bench.given(
        event('case.commanded', {
          ...{ command: 'judge', case_id: String(opened?.['case_id']), actor: 'u1' },
          verdict,
        }),
      );
    });

  test('not from an anomaly: a second one is found at its second loss like the first', () => {
    expect(again(() => undefined).findings.map(({ units }) => units)).toEqual([4, 8, 2]);
  });

  test('from what people judged false, not from what they judged true', () => {
    const [usual = 0, unusual = 0] = (['false', 'true'] as const).map(
      (verdict) => judged(verdict).findings.at(-1)?.statistic?.expected,
    );
    // Four losses beside a prior that is worth a fifth of one.
    expect(usual / unusual).toBeGreaterThan(20);
  });
});

test('stopped and started in the middle it finds the same', async () => {
  const story = [...incident(4), ...incident(4, 's2')].toSorted(
    (a, b) => (a.at ?? 0) - (b.at ?? 0),
  );
  const whole = warehouse()
    .given(...story)
    .tick(3 * DAY);
  let broken = warehouse();
  for (const one of story) broken = await broken.given(one).restarted();
  broken.tick(3 * DAY);
  expect(broken.findings).toEqual(whole.findings);
  expect(broken.findings.length).toBeGreaterThan(0);
  expect(broken.rows('anomalies')).toEqual(whole.rows('anomalies'));
});
