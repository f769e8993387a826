/** What the runtime says of itself once a second on `live.runtime.<slice>` (contracts/live.ts). */
import type { RuntimeStatus } from '../../contracts/live.ts';
import { liveRuntime } from '../../contracts/subjects.ts';
import type { NatsLink } from '../../platform/nats/connect.ts';
import type { Runtime } from './runtime.ts';

const PERIOD_MS = 1_000;

/** Begins to report; returns how to end it. */
export function reportStatus(link: NatsLink, runtime: Runtime): () => void {
  let before = { atMs: Date.now(), events: runtime.appliedEvents };
  const timer = setInterval(() => {
    const after = { atMs: Date.now(), events: runtime.appliedEvents };
    const seconds = (after.atMs - before.atMs) / 1_000;
    const eventsPerSec = (after.events - before.events) / seconds;
    before = after;
    if (!link.connected) return;
    const status = statusOf(runtime, eventsPerSec, after.atMs);
    link.nc.publish(liveRuntime(runtime.slice.name), JSON.stringify(status));
  }, PERIOD_MS);
  return () => clearInterval(timer);
}

function statusOf(runtime: Runtime, eventsPerSec: number, atMs: number): RuntimeStatus {
  const { lastFlush, trouble } = runtime;
  const iso = (ms: number) => new Date(ms).toISOString();
  return {
    slice: runtime.slice.name,
    phase: trouble === null ? runtime.phase : 'paused',
    detail: trouble ?? runtime.progress,
    eventsPerSec: Math.round(eventsPerSec * 10) / 10,
    eventsTotal: runtime.appliedEvents,
    appliedSeq: runtime.appliedSeq,
    logSeq: runtime.appliedSeq + runtime.lagEvents,
    lagEvents: runtime.lagEvents,
    lagMs: runtime.lagMs,
    flushedSeq: runtime.flushed,
    lastFlushAt: lastFlush === null ? null : iso(lastFlush.atMs),
    lastFlushRows: lastFlush?.rows ?? 0,
    lastFlushMs: lastFlush?.tookMs ?? 0,
    pendingRows: runtime.pendingRows,
    now: iso(runtime.nowMs),
    positions: runtime.slice.stock?.size() ?? 0,
    sources: runtime.slice.feeds?.status(runtime.nowMs) ?? [],
    at: iso(atMs),
  };
}
