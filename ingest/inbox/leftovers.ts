/**
 * What a killed nats-server leaves in a work queue: messages that their consumer believes acknowledged
 * and will never deliver again. Most were (2.9 flushes the removal of a message later than the
 * acknowledgement), but that cannot be known, so each is taken once more, which its id makes harmless,
 * and then removed.
 */
import { NatsError, type JetStreamManager, type StoredMsg } from 'nats';

export interface LeftoverOptions {
  readonly stream: string;
  readonly consumer: string;
  /** Settles a message; false when it could not and the message must stay. */
  readonly take: (message: StoredMsg) => Promise<boolean>;
  readonly signal: AbortSignal;
}

/** Takes everything at or below the consumer's acknowledged floor. Resolves to how many there were. */
export async function takeLeftovers(
  jsm: JetStreamManager,
  { stream, consumer, take, signal }: LeftoverOptions,
): Promise<number> {
  // In this order: what is in the stream later may have been acknowledged after the floor was read.
  const { ack_floor } = await jsm.consumers.info(stream, consumer);
  const { state } = await jsm.streams.info(stream);
  let taken = 0;
  for (let seq = Math.max(1, state.first_seq); seq <= ack_floor.stream_seq; seq++) {
    if (signal.aborted) break;
    const message = await messageAt(jsm, stream, seq);
    if (message === null || !(await take(message))) continue;
    await jsm.streams.deleteMessage(stream, seq, false);
    taken++;
  }
  return taken;
}

const NO_MESSAGE = 10_037;

async function messageAt(
  jsm: JetStreamManager,
  stream: string,
  seq: number,
): Promise<StoredMsg | null> {
  try {
    return await jsm.streams.getMessage(stream, { seq });
  } catch (error) {
    if (error instanceof NatsError && error.api_error?.err_code === NO_MESSAGE) return null;
    throw error;
  }
}
