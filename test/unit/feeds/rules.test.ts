/** The rules of the feeds: silence and row counts that fire, that just do not, and that end. */
import { describe, expect, test } from 'vitest';
import { snapshot } from '../../support/facts.ts';
import { at, event, T0, type Given } from '../../support/given.ts';
import { ReducerBench } from '../../support/reducers.ts';

const MINUTE = 60_000;
const DAY = 24 * 60;
const SOURCE = 'urn:3pl';

const policy = (name: string, scope: object, value: object): Given =>
  event(
    'policy.set',
    { policy: name, scope, value, actor: 'u', reason: 'r' } as unknown as Given['data'],
    { at: 0 },
  );
const hourly = policy('feed', { source: SOURCE }, { cadence_ms: 60 * MINUTE });
const speaks = (at: number) =>
  event('inventory.adjusted', { sku_id: 'A', node_id: 'dc', qty_delta: 1 }, { at, source: SOURCE });
const of = (on: ReducerBench, code: string) => on.findings.filter((one) => one.code === code);
const ends = (on: ReducerBench, code: string) => on.ended.filter((one) => one.code === code);

describe('FEED_STALE', () => {
  const bench = () => new ReducerBench(['feeds']).given(hourly, speaks(0));

  test('a silence of 1.5 cadences is not, a minute more is', () => {
    const on = bench().tick(90);
    expect(of(on, 'FEED_STALE')).toEqual([]);
    on.tick(91).tick(92);
    expect(of(on, 'FEED_STALE')).toMatchObject([
      { entity: 'source/urn:3pl', conditionAtMs: T0 + 90 * MINUTE, rule: { version: 0 } },
    ]);
    expect(of(on, 'FEED_STALE')[0]?.floor).toBeUndefined();
  });

  test('three cadences are severe, under one case that holds once', () => {
    const on = bench().tick(91).tick(179);
    expect(of(on, 'FEED_STALE')).toHaveLength(1);
    on.tick(180);
    expect(of(on, 'FEED_STALE')).toHaveLength(2);
    expect(of(on, 'FEED_STALE')[1]?.floor).toBe('SEV2');
    expect(ends(on, 'FEED_STALE')).toMatchObject([
      { findingId: of(on, 'FEED_STALE')[0]?.findingId },
    ]);
  });

  test('ends after two good cycles; another silence begins them anew', async () => {
    const on = bench().tick(91).given(speaks(120), speaks(180)).tick(271);
    expect(ends(on, 'FEED_STALE')).toEqual([]);
    const again = (await on.restarted()).given(speaks(300), speaks(360));
    expect(ends(again, 'FEED_STALE')).toEqual([]);
    again.given(speaks(420));
    expect(ends(again, 'FEED_STALE')).toMatchObject([
      { findingId: of(on, 'FEED_STALE')[0]?.findingId, clearedAtMs: T0 + 420 * MINUTE },
    ]);
  });

  test('what a learned cadence learns from the outage does not put off its end', () => {
    const on = new ReducerBench(['feeds']);
    for (let at = 0; at <= 480; at += 60) on.given(speaks(at));
    on.tick(571).given(speaks(1_440), speaks(1_500), speaks(1_560));
    expect(of(on, 'FEED_STALE')).toHaveLength(1);
    expect(ends(on, 'FEED_STALE')).toMatchObject([{ clearedAtMs: T0 + 1_560 * MINUTE }]);
  });

  test('its parameters are policy, and so is whether it speaks at all', () => {
    const set = (value: object) => policy('rule.FEED_STALE', {}, { parameters: {}, ...value });
    expect(
      of(
        bench()
          .given(set({ enabled: false }))
          .tick(200),
        'FEED_STALE',
      ),
    ).toEqual([]);
    const later = bench().given(set({ parameters: { cadences: 2 } }));
    expect(of(later.tick(119), 'FEED_STALE')).toEqual([]);
    expect(of(later.tick(121), 'FEED_STALE')).toMatchObject([{ rule: { version: 3 } }]);
  });

  test('ends when the source is forgotten', () => {
    const on = bench()
      .tick(200)
      .tick(61 * DAY);
    expect(of(on, 'FEED_STALE')).toHaveLength(1);
    expect(ends(on, 'FEED_STALE')).toHaveLength(1);
  });

  test('findings, their ends and decisions of people are no feed', () => {
    const on = new ReducerBench(['feeds']).given(hourly, speaks(0)).tick(91);
    on.settle().given(speaks(120), speaks(180), speaks(240)).settle();
    expect(on.slice.feeds?.status(on.nowMs).map(({ source }) => source)).toEqual([SOURCE]);
  });
});

