/** The door's counts: for Prometheus, and for the status that the dashboard's strip shows. */
import { REJECTION_REASONS, type EventOutcome } from '../../contracts/rejections.ts';
import type { Metrics } from '../../platform/metrics.ts';
import { DoorUnavailable } from './unavailable.ts';

export interface DoorMetrics {
  /** Events whose outcome is settled, and how long that took from decoded to stored. */
  took(outcomes: readonly EventOutcome[], request: { via: string; seconds: number }): void;
  /** A request that was not taken. */
  unavailable(error: unknown): void;
  /** Totals since the start. */
  readonly totals: { accepted: number; duplicates: number; rejected: number };
}

export function createDoorMetrics(metrics: Metrics): DoorMetrics {
  const accepted = metrics.counter('stocktide_door_accepted_total', 'Events accepted', ['via']);
  const duplicates = metrics.counter(
    'stocktide_door_duplicates_total',
    'Events that the log had already',
    ['via'],
  );
  const rejected = metrics.counter('stocktide_door_rejected_total', 'Events rejected', ['reason']);
  const refused = metrics.counter(
    'stocktide_door_unavailable_total',
    'Requests not taken because the log could not be written',
    ['code'],
  );
  const latency = metrics.histogram(
    'stocktide_door_accept_seconds',
    'From decoded to stored, a request or a slice of a stream at a time',
    ['via'],
  );
  // A series that appears with its first rejection would hide that rejection from rate().
  for (const reason of Object.keys(REJECTION_REASONS)) rejected.labels(reason).inc(0);

  const totals = { accepted: 0, duplicates: 0, rejected: 0 };
  return {
    took(outcomes, { via, seconds }) {
      const now = { accepted: 0, duplicates: 0 };
      for (const outcome of outcomes) {
        if (outcome.outcome === 'accepted') now.accepted++;
        else if (outcome.outcome === 'duplicate') now.duplicates++;
        else {
          totals.rejected++;
          rejected.labels(outcome.reason).inc();
        }
      }
      totals.accepted += now.accepted;
      totals.duplicates += now.duplicates;
      accepted.labels(via).inc(now.accepted);
      duplicates.labels(via).inc(now.duplicates);
      latency.labels(via).observe(seconds);
    },
    unavailable(error) {
      refused.labels(error instanceof DoorUnavailable ? error.code : 'other').inc();
    },
    totals,
  };
}
