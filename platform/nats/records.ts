/**
 * Small records under keys that every process has at hand: a key-value bucket of NATS, held in memory and
 * followed, so that what one process writes holds everywhere within milliseconds.
 *
 * Guarantees: a write that returned is stored, and holds here at once, and elsewhere for whoever asks with `find`;
 * everything stored is there after a restart. While NATS is away the last known records stay, and writing fails.
 * Bounds: the bucket's own.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { headers, NatsError } from 'nats';
import type { NatsLink } from './connect.ts';
import { consumeFrom } from './consume.ts';

/** The records cannot be written: NATS is away, or the bucket is full. */
export class RecordsError extends Error {
  override readonly name = 'RecordsError';
}

const MAX_READ_AHEAD = 256;
const RETRY_MS = 250;
const WRITE_TIMEOUT_MS = 5000;
const KEY = /^[A-Za-z0-9_-]+$/;
const FIND_TIMEOUT_MS = 1000;
/** Keys that are asked for at once: whoever makes keys up must not keep NATS busy. */
const MOST_FINDING = 16;

interface Held<T> {
  readonly seq: number;
  /** Null: removed. */
  readonly value: T | null;
}

export class Records<T extends object> {
  readonly #bucket: string;
  readonly #held = new Map<string, Held<T>>();
  readonly #listeners = new Set<(key: string) => void>();
  #link: NatsLink | null = null;
  #isLoaded = false;
  /** Up to where the bucket has been followed: everything before it is held as it is, or over. */
  #followedSeq = 0;
  #finding = 0;

  /** `bucket` is made by `ensureStreams`. */
  constructor(bucket: string) {
    this.#bucket = bucket;
  }

  /** Whether everything that was stored when reading began has been read. */
  get isLoaded(): boolean {
    return this.#isLoaded;
  }

  get(key: string): T | undefined {
    return this.#held.get(key)?.value ?? undefined;
  }

  /** The record of a key, asked for where it is not at hand: another process may have stored it just now. */
  async find(key: string): Promise<T | undefined> {
    const link = this.#link;
    if (this.#held.has(key) || link?.connected !== true || !KEY.test(key)) return this.get(key);
    if (this.#finding >= MOST_FINDING) return undefined;
    this.#finding += 1;
    try {
      const query = { last_by_subj: `$KV.${this.#bucket}.${key}` };
      const asked = link.jsm.streams.getMessage(`KV_${this.#bucket}`, query);
      const stored = await Promise.race([asked, sleep(FIND_TIMEOUT_MS, null, { ref: false })]);
      // What was followed meanwhile is newer: the answer may tell of what has been removed since.
      if (stored !== null && stored.seq > this.#followedSeq) {
        this.#hear(key, stored.seq, stored.string());
      }
    } catch (error) {
      // There is none, or NATS went away: either way it is not known here.
      link.log.debug({ err: error, bucket: this.#bucket }, 'a record was not found');
    } finally {
      this.#finding -= 1;
    }
    return this.get(key);
  }

  values(): T[] {
    return [...this.#held.values()].flatMap(({ value }) => (value === null ? [] : [value]));
  }

  /** Has `listener` told of every key whose record changed, removed ones included. */
  watch(listener: (key: string) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Follows the bucket until the signal aborts; whatever breaks is tried again. */
  async run(link: NatsLink, signal: AbortSignal): Promise<void> {
    this.#link = link;
    while (!signal.aborted) {
      try {
        await this.#follow(link, signal);
      } catch (error) {
        if (signal.aborted) return;
        link.log.debug({ err: error, bucket: this.#bucket }, 'reading the records anew');
        await sleep(RETRY_MS, undefined, { signal }).catch(() => undefined);
      }
    }
  }

  /** Stores a record in the place of any before it. Throws a RecordsError. */
  async put(key: string, value: T): Promise<void> {
    this.#take(key, { seq: await this.#write(key, JSON.stringify(value)), value });
  }

  async remove(key: string): Promise<void> {
    this.#take(key, { seq: await this.#write(key, ''), value: null });
  }

  /** Forgets what is over and has left the bucket by itself. */
  prune(isOver: (value: T) => boolean): void {
    for (const [key, { value }] of this.#held) {
      if (value !== null && isOver(value)) this.#held.delete(key);
    }
  }

  async #follow(link: NatsLink, signal: AbortSignal): Promise<void> {
    const stream = `KV_${this.#bucket}`;
    const prefix = `$KV.${this.#bucket}.`;
    const { state } = await link.jsm.streams.info(stream);
    if (state.messages === 0) this.#isLoaded = true;
    const messages = consumeFrom(link, {
      ...{ stream, filterSubject: `${prefix}>`, maxMessages: MAX_READ_AHEAD, signal },
      fromSeq: Math.max(1, state.first_seq),
    });
    for await (const message of messages) {
      this.#hear(message.subject.slice(prefix.length), message.seq, message.text());
      this.#followedSeq = Math.max(this.#followedSeq, message.seq);
      if (message.pending === 0) this.#isLoaded = true;
    }
  }

  /** Takes what NATS says of a key; nothing is kept of what was removed. */
  #hear(key: string, seq: number, text: string): void {
    const value = text === '' ? null : (JSON.parse(text) as T);
    this.#take(key, { seq, value });
    if (value === null && this.#held.get(key)?.seq === seq) this.#held.delete(key);
  }

  #take(key: string, held: Held<T>): void {
    // What was written here is read once more; and it may have been overtaken meanwhile.
    if ((this.#held.get(key)?.seq ?? 0) >= held.seq) return;
    this.#held.set(key, held);
    for (const listener of [...this.#listeners]) listener(key);
  }

  async #write(key: string, text: string): Promise<number> {
    if (!KEY.test(key)) throw new RangeError(`a key is made of letters, digits, - and _: "${key}"`);
    const link = this.#link;
    if (link?.connected !== true) throw new RecordsError('NATS is not connected');
    const options = { timeout: WRITE_TIMEOUT_MS, ...(text === '' ? { headers: removal() } : {}) };
    try {
      const { seq } = await link.js.publish(`$KV.${this.#bucket}.${key}`, text, options);
      return seq;
    } catch (error) {
      if (!(error instanceof NatsError)) throw error;
      throw new RecordsError(`NATS did not store it: ${error.message}`, { cause: error });
    }
  }
}

/** How a bucket of NATS marks what was removed. */
function removal() {
  const marker = headers();
  marker.set('KV-Operation', 'DEL');
  return marker;
}