describe('FEED_QUALITY', () => {
  /** A full snapshot of so many rows, at a minute. */
  const file = (rows: number, at: number): Given =>
    event(
      'inventory.snapshot.completed',
      {
        ...{ snapshot_id: `s${at}`, node_id: 'p', scope: 'full', row_count: rows },
        ...{ control_total: rows, as_of: new Date(T0).toISOString() },
      },
      { at, source: SOURCE },
    );
  const mondays = [0, 1, 2].map((week) => file(100, week * 7 * DAY));
  const bench = () => new ReducerBench(['feeds']).given(...mondays);

  test.each([
    [70, 0],
    [69, 1],
    [130, 0],
    [131, 1],
  ])('%i rows where 100 are usual on a Monday: %i finding', (rows, found) => {
    const on = bench().given(file(rows, 21 * DAY));
    expect(of(on, 'FEED_QUALITY')).toHaveLength(found);
    if (found === 1) {
      expect(of(on, 'FEED_QUALITY')).toMatchObject([
        { subtype: 'row_count', entity: 'source/urn:3pl', nodeId: 'p' },
      ]);
    }
  });

  test('another weekday has another usual number, and two of one are too few to know', () => {
    const on = bench().given(file(10, DAY), file(500, 8 * DAY));
    expect(of(on, 'FEED_QUALITY')).toEqual([]);
  });

  test('ends after two snapshots in order, in a row', async () => {
    const on = bench().given(file(10, 21 * DAY), file(100, 22 * DAY), file(10, 28 * DAY));
    const again = (await on.restarted()).given(file(100, 29 * DAY));
    expect(ends(again, 'FEED_QUALITY')).toEqual([]);
    again.given(file(100, 30 * DAY));
    expect(of(again, 'FEED_QUALITY')).toHaveLength(1);
    expect(ends(again, 'FEED_QUALITY')).toMatchObject([
      { clearedAtMs: T0 + 30 * DAY * MINUTE, subtype: 'row_count' },
    ]);
  });

  test('is silent when a policy switches it off', () => {
    const off = policy('rule.FEED_QUALITY', {}, { enabled: false, parameters: {} });
    expect(of(bench().given(off, file(10, 21 * DAY)), 'FEED_QUALITY')).toEqual([]);
  });

  test('a snapshot that stock refuses is one case: of the feed', () => {
    const on = new ReducerBench(['stock', 'feeds', 'cases']);
    const sent = (id: string, minutes: number, wrong: { total?: number } = {}) =>
      snapshot(
        { snapshot: id, asOf: minutes, at: minutes, source: SOURCE, ...wrong },
        { sku: 'A', node: 'dc', qty: 5 },
      );
    on.given(...sent('s1', 1, { total: 6 }));
    on.tick(60).settle();
    expect(of(on, 'FEED_QUALITY')).toMatchObject([
      { subtype: 'control_total', entity: 'source/urn:3pl' },
    ]);
    const open = () =>
      on.net('cases').flatMap((one) => (one['status'] === 'open' ? [one['code']] : []));
    expect(open()).toEqual(['FEED_QUALITY']);
    on.given(...sent('s2', 61), ...sent('s3', 62));
    on.settle();
    expect(ends(on, 'FEED_QUALITY')).toHaveLength(1);
    expect(open()).toEqual([]);
  });

  test('an id with other data ends after a day without another, with its case', () => {
    const on = new ReducerBench(['feeds', 'cases']).given(hourly);
    const again = (qty_delta: number, at: number): Given =>
      event(
        'inventory.adjusted',
        { sku_id: 'A', node_id: 'dc', qty_delta },
        { at, id: 'same', source: SOURCE },
      );
    on.given(again(1, 0), again(2, 1)).settle();
    expect(of(on, 'FEED_QUALITY')).toMatchObject([{ subtype: 'id_conflict' }]);
    on.tick(DAY);
    expect(ends(on, 'FEED_QUALITY')).toEqual([]);
    on.tick(DAY + 1).settle();
    expect(ends(on, 'FEED_QUALITY')).toMatchObject([
      { findingId: of(on, 'FEED_QUALITY')[0]?.findingId },
    ]);
    const still = on.net('cases').find((one) => one['code'] === 'FEED_QUALITY');
    expect(still?.['status']).toBe('resolved');
  });
});

