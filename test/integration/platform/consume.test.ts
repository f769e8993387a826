import { describe, expect, test, vi } from 'vitest';
import {
  consumeFrom,
  type ConsumeOptions,
  type Consumption,
} from '../../../platform/nats/consume.ts';
import { ConsumeError } from '../../../platform/nats/consumer.ts';
import type { NatsLink } from '../../../platform/nats/connect.ts';
import { useNats } from '../../support/servers.ts';
import {
  afterThisTest,
  connectedToEmptyStreams,
  event,
  publishAll,
  publisherOn,
  upTo,
} from './support.ts';

const nats = useNats();

/** Streams with `count` events in the LOG. */
async function filled(count: number): Promise<NatsLink> {
  const link = await connectedToEmptyStreams(nats);
  await publishAll(publisherOn(link), 1, count);
  return link;
}

/** A reading that ends with the test. */
function reading(link: NatsLink, options: Partial<ConsumeOptions> = {}): Consumption {
  const stop = new AbortController();
  afterThisTest(() => stop.abort());
  return consumeFrom(link, {
    stream: 'LOG',
    fromSeq: 1,
    maxMessages: 100,
    signal: stop.signal,
    ...options,
  });
}

/** The sequences of the next `count` messages. */
async function take(consumption: Consumption, count: number): Promise<number[]> {
  const seqs: number[] = [];
  if (count > 0) {
    for await (const { seq } of consumption) {
      seqs.push(seq);
      if (seqs.length === count) break;
    }
  }
  return seqs;
}

async function codeOf(consumption: Consumption): Promise<string> {
  const error = await take(consumption, Infinity).catch((reason: unknown) => reason);
  if (!(error instanceof ConsumeError)) throw new Error('no ConsumeError', { cause: error });
  return error.code;
}

describe('order and content', () => {
  test('every message once, in order, from the wanted sequence on', async () => {
    const link = await filled(1000);
    expect(await take(reading(link, { fromSeq: 300 }), 701)).toEqual(upTo(1000).slice(299));
  });

  test('a message has its place, its subject, its time and its text', async () => {
    const before = Date.now();
    const link = await filled(3);
    for await (const message of reading(link, { fromSeq: 2 })) {
      expect(message).toMatchObject({ seq: 2, subject: event(2).subject, delivery: 1, pending: 1 });
      expect(message.text()).toBe('{"n":2}');
      expect(message.storedAtMs).toBeGreaterThanOrEqual(before - 1);
      expect(message.storedAtMs).toBeLessThanOrEqual(Date.now());
      expect(message.headers?.get('Nats-Msg-Id')).toBe('urn:test|2');
      break;
    }
  });

  test('new messages follow as they are published', async () => {
    const link = await filled(5);
    const publisher = publisherOn(link);
    const seqs: number[] = [];
    for await (const { seq } of reading(link)) {
      seqs.push(seq);
      if (seq < 30 && seq >= 5) await publisher.publish(event(seq + 1));
      if (seq === 30) break;
    }
    expect(seqs).toEqual(upTo(30));
  });

  test('a filter leaves the other subjects out', async () => {
    const link = await filled(64);
    const third = reading(link, { filterSubject: 'ops.v1.stock.moved.3.>' });
    expect(await take(third, 4)).toEqual([3, 19, 35, 51]);
  });
});

describe('back-pressure', () => {
  test('a reader that pauses is sent no more than it may hold', async () => {
    const link = await filled(2000);
    const consumption = reading(link, { maxMessages: 40 });
    const delivered = async () => {
      const infos = await link.jsm.consumers.list('LOG').next();
      return infos[0]?.delivered.consumer_seq ?? 0;
    };
    const iterator = consumption[Symbol.asyncIterator]();
    for (let taken = 1; taken <= 100; taken++) await iterator.next();

    // All that the server will send has been sent when the number stays where it is.
    let last = -1;
    await vi.waitFor(
      async () => {
        const now = await delivered();
        const settled = now === last;
        last = now;
        expect(settled).toBe(true);
      },
      { interval: 100, timeout: 5000 },
    );
    expect(last).toBeGreaterThan(100);
    expect(last).toBeLessThanOrEqual(140);
    expect(consumption.lag).toBe(1900);
    expect(consumption.nextSeq).toBe(101);

    const rest: number[] = [];
    while (rest.length < 1900) rest.push((await iterator.next()).value?.seq ?? 0);
    expect(rest).toEqual(upTo(2000).slice(100));
    expect(consumption.lag).toBe(0);
    expect(consumption.recoveries).toBe(0);
    await iterator.return?.();
  });
});

