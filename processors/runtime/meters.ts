/** What a runtime measures of itself (`/metrics`). */
import type { Metrics } from '../../platform/metrics.ts';
import type { Runtime } from './runtime.ts';

export type Meters = ReturnType<typeof createMeters>;

export function createMeters(metrics: Metrics) {
  const events = metrics.counter('stocktide_events_total', 'Messages of the log', ['outcome']);
  const lag = metrics.gauge('stocktide_lag_events', 'Messages of the log not yet applied');
  const flushed = metrics.gauge('stocktide_flushed_seq', 'Everything up to here is in ClickHouse');
  const pending = metrics.gauge('stocktide_pending_rows', 'Rows not yet in ClickHouse');
  const findings = metrics.gauge('stocktide_unconfirmed_findings', 'Findings not yet in the log');
  const positions = metrics.gauge('stocktide_positions', 'Positions in the ledger');
  const snapshot = metrics.histogram('stocktide_snapshot_seconds', 'Time of a snapshot');
  let applied = 0;
  let duplicates = 0;
  return {
    events,
    snapshot,
    update(runtime: Runtime): void {
      events.inc({ outcome: 'applied' }, runtime.appliedEvents - applied);
      events.inc({ outcome: 'duplicate' }, runtime.duplicates - duplicates);
      applied = runtime.appliedEvents;
      duplicates = runtime.duplicates;
      lag.set(runtime.lagEvents);
      flushed.set(runtime.flushed);
      pending.set(runtime.pendingRows);
      findings.set(runtime.unconfirmedFindings);
      positions.set(runtime.slice.stock?.size() ?? 0);
    },
  };
}
