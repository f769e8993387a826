/** The real door's core behind the real inbox, in the test's process: how findings come into the LOG. */
import { onTestFinished } from 'vitest';
import { createDeadLetters } from '../../../ingest/dead/writer.ts';
import { createDoor } from '../../../ingest/door/accept.ts';
import { doorLimits } from '../../../ingest/door/limits.ts';
import { createDoorMetrics } from '../../../ingest/door/metrics.ts';
import { createRecentIds } from '../../../ingest/door/recent-ids.ts';
import { storedHash } from '../../../ingest/door/streams.ts';
import { startInbox } from '../../../ingest/inbox/inbox.ts';
import { createMetrics } from '../../../platform/metrics.ts';
import type { Scene } from './scene.ts';

export interface TestDoor {
  stop(): Promise<void>;
}

export async function startTestDoor(scene: Scene): Promise<TestDoor> {
  const { config, link, log, publisher } = await scene.connect();
  const metrics = createMetrics({ process: 'door' });
  const stopping = new AbortController();
  const door = createDoor({
    publisher,
    clock: { mode: 'feed', now: Date.now },
    recentIds: createRecentIds(config.recentIds),
    limits: doorLimits(config),
    metrics: createDoorMetrics(metrics),
    dead: createDeadLetters({ publisher, maxEventBytes: config.maxEventBytes, now: Date.now }),
    storedHash: (seq) => storedHash(link.jsm, seq),
  });
  const inbox = startInbox({ link, door, log, metrics, signal: stopping.signal });
  const stop = async () => {
    stopping.abort();
    await inbox.drained();
  };
  onTestFinished(stop);
  return { stop };
}
