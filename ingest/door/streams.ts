/** The streams that the door writes: made ready at its start, and read where the core must ask. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { JetStreamManager } from 'nats';
import type { StreamLimits } from '../../platform/config.ts';
import type { Log } from '../../platform/log.ts';
import { ensureStreams, STREAMS, StreamSetupError } from '../../platform/nats/streams.ts';

const RETRY_MS = 1000;

/** Waits for JetStream, which may start after the server. Throws when a stream cannot be as wanted. */
export async function awaitStreams(
  jsm: JetStreamManager,
  limits: StreamLimits,
  { log, signal }: { log: Log; signal: AbortSignal },
): Promise<void> {
  for (;;) {
    signal.throwIfAborted();
    try {
      await ensureStreams(jsm, limits);
      return;
    } catch (error) {
      if (error instanceof StreamSetupError) throw error;
      log.warn({ err: error }, 'JetStream is not ready, trying again');
      await sleep(RETRY_MS, undefined, { signal });
    }
  }
}

/** Questions to the server at a time; more would only wait there, against its clock. */
const MAX_LOOKUPS = 64;

/**
 * Looks up the `datahash` of the LOG's event at a sequence; null when it cannot be told (gone, or no
 * answer). Asked for a repeat that this door does not remember, as after a restart.
 */
export function createStoredHash(jsm: JetStreamManager): (seq: number) => Promise<string | null> {
  const waiting: (() => void)[] = [];
  let asking = 0;

  return async (seq) => {
    if (asking >= MAX_LOOKUPS) await new Promise<void>((resolve) => waiting.push(resolve));
    asking++;
    try {
      const stored = await jsm.streams.getMessage(STREAMS.log, { seq });
      const { datahash } = stored.json<{ datahash?: unknown }>();
      return typeof datahash === 'string' ? datahash : null;
    } catch {
      return null;
    } finally {
      asking--;
      waiting.shift()?.();
    }
  };
}
