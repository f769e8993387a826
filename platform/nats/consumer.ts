/**
 * The server's side of reading a stream: the ephemeral consumer that consume.ts reads through, what it
 * may be asked, and which of its refusals are final.
 */
import { AckPolicy, DeliverPolicy, NatsError, nanos } from 'nats';
import type { NatsLink } from './connect.ts';

/**
 * - `gap`: the stream no longer holds a wanted sequence (dropped by age or bytes, or deleted)
 * - `behind`: the stream ends before the wanted sequence: it is another stream or lost its end
 * - `closed`: the connection was closed for good
 * - `refused`: the server does not allow the consumer; waiting would not help
 */
export type ConsumeErrorCode = 'gap' | 'behind' | 'closed' | 'refused';

/** The stream cannot be read on from where the reader is. */
export class ConsumeError extends Error {
  override readonly name = 'ConsumeError';
  readonly code: ConsumeErrorCode;

  constructor(code: ConsumeErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** The server gives a sign of life this often while a pull waits. */
export const HEARTBEAT_MS = 500;
/** A pull ends after this time if the stream has nothing new, and is repeated. */
const PULL_EXPIRES_MS = 30_000;
/** The server removes a consumer that nobody pulled from for this long; reading on makes a new one. */
const INACTIVE_MS = 60_000;

const encoder = new TextEncoder();

export interface CreatedConsumer {
  name: string;
  /** Messages that it has to deliver. */
  pending: number;
}

/**
 * Makes a consumer that delivers from `fromSeq` on. Throws a ConsumeError when the stream does not hold
 * that sequence and does not end right before it either.
 */
export async function createConsumer(
  { jsm }: NatsLink,
  {
    stream,
    fromSeq,
    filterSubject,
  }: { stream: string; fromSeq: number; filterSubject: string | undefined },
): Promise<CreatedConsumer> {
  const { state } = await jsm.streams.info(stream);
  if (fromSeq > state.last_seq + 1) {
    throw new ConsumeError(
      'behind',
      `${stream} ends at ${state.last_seq}, but everything before ${fromSeq} was read already: ` +
        'it is not the same stream any more, or it has lost its end',
    );
  }
  if (fromSeq < state.first_seq) throw gapError(stream, fromSeq, state.first_seq);

  const info = await jsm.consumers.add(stream, {
    ack_policy: AckPolicy.None,
    deliver_policy: DeliverPolicy.StartSequence,
    opt_start_seq: fromSeq,
    inactive_threshold: nanos(INACTIVE_MS),
    mem_storage: true,
    num_replicas: 1,
    ...(filterSubject === undefined ? {} : { filter_subject: filterSubject }),
  });
  return { name: info.name, pending: info.num_pending };
}

/** Asks for messages; they come to the inbox, as does word of the pull itself. */
export function pull(
  { nc }: NatsLink,
  {
    stream,
    consumer,
    inbox,
    messages,
  }: { stream: string; consumer: string; inbox: string; messages: number },
): void {
  const request = {
    batch: messages,
    expires: nanos(PULL_EXPIRES_MS),
    idle_heartbeat: nanos(HEARTBEAT_MS),
  };
  nc.publish(
    `$JS.API.CONSUMER.MSG.NEXT.${stream}.${consumer}`,
    encoder.encode(JSON.stringify(request)),
    { reply: inbox },
  );
}

/** Sequences that the stream does not hold. */
export function gapError(stream: string, wanted: number, found: number): ConsumeError {
  return new ConsumeError(
    'gap',
    `${stream}: sequences ${wanted} to ${found - 1} are no longer in the stream`,
  );
}

/** The failure that an error of `createConsumer` means, or null when trying again may help. */
export function lastingFailure(error: unknown, stream: string): ConsumeError | null {
  if (error instanceof ConsumeError) return error;
  if (!(error instanceof NatsError)) {
    return new ConsumeError('refused', `${stream}: ${String(error)}`, { cause: error });
  }
  const status = error.api_error?.code ?? 0;
  // A missing stream (404) may be one that a restarting cluster has not loaded yet.
  return status >= 400 && status < 500 && status !== 404 && status !== 408
    ? new ConsumeError('refused', `${stream}: ${error.message}`, { cause: error })
    : null;
}