describe('recovery', () => {
  test('through kills of the server while events are published: no gap, no repetition', async () => {
    const link = await connectedToEmptyStreams(nats);
    const publisher = publisherOn(link, { maxInFlight: 50 });
    const consumption = reading(link, { maxMessages: 20 });
    const seqs: number[] = [];
    const reader = (async () => {
      for await (const { seq } of consumption) {
        seqs.push(seq);
        if (seqs.length === 4000) break;
      }
    })();
    const publishing = publishAll(publisher, 1, 4000);
    for (let round = 1; round <= 3; round++) {
      const before = seqs.length;
      await vi.waitFor(() => expect(seqs.length).toBeGreaterThan(before + 100), {
        timeout: 20_000,
        interval: 5,
      });
      await nats.kill();
      await nats.restart();
    }
    await publishing;
    await reader;
    expect(seqs).toEqual(upTo(4000));
    expect(consumption.recoveries).toBeGreaterThan(0);
  });

  test('an idle reader gets what is published after a restart', async () => {
    const link = await filled(3);
    const consumption = reading(link);
    const iterator = consumption[Symbol.asyncIterator]();
    for (const seq of upTo(3)) expect((await iterator.next()).value?.seq).toBe(seq);
    const next = iterator.next();
    await nats.kill();
    await vi.waitFor(() => expect(consumption.attached).toBe(false));
    await nats.restart();
    await publishAll(publisherOn(link), 4, 4);
    expect((await next).value?.seq).toBe(4);
  });

  test('a consumer that vanished on the server is made anew', async () => {
    const link = await filled(100);
    const consumption = reading(link, { maxMessages: 10 });
    const iterator = consumption[Symbol.asyncIterator]();
    await iterator.next();
    for await (const { name } of link.jsm.consumers.list('LOG')) {
      await link.jsm.consumers.delete('LOG', name);
    }
    const rest: number[] = [];
    while (rest.length < 99) rest.push((await iterator.next()).value?.seq ?? 0);
    expect(rest).toEqual(upTo(100).slice(1));
    await iterator.return?.();
  });
});

describe('what cannot be read is an error', () => {
  test('messages that the stream dropped before they were wanted', async () => {
    const link = await filled(20);
    await link.jsm.streams.purge('LOG', { seq: 11 });
    const gone = reading(link, { fromSeq: 5 });
    await expect(take(gone, 1)).rejects.toThrow('LOG: sequences 5 to 10 are no longer');
    expect(await codeOf(reading(link, { fromSeq: 5 }))).toBe('gap');
    expect(await take(reading(link, { fromSeq: 11 }), 1)).toEqual([11]);
  });

  test('a hole in the middle, after what lies before it was read', async () => {
    const link = await filled(20);
    await link.jsm.streams.deleteMessage('LOG', 8);
    const consumption = reading(link);
    const seqs: number[] = [];
    const read = async () => {
      for await (const { seq } of consumption) seqs.push(seq);
    };
    await expect(read()).rejects.toThrow('LOG: sequences 8 to 8 are no longer');
    expect(seqs).toEqual(upTo(7));
  });

  test('a stream that ends before the wanted sequence', async () => {
    const link = await filled(20);
    expect(await take(reading(link, { fromSeq: 20 }), 1)).toEqual([20]);
    expect(await codeOf(reading(link, { fromSeq: 22 }))).toBe('behind');
  });

  test('a stream that lost its end while the server was away', async () => {
    const link = await filled(20);
    const consumption = reading(link);
    const iterator = consumption[Symbol.asyncIterator]();
    for (const seq of upTo(20)) expect((await iterator.next()).value?.seq).toBe(seq);
    const next = iterator.next();
    const refused = expect(next).rejects.toThrow('LOG ends at 0');
    const { config } = await link.jsm.streams.info('LOG');
    await link.jsm.streams.delete('LOG');
    await link.jsm.streams.add(config);
    await nats.restart();
    await refused;
  });

  test('a connection that was closed for good', async () => {
    const link = await filled(1);
    const consumption = reading(link);
    const iterator = consumption[Symbol.asyncIterator]();
    await iterator.next();
    const next = expect(iterator.next()).rejects.toMatchObject({ code: 'closed' });
    await link.close();
    await next;
  });
});

describe('the end', () => {
  test('an abort ends the reading at once, whatever is buffered', async () => {
    const link = await filled(500);
    const stop = new AbortController();
    const seqs: number[] = [];
    for await (const { seq } of reading(link, { signal: stop.signal })) {
      seqs.push(seq);
      if (seq === 10) stop.abort();
    }
    expect(seqs).toEqual(upTo(10));
  });

  test('an abort ends a reader that waits, and its consumer goes from the server', async () => {
    const link = await filled(1);
    const stop = new AbortController();
    const iterator = reading(link, { signal: stop.signal })[Symbol.asyncIterator]();
    await iterator.next();
    const waiting = iterator.next();
    stop.abort();
    expect(await waiting).toEqual({ done: true, value: undefined });
    await vi.waitFor(async () => {
      expect(await link.jsm.consumers.list('LOG').next()).toEqual([]);
    });
  });

  test('an abort before the first message', async () => {
    const link = await filled(1);
    expect(await take(reading(link, { signal: AbortSignal.abort() }), 1)).toEqual([]);
  });
});
