import { beforeEach, describe, expect, test, vi } from 'vitest';
import { SYSTEM_LIMITS } from '../../../api/limits.ts';
import { SystemMonitor } from '../../../api/system.ts';
import type { RuntimeStatus, SystemView } from '../../../contracts/live.ts';
import { EVERYWHERE } from '../../../platform/access/identity.ts';

let nowMs: number;
let onRuntimeBack: () => void;
let monitor: SystemMonitor;

beforeEach(() => {
  nowMs = Date.parse('2025-03-01T10:00:00Z');
  onRuntimeBack = vi.fn<() => void>();
  monitor = createMonitor({ clickhouse: async () => 'fine', nats: async () => 'fine' });
});

function createMonitor(checks: Record<'clickhouse' | 'nats', () => Promise<string>>) {
  return new SystemMonitor({
    checks,
    onRuntimeBack: () => onRuntimeBack(),
    limits: { ...SYSTEM_LIMITS, checkTimeoutMs: 20 },
    nowMs: () => nowMs,
  });
}

function runtime(changes: Partial<RuntimeStatus> = {}): RuntimeStatus {
  return {
    slice: 'all',
    phase: 'live',
    detail: '',
    eventsPerSec: 20,
    eventsTotal: 100,
    appliedSeq: 100,
    logSeq: 100,
    lagEvents: 0,
    lagMs: 1,
    flushedSeq: 90,
    lastFlushAt: null,
    lastFlushRows: 0,
    lastFlushMs: 0,
    pendingRows: 10,
    now: new Date(nowMs).toISOString(),
    positions: 3,
    sources: [],
    at: new Date(nowMs).toISOString(),
    ...changes,
  };
}

describe('the view', () => {
  test('has each part with its last word, in order of name', () => {
    monitor.onRuntime(runtime({ slice: 'stock-8-15' }));
    monitor.onRuntime(runtime({ slice: 'stock-0-7', eventsPerSec: 1 }));
    monitor.onRuntime(runtime({ slice: 'stock-0-7', eventsPerSec: 2 }));
    monitor.refresh();
    expect(monitor.view.runtimes.map(({ slice, eventsPerSec }) => [slice, eventsPerSec])).toEqual([
      ['stock-0-7', 2],
      ['stock-8-15', 20],
    ]);
  });

  test('keeps a silent part for a while and then forgets it', () => {
    monitor.onRuntime(runtime());
    nowMs += SYSTEM_LIMITS.forgetMs;
    monitor.refresh();
    expect(monitor.view.runtimes).toHaveLength(1);
    nowMs += 1;
    monitor.refresh();
    expect(monitor.view.runtimes).toEqual([]);
  });

  test('remembers no more parts than the limit', () => {
    for (let i = 0; i <= SYSTEM_LIMITS.parts; i++) monitor.onRuntime(runtime({ slice: `s${i}` }));
    monitor.refresh();
    expect(monitor.view.runtimes).toHaveLength(SYSTEM_LIMITS.parts);
  });

  test('goes to the topic at once and with each computation', () => {
    const published: SystemView[] = [];
    monitor.open(
      { name: 'system', scope: EVERYWHERE },
      { publish: (view) => published.push(view as SystemView), fail() {} },
    );
    nowMs += 1000;
    monitor.refresh();
    monitor.close();
    monitor.refresh();
    expect(published.map((view) => view.at)).toEqual([
      '2025-03-01T10:00:00.000Z',
      '2025-03-01T10:00:01.000Z',
    ]);
  });
});

describe('checks', () => {
  test('say what they found, and what is wrong', async () => {
    monitor = createMonitor({
      clickhouse: async () => 'answered in 3 ms',
      nats: () => Promise.reject(new Error('not connected')),
    });
    await monitor.check();
    monitor.refresh();
    expect(monitor.view.clickhouse).toEqual({ ok: true, detail: 'answered in 3 ms' });
    expect(monitor.view.nats).toEqual({ ok: false, detail: 'not connected' });
  });

  test('one that hangs has failed', async () => {
    monitor = createMonitor({
      clickhouse: () => new Promise(() => {}),
      nats: async () => 'fine',
    });
    await monitor.check();
    monitor.refresh();
    expect(monitor.view.clickhouse).toEqual({ ok: false, detail: 'no answer within 20 ms' });
    expect(monitor.view.nats.ok).toBe(true);
  });
});

describe('a runtime comes back', () => {
  test.each([
    ['it is seen for the first time', [runtimeIn('live')], 1],
    ['it goes on', [runtimeIn('live'), runtimeIn('live', 200)], 1],
    ['it has recovered', [runtimeIn('live'), runtimeIn('recovering', 0), runtimeIn('live', 5)], 2],
    ['it was restarted between two words', [runtimeIn('live'), runtimeIn('live', 7)], 2],
    ['it is still recovering', [runtimeIn('recovering')], 0],
  ])('%s', (_what, words, times) => {
    for (const word of words) monitor.onRuntime(runtime(word));
    expect(onRuntimeBack).toHaveBeenCalledTimes(times);
  });

  function runtimeIn(phase: RuntimeStatus['phase'], eventsTotal = 100): Partial<RuntimeStatus> {
    return { phase, eventsTotal };
  }
});

test('counts the runtimes that are up, at least one', () => {
  expect(monitor.runtimesUp()).toBe(1);
  monitor.onRuntime(runtime({ slice: 'a' }));
  monitor.onRuntime(runtime({ slice: 'b' }));
  monitor.onRuntime(runtime({ slice: 'c', phase: 'stopped' }));
  expect(monitor.runtimesUp()).toBe(2);
  nowMs += 10_000;
  expect(monitor.runtimesUp()).toBe(1);
});
