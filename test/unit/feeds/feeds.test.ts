/** The feeds processor: freshness, cadence, staleness, sequence gaps, lateness, watermark. */
import { describe, expect, test } from 'vitest';
import type { SourceStatus } from '../../../contracts/live.ts';
import { MAX_SOURCES } from '../../../processors/feeds/feeds.ts';
import { at, event, T0, type Given } from '../../support/given.ts';
import { ReducerBench } from '../../support/reducers.ts';

const MINUTE = 60_000;
const DAY = 24 * 60;

const adjusted = (minutes: number, source = 'urn:3pl'): Given =>
  event(
    'inventory.adjusted',
    { sku_id: 'A', node_id: 'dc', qty_delta: 1 },
    { at: minutes, source },
  );
let ids = 0;
const bench = () => new ReducerBench(['feeds']);
const statusOf = (on: ReducerBench, source = 'urn:3pl'): SourceStatus => {
  const found = on.slice.feeds?.status(on.nowMs).find((one) => one.source === source);
  if (found === undefined) throw new Error(`${source} is unknown`);
  return found;
};
/** Four files, four hours apart, of three rows each. */
const files = [0, 240, 480, 720].flatMap((minutes) => [
  adjusted(minutes),
  adjusted(minutes),
  adjusted(minutes + 0.1),
]);

describe('freshness', () => {
  test('counts what a source says, by entity; time and findings are no source', () => {
    const on = bench()
      .given(
        adjusted(0, 'urn:wms'),
        event('labour.recorded', labour, { at: 3, source: 'urn:wms' }),
        adjusted(1, 'urn:wms'),
      )
      .tick(4);
    expect(on.slice.feeds?.status(on.nowMs)).toHaveLength(1);
    expect(statusOf(on, 'urn:wms')).toMatchObject({
      events: 3,
      entities: ['inventory', 'labour'],
      lastEventAt: at(3),
    });
  });

  test('beyond the limit the source that is silent for the longest is forgotten', () => {
    const on = bench();
    for (let n = 0; n < MAX_SOURCES; n++) on.given(adjusted(n, `urn:s${n}`));
    on.given(adjusted(MAX_SOURCES, 'urn:s0'), adjusted(MAX_SOURCES, 'urn:new'));
    const names = on.slice.feeds?.status(on.nowMs).map(({ source }) => source) ?? [];
    expect(names).toHaveLength(MAX_SOURCES);
    expect(names).toContain('urn:s0');
    expect(names).not.toContain('urn:s1');
  });
});

const labour = {
  node_id: 'dc',
  shift_id: 's1',
  process: 'picking',
  worker_pseudo_id: 'w1',
  minutes: 30,
  started_at: at(0),
} as const;

describe('cadence', () => {
  test('is unknown at first, then the silence that the source keeps to; the rows of a file are one', () => {
    const on = bench().given(...files.slice(0, 9));
    expect(statusOf(on)).toMatchObject({ cadenceMs: null, stale: false });
    on.given(...files.slice(9));
    // From the last row of a file to the first of the next: 240 minutes less 6 seconds.
    expect(statusOf(on).cadenceMs).toBe(240 * MINUTE - 6_000);
  });

  test('stale is a silence of more than 1.5 cadences', () => {
    const on = bench().given(...files);
    // The last row came at minute 720.1; 1.5 × 239.9 minutes later it is 1079.95.
    expect(statusOf(on.tick(1_079.9)).stale).toBe(false);
    expect(statusOf(on.tick(1_080)).stale).toBe(true);
    expect(statusOf(on.given(adjusted(1_081))).stale).toBe(false);
  });

  test('an outage among twenty regular silences teaches nothing', () => {
    const times = Array.from({ length: 26 }, (_, n) => (n < 13 ? n * 60 : n * 60 + 2 * DAY));
    const on = bench().given(...times.map((minutes) => adjusted(minutes)));
    expect(statusOf(on).cadenceMs).toBe(60 * MINUTE);
  });

  test('a source that speaks all the time is stale after a minute and a half', () => {
    const on = bench();
    for (let minutes = 0; minutes <= 6; minutes += 0.5) on.given(adjusted(minutes, 'urn:shop'));
    expect(statusOf(on.tick(7.4), 'urn:shop').stale).toBe(false);
    expect(statusOf(on.tick(7.6), 'urn:shop').stale).toBe(true);
  });

  test('a policy comes before what a heartbeat declares, and that before what is learned', () => {
    const on = bench().given(
      ...files,
      event(
        'feed.heartbeat',
        { feed_id: 'f', last_record_at: at(720), records: 3, expected_next_at: at(750) },
        { at: 721, source: 'urn:3pl' },
      ),
    );
    expect(statusOf(on).cadenceMs).toBe(29 * MINUTE);
    on.given(
      event('policy.set', {
        policy: 'feed',
        scope: { source: 'urn:3pl' },
        value: { cadence_ms: 5_000 },
        actor: 'u',
        reason: 'r',
      } as Given['data']),
    );
    expect(statusOf(on).cadenceMs).toBe(5_000);
  });
});

