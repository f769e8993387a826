/**
 * Events straight into the LOG, as the door would put them there: exploded, stamped, under their ids.
 * For benches of what lies behind the door.
 */
import { typeName, type ProducerEvent } from '../contracts/envelope.ts';
import { EVENTS, type InputType } from '../contracts/events.ts';
import { explode } from '../contracts/explode.ts';
import { logMessage, type LogMessage } from '../ingest/door/log-message.ts';
import type { Publisher } from '../platform/nats/publisher.ts';

/** The messages of the LOG that an event becomes. */
export function logMessages(event: ProducerEvent): LogMessage[] {
  const name = typeName(event.type);
  if (name === null || !Object.hasOwn(EVENTS, name)) throw new Error(`${event.type} is no type`);
  return explode(name as InputType, event).map((part) => {
    const message = logMessage(part, event.time);
    if (message === null) throw new Error(`${event.id} is no Unicode`);
    return message;
  });
}

export interface Filled {
  /** Messages stored. */
  readonly messages: number;
  /** Log sequence of the last one. */
  readonly lastSeq: number;
}

/** Appends events until `messages` of the LOG are reached or the events end. */
export async function fillLog(
  publisher: Publisher,
  events: Iterable<ProducerEvent>,
  messages: number,
): Promise<Filled> {
  let stored = 0;
  let lastSeq = 0;
  let failure: unknown = null;
  const onStored = ({ seq }: { seq: number }) => {
    if (seq > lastSeq) lastSeq = seq;
  };
  const onFailed = (error: unknown) => {
    failure ??= error;
  };
  for (const event of events) {
    for (const message of logMessages(event)) {
      if (!publisher.hasRoom) await publisher.room();
      publisher.publish(message).then(onStored, onFailed);
      stored++;
    }
    if (stored >= messages || failure !== null) break;
  }
  await publisher.drain();
  if (failure !== null) throw failure as Error;
  return { messages: stored, lastSeq };
}

/** How many events of the LOG an event becomes. */
export function explodedSize({ data }: ProducerEvent): number {
  const { lines } = data as { lines?: readonly unknown[] };
  return 1 + (lines?.length ?? 0);
}
