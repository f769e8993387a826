/**
 * The bytes that events name by their hash: the models of `model.trained`, which lie in the object store. They are
 * read before the event is applied, so that the processors stay pure: an event comes with its bytes, or without
 * them when they are missing or damaged.
 *
 * While NATS is away it waits, unless it is told to stop: only an answer says that a model is not there.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { LogEvent } from '../../contracts/events.ts';
import { unlessAborted } from '../../platform/abort.ts';
import type { Log } from '../../platform/log.ts';
import type { NatsLink } from '../../platform/nats/connect.ts';
import { getModel } from '../../platform/nats/models.ts';

const MODEL_SUBJECT = 'ops.v1.model.trained.';
const AGAIN_MS = 1_000;

/** True for a message whose event names bytes. */
export const namesAttachment = (subject: string): boolean => subject.startsWith(MODEL_SUBJECT);

/**
 * The bytes that the event of a message names; undefined when they are missing or damaged. Undefined at once when
 * the signal aborts, too: the event is not to be applied then.
 */
export async function attachmentOf(
  raw: string,
  { link, log, signal }: { link: NatsLink; log: Log; signal: AbortSignal },
): Promise<Uint8Array | undefined> {
  const sha256 = hashIn(raw);
  if (sha256 === null) return undefined;
  for (;;) {
    try {
      const bytes = await unlessAborted(getModel(link, sha256), signal);
      if (bytes === null) log.error({ sha256 }, 'the model is missing or damaged: refused');
      return bytes ?? undefined;
    } catch (error) {
      if (signal.aborted) return undefined;
      log.warn({ err: error, sha256 }, 'the model cannot be read yet');
      await sleep(AGAIN_MS, undefined, { signal }).catch(() => undefined);
    }
  }
}

function hashIn(raw: string): string | null {
  try {
    const event = JSON.parse(raw) as LogEvent;
    return event.type === 'stocktide.model.trained.v1' ? event.data.sha256 : null;
  } catch {
    // Not an event: the reduction puts it aside.
    return null;
  }
}
