/** What time it is at the door, and which ticks go into the log. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { startClock, type ClockOptions } from '../../../ingest/clock/clock.ts';

const NOW = Date.parse('2026-03-02T10:00:00Z');
const MINUTE = 60_000;

beforeEach(() => {
  vi.useFakeTimers({ now: NOW });
});
afterEach(() => {
  vi.useRealTimers();
});

/** A clock with the ticks that it has sent: `clock time`. */
function started(mode: ClockOptions['mode']) {
  const ticks: string[] = [];
  const live: number[] = [];
  const clock = startClock({
    mode,
    now: Date.now,
    onMissed: (error) => expect.fail(String(error)),
    onLive: () => live.push(Date.now()),
    publisher: {
      publish: ({ payload }) => {
        const { data } = JSON.parse(Buffer.from(payload).toString()) as {
          data: { tick: string; clock: string };
        };
        ticks.push(`${data.clock} ${data.tick.slice(11, 19)}`);
        return Promise.resolve({ seq: ticks.length, duplicate: false });
      },
    },
  });
  return { clock, ticks, live };
}

test('live: wall time, each second, whatever the feed says', () => {
  const { clock, ticks } = started('live');
  clock.observe(NOW - MINUTE);
  vi.advanceTimersByTime(2_000);
  expect(ticks).toEqual(['live 10:00:01', 'live 10:00:02']);
  expect(clock).toMatchObject({ mode: 'live' });
  expect(clock.nowMs()).toBe(NOW + 2_000);
  clock.stop();
  vi.advanceTimersByTime(2_000);
  expect(ticks).toHaveLength(2);
});

test('feed: the highest time of the feed, each minute of it', () => {
  const { clock, ticks } = started('feed');
  expect(clock.nowMs()).toBeNull();
  for (const minutes of [-90, -89.5, -91, -89, -60]) clock.observe(NOW + minutes * MINUTE);
  vi.advanceTimersByTime(10 * MINUTE);
  expect(ticks).toEqual(['feed 08:30:00', 'feed 08:31:00', 'feed 09:00:00']);
  expect(clock.mode).toBe('feed');
  expect(clock.nowMs()).toBe(NOW - 60 * MINUTE);
});

describe("catch-up: the feed's time", () => {
  test('until it has come up to wall time', () => {
    const { clock, ticks, live } = started('catch-up');
    for (const seconds of [-3_600, -3_599, -10]) clock.observe(NOW + seconds * 1_000);
    vi.advanceTimersByTime(1_000);
    expect([clock.mode, clock.nowMs(), live]).toEqual(['feed', NOW - 10_000, []]);
    clock.observe(NOW - 2_000);
    expect([clock.mode, live]).toEqual(['live', [NOW + 1_000]]);
    vi.advanceTimersByTime(1_000);
    clock.observe(NOW - 1_000);
    expect(ticks).toEqual([
      'feed 09:00:00',
      'feed 09:00:01',
      'feed 09:59:50',
      'feed 09:59:58',
      'live 10:00:02',
    ]);
    clock.stop();
  });

  test('until it has nothing more to say', () => {
    const { clock, ticks, live } = started('catch-up');
    vi.advanceTimersByTime(20_000);
    clock.observe(NOW - MINUTE);
    vi.advanceTimersByTime(29_000);
    expect([clock.mode, live]).toEqual(['feed', []]);
    vi.advanceTimersByTime(1_000);
    expect([clock.mode, live]).toEqual(['live', [NOW + 50_000]]);
    vi.advanceTimersByTime(1_000);
    expect(ticks).toEqual(['feed 09:59:00', 'live 10:00:51']);
    clock.stop();
  });
});