describe('FEED_QUALITY by the part that the door refuses', () => {
  let tallies = 0;
  const tally = (minutes: number, accepted: number, rejected: number): Given =>
    event(
      'feed.tallied',
      {
        ...{ source: SOURCE, since: at(minutes - 1), accepted, duplicates: 0, rejected },
        reasons: rejected === 0 ? {} : { invalid_data: rejected },
      },
      { at: minutes, id: `tally/${tallies++}`, source: 'urn:stocktide:door' },
    );
  const bench = () => new ReducerBench(['feeds']);

  test('1 % is not, a little more is', () => {
    const on = bench().given(tally(1, 990, 10));
    expect(of(on, 'FEED_QUALITY')).toEqual([]);
    on.given(tally(2, 190, 10));
    expect(of(on, 'FEED_QUALITY')).toMatchObject([
      {
        ...{ subtype: 'rejects', entity: 'source/urn:3pl', units: 20 },
        statistic: { value: 20 / 1_200, limit: 0.01 },
        detail: expect.stringContaining('invalid_data 10') as string,
      },
    ]);
  });

  test('two refusals of two are no news yet', () => {
    expect(of(bench().given(tally(1, 0, 2)), 'FEED_QUALITY')).toEqual([]);
  });

  test('it counts over an hour: what came before is forgotten', () => {
    const on = bench().given(tally(1, 0, 2), tally(62, 0, 2));
    expect(of(on, 'FEED_QUALITY')).toEqual([]);
  });

  test('ends when the hour is good again and two tallies had none; a restart forgets nothing', async () => {
    const on = bench().given(tally(1, 0, 5), tally(2, 50, 0), tally(3, 50, 0));
    expect(of(on, 'FEED_QUALITY')).toHaveLength(1);
    expect(ends(on, 'FEED_QUALITY')).toEqual([]);
    const again = (await on.restarted()).given(tally(61, 50, 0));
    expect(ends(again, 'FEED_QUALITY')).toMatchObject([
      { findingId: of(on, 'FEED_QUALITY')[0]?.findingId, subtype: 'rejects' },
    ]);
  });

  test('a policy decides which part is too much, and can switch it off', () => {
    const rule = (value: object) => policy('rule.FEED_QUALITY', {}, value);
    const lax = bench().given(rule({ parameters: { rejects: 0.5 } }), tally(1, 60, 40));
    expect(of(lax, 'FEED_QUALITY')).toEqual([]);
    const off = bench().given(
      tally(1, 0, 5),
      rule({ enabled: false, parameters: {} }),
      tally(2, 0, 5),
    );
    expect(ends(off, 'FEED_QUALITY')).toHaveLength(1);
  });

  test('the source is told with what was refused of it; the door is no source', () => {
    const on = bench().given(speaks(0), tally(1, 1, 3), tally(2, 0, 1));
    const status = on.slice.feeds?.status(on.nowMs) ?? [];
    expect(status).toMatchObject([
      { source: SOURCE, rejected: 4, duplicates: 0, reasons: { invalid_data: 4 } },
    ]);
  });
});