describe('watermark', () => {
  const cadence = (ms: number) =>
    event('policy.set', {
      policy: 'feed',
      scope: { source: 'urn:3pl' },
      value: { cadence_ms: ms },
      actor: 'u',
      reason: 'r',
    } as Given['data']);

  test.each([
    ['10 minutes of a fast feed', 10 * MINUTE, 10],
    ['6 hours of one that speaks a few times a day', 180 * MINUTE, 360],
    ['two cadences of a slower one', 24 * 60 * MINUTE, 2 * DAY],
  ])('is the newest event less %s', (_what, ms, allowed) => {
    const on = bench().given(adjusted(5 * DAY), adjusted(60), cadence(ms));
    expect(statusOf(on).watermark).toBe(at(5 * DAY - allowed));
  });
});

describe('sequence', () => {
  const feed = (on: ReducerBench, ...numbers: number[]) => {
    for (const number of numbers) {
      const { raw, subject } = rawAdjusted(number);
      on.feed({ raw, subject });
    }
    return statusOf(on).gaps;
  };
  const rawAdjusted = (sequence: number) => ({
    raw: JSON.stringify({
      specversion: '1.0',
      id: `n${sequence}-${++ids}`,
      source: 'urn:3pl',
      type: 'stocktide.inventory.adjusted.v1',
      time: new Date(T0).toISOString(),
      ingestedtime: new Date(T0).toISOString(),
      sequence: String(sequence).padStart(20, '0'),
      datahash: '00000000',
      data: {},
    }),
    subject: 'ops.v1.inventory.adjusted.-.-.-.-',
  });

  test('a gap is counted, and closes when the missing event comes late', () => {
    const on = bench();
    expect(feed(on, 7, 8, 11, 12)).toBe(2);
    expect(feed(on, 10)).toBe(1);
    // Again, as the lines of a document do; and one from before the first that was seen.
    expect(feed(on, 10, 3)).toBe(1);
    expect(feed(on, 9)).toBe(0);
  });
});

describe('lateness', () => {
  test('is a profile of what came, within a tenth', () => {
    const on = bench().given(adjusted(0));
    // 99 events arrive at minute 100: ten are on time, 89 an hour late.
    on.tick(100);
    for (let n = 0; n < 10; n++) on.given(adjusted(100));
    for (let n = 0; n < 89; n++) on.given(adjusted(40));
    const late = statusOf(on).lateP95Ms ?? 0;
    expect(Math.abs(late / (60 * MINUTE) - 1)).toBeLessThan(0.1);
    on.tick(102);
    const row = on.rows('feed_stats').at(-1);
    expect(row).toMatchObject({ events: 100, late_p95_ms: late, late_p99_ms: late });
  });
});

describe('feed_stats', () => {
  test('has each source once a minute of event time, silent ones too', () => {
    const on = bench().given(adjusted(0, 'urn:a'), adjusted(0.5, 'urn:b')).tick(0.9);
    expect(on.rows('feed_stats')).toEqual([]);
    on.tick(1).tick(1.5).given(adjusted(2, 'urn:b'));
    expect(on.rows('feed_stats').map(({ at: ms, events, source }) => [ms, source, events])).toEqual(
      [
        [T0 + MINUTE, 'urn:a', 1],
        [T0 + MINUTE, 'urn:b', 1],
        [T0 + 2 * MINUTE, 'urn:a', 1],
        [T0 + 2 * MINUTE, 'urn:b', 2],
      ],
    );
  });

  test('ends for a source that is gone for two months', () => {
    const on = bench()
      .given(adjusted(0))
      .tick(61 * DAY);
    expect(on.rows('feed_stats')).toEqual([]);
    expect(on.slice.feeds?.status(on.nowMs)).toEqual([]);
  });
});
