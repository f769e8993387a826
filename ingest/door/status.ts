/** What the door says of itself once a second on `live.door`, for the dashboard's strip. Not stored. */
import type { NatsConnection } from 'nats';
import type { DoorStatus } from '../../contracts/live.ts';
import { LIVE_DOOR } from '../../contracts/subjects.ts';
import type { Publisher } from '../../platform/nats/publisher.ts';
import type { DoorMetrics } from './metrics.ts';

const EVERY_MS = 1000;

/** Starts telling; returns how to stop. */
export function tellStatus({
  nc,
  door,
  publisher,
  metrics,
}: {
  nc: NatsConnection;
  /** Name of this door among several. */
  door: string;
  publisher: Pick<Publisher, 'inFlight'>;
  metrics: Pick<DoorMetrics, 'totals'>;
}): () => void {
  let lastAccepted = metrics.totals.accepted;
  let lastAt = performance.now();
  const timer = setInterval(() => {
    const { accepted, duplicates, rejected } = metrics.totals;
    const at = performance.now();
    const status: DoorStatus = {
      door,
      acceptedPerSec: Math.round(((accepted - lastAccepted) * 1000) / (at - lastAt)),
      accepted,
      duplicates,
      rejected,
      inFlight: publisher.inFlight,
      at: new Date().toISOString(),
    };
    lastAccepted = accepted;
    lastAt = at;
    if (!nc.isClosed()) nc.publish(LIVE_DOOR, JSON.stringify(status));
  }, EVERY_MS);
  timer.unref();
  return () => clearInterval(timer);
}
