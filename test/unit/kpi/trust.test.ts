/** How sure a KPI is, on which clock, and where it stands against its target. */
import { describe, expect, test } from 'vitest';
import { kpiClock } from '../../../api/kpi/clock.ts';
import { statusOf } from '../../../api/kpi/reading.ts';
import { trustOf, type Feed } from '../../../api/kpi/trust.ts';
import type { RuntimeStatus, SystemView } from '../../../contracts/live.ts';

const NOW = Date.parse('2025-03-10T12:00:00Z');
const MINUTE = 60_000;

const feed = (source: string, entities: string[], agoMinutes: number, stale = false): Feed => ({
  source,
  entities: new Set(entities),
  lastEventMs: NOW - agoMinutes * MINUTE,
  cadenceMs: 60 * MINUTE,
  stale,
});

describe('trust', () => {
  test('is as fresh as the newest event of the entities that it needs', () => {
    const feeds = [
      feed('shop', ['order'], 3),
      feed('wms', ['shipment'], 5),
      feed('erp', ['po'], 0),
    ];
    expect(trustOf(['order', 'shipment'], feeds, NOW)).toEqual({
      last_event_at: '2025-03-10T11:57:00.000Z',
      age_s: 180,
      provisional: null,
    });
  });

  test('is provisional while a source of one of them is behind, and says which', () => {
    const feeds = [
      feed('shop', ['order'], 1),
      feed('3pl', ['shipment', 'inventory'], 300, true),
      feed('erp', ['po'], 900, true),
    ];
    const { provisional } = trustOf(['order', 'shipment'], feeds, NOW);
    expect(provisional?.detail).toContain('3pl is behind');
    expect(provisional?.sources).toEqual([
      { source: '3pl', last_event_at: '2025-03-10T07:00:00.000Z', age_s: 18_000, cadence_s: 3600 },
    ]);
    expect(trustOf(['order'], feeds, NOW).provisional).toBeNull();
  });

  test('names the longest silent first and counts the others', () => {
    const feeds = [feed('a', ['order'], 30, true), feed('b', ['order'], 60, true)];
    const { provisional } = trustOf(['order'], feeds, NOW);
    expect(provisional?.detail).toContain('b and 1 more are behind');
    expect(provisional?.sources.map(({ source }) => source)).toEqual(['b', 'a']);
  });

  test('of a KPI that needs no entity is never provisional', () => {
    expect(trustOf([], [feed('x', ['order'], 60, true)], NOW)).toMatchObject({
      age_s: 3600,
      provisional: null,
    });
  });

  test('is nothing without a source', () => {
    expect(trustOf(['order'], [], NOW)).toEqual({
      ...{ last_event_at: null, age_s: null, provisional: null },
    });
  });
});

describe('the clock', () => {
  const view = (...nows: string[]): SystemView => ({
    at: '2026-01-01T00:00:00Z',
    runtimes: nows.map((now) => ({ now }) as RuntimeStatus),
    doors: [],
    ...{ clickhouse: { ok: true, detail: '' }, nats: { ok: true, detail: '' } },
  });

  test('is that of the processors, the furthest of them', () => {
    expect(kpiClock(view('2011-01-01T00:00:00Z', '2011-01-02T00:00:00Z'), NOW)).toEqual({
      nowMs: Date.parse('2011-01-02T00:00:00Z'),
      clock: 'processors',
    });
  });

  test('is wall time while they have none', () => {
    expect(kpiClock(view(), NOW)).toEqual({ nowMs: NOW, clock: 'wall' });
    expect(kpiClock(view('1970-01-01T00:00:00.000Z'), NOW).clock).toBe('wall');
  });
});

test.each([
  ['up', 0.97, 0.97, 'met'],
  ['up', 0.97, 0.96, 'missed'],
  ['down', 24, 24, 'met'],
  ['down', 24, 25, 'missed'],
  ['band', 0.01, -0.01, 'met'],
  ['band', 0.01, -0.02, 'missed'],
  ['up', null, 1, 'no_target'],
  ['up', 0.97, null, 'no_data'],
] as const)('%s to %s is %s: %s', (direction, target, value, status) => {
  expect(statusOf({ direction, target }, value)).toBe(status);
});
