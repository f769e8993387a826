import { describe, expect, test } from 'vitest';
import type { DoorStatus, RuntimeStatus, SystemView } from '../../../contracts/live.ts';
import { summarise } from '../../../dashboard/src/lib/system.ts';

const NOW = Date.parse('2025-03-01T10:00:00Z');
const HOUR = 3_600_000;
const ago = (ms: number) => new Date(NOW - ms).toISOString();

const runtime = (changes: Partial<RuntimeStatus> = {}): RuntimeStatus => ({
  slice: 'all',
  phase: 'live',
  detail: '',
  eventsPerSec: 20,
  eventsTotal: 100,
  appliedSeq: 100,
  logSeq: 100,
  lagEvents: 3,
  lagMs: 5,
  flushedSeq: 90,
  lastFlushAt: ago(800),
  lastFlushRows: 40,
  lastFlushMs: 12,
  pendingRows: 10,
  now: ago(0),
  positions: 3,
  sources: [],
  at: ago(500),
  ...changes,
});
const source = (
  name: string,
  ageMs: number,
  { cadenceMs = null, stale = false }: { cadenceMs?: number | null; stale?: boolean } = {},
) => ({
  source: name,
  events: 1,
  lastEventAt: ago(ageMs),
  lastIngestedAt: ago(ageMs),
  entities: ['order'],
  cadenceMs,
  stale,
  watermark: ago(ageMs),
  gaps: 0,
  lateP50Ms: 0,
  lateP95Ms: 0,
  duplicates: 0,
  rejected: 0,
  reasons: {},
});
const door: DoorStatus = {
  door: 'door-1',
  acceptedPerSec: 20,
  accepted: 100,
  duplicates: 0,
  rejected: 0,
  inFlight: 0,
  at: ago(300),
};
const view = (changes: Partial<SystemView> = {}): SystemView => ({
  at: ago(0),
  runtimes: [runtime()],
  doors: [door],
  clickhouse: { ok: true, detail: 'answered in 3 ms' },
  nats: { ok: true, detail: 'answered in 0.3 ms' },
  ...changes,
});

test('slices add up; the slowest sets lag and flush', () => {
  const summary = summarise(
    view({
      runtimes: [
        runtime({ slice: 'a' }),
        runtime({ slice: 'b', eventsPerSec: 5, lagEvents: 4, lagMs: 3000, lastFlushAt: ago(2500) }),
      ],
    }),
  );
  expect(summary).toMatchObject({
    eventsPerSec: 25,
    lagEvents: 7,
    lagMs: 3000,
    lagHealth: 'warn',
    lastFlushAt: ago(2500),
    lastFlushRows: 80,
    trouble: null,
  });
});

test('feeds are fresh, quiet or stale by their age, the longest silent first, each once', () => {
  const { feeds } = summarise(
    view({
      runtimes: [
        runtime({ slice: 'a', sources: [source('shop', 1000), source('3pl', 61_000)] }),
        runtime({ slice: 'b', sources: [source('shop', 90_000), source('erp', 16 * 60_000)] }),
      ],
    }),
  );
  expect(feeds.map(({ source: name, state }) => [name, state])).toEqual([
    ['erp', 'stale'],
    ['3pl', 'quiet'],
    ['shop', 'fresh'],
  ]);
});

test.each([
  ['within its cadence', 5 * HOUR, { cadenceMs: 24 * HOUR }, 'fresh'],
  ['beyond its cadence', 30 * HOUR, { cadenceMs: 24 * HOUR }, 'quiet'],
  [
    'beyond 1.5 cadences, whatever the processors say',
    40 * HOUR,
    { cadenceMs: 24 * HOUR },
    'stale',
  ],
  ['stale to the processors', 30_000, { cadenceMs: 1_000, stale: true }, 'stale'],
])('a feed is judged by how often it speaks: %s', (_what, ageMs, known, state) => {
  const { feeds } = summarise(
    view({ runtimes: [runtime({ sources: [source('x', ageMs, known)] })] }),
  );
  expect(feeds[0]?.state).toBe(state);
});

test('while processors are behind, figures and feeds are of the time that they have come to', () => {
  const behind = { lagMs: 3000, now: ago(2 * HOUR) };
  const { asOf, feeds } = summarise(
    view({
      runtimes: [
        runtime({ slice: 'a', sources: [source('shop', 1000)] }),
        runtime({ slice: 'b', ...behind, sources: [source('erp', 2 * HOUR + 5000)] }),
      ],
    }),
  );
  expect(asOf).toBe(ago(2 * HOUR));
  expect(feeds).toMatchObject([
    { source: 'erp', ageMs: 5000, state: 'fresh' },
    { source: 'shop', ageMs: 1000, state: 'fresh' },
  ]);
  expect(summarise(view()).asOf).toBeNull();
});

describe('trouble', () => {
  test.each<[string, Partial<SystemView>, RegExp]>([
    ['NATS', { nats: { ok: false, detail: 'not connected' } }, /NATS is not reachable: not/],
    ['no runtime', { runtimes: [] }, /No processor is running/],
    ['a silent runtime', { runtimes: [runtime({ at: ago(9000) })] }, /said nothing for 9 s/],
    [
      'one silent slice of two',
      { runtimes: [runtime(), runtime({ slice: 'stock-0-7', at: ago(9000) })] },
      /stock-0-7 has said nothing/,
    ],
    [
      'a runtime that recovers',
      { runtimes: [runtime({ phase: 'recovering', detail: '40 %' })] },
      /all is recovering: 40 %/,
    ],
    ['ClickHouse', { clickhouse: { ok: false, detail: 'refused' } }, /ClickHouse is not reachable/],
    ['no door', { doors: [] }, /door is not running/],
  ])('%s', (_what, changes, sentence) => {
    expect(summarise(view(changes)).trouble).toMatch(sentence);
  });

  test('a slice that was stopped is none', () => {
    const runtimes = [runtime(), runtime({ slice: 'old', phase: 'stopped', at: ago(60_000) })];
    expect(summarise(view({ runtimes })).trouble).toBeNull();
  });
});
