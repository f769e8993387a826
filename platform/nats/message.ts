/**
 * A message of a stream as the readers see it.
 *
 * JetStream puts a message's place into the subject of its reply,
 *   $JS.ACK.<stream>.<consumer>.<deliveries>.<stream seq>.<consumer seq>.<time, ns>.<pending>
 * and newer servers add the domain and account hash in front and a token behind. Read by hand: this
 * happens once for every event of the system.
 */
import type { Msg, MsgHdrs } from 'nats';

export interface StreamMessage {
  /** Sequence in the stream, from 1. */
  readonly seq: number;
  readonly subject: string;
  readonly data: Uint8Array;
  readonly headers: MsgHdrs | undefined;
  /** When the stream stored it, milliseconds since 1970. */
  readonly storedAtMs: number;
  /** Sequence in the consumer, from 1. */
  readonly delivery: number;
  /** Matching messages behind it in the stream when it was sent. */
  readonly pending: number;
  /** The payload as text. */
  text(): string;
}

const decoder = new TextDecoder();

/**
 * Reads a message that a JetStream consumer delivered. On any other the numbers are NaN: an exception
 * in the client's callback would end its reading for good.
 */
export function readStreamMessage(raw: Msg): StreamMessage {
  return new DeliveredMessage(raw);
}

class DeliveredMessage implements StreamMessage {
  readonly seq: number;
  readonly delivery: number;
  readonly storedAtMs: number;
  readonly pending: number;
  private readonly raw: Msg;

  constructor(raw: Msg) {
    const tokens = (raw.reply ?? '').split('.');
    // 9 tokens before nats-server 2.10, 11 or 12 after it.
    const first = tokens.length === 9 ? 5 : 7;
    this.raw = raw;
    this.seq = Number(tokens[first]);
    this.delivery = Number(tokens[first + 1]);
    this.storedAtMs = Math.floor(Number(tokens[first + 2]) / 1e6);
    this.pending = Number(tokens[first + 3]);
  }

  get subject(): string {
    return this.raw.subject;
  }

  get data(): Uint8Array {
    return this.raw.data;
  }

  get headers(): MsgHdrs | undefined {
    return this.raw.headers;
  }

  text(): string {
    return decoder.decode(this.raw.data);
  }
}
