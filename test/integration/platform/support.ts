/** What the tests of NATS have in common: connections that close by themselves, and events to publish. */
import { execFileSync } from 'node:child_process';
import { afterEach } from 'vitest';
import { readConfig, type Config } from '../../../platform/config.ts';
import { createLog } from '../../../platform/log.ts';
import { createMetrics } from '../../../platform/metrics.ts';
import { connectNats, type NatsLink } from '../../../platform/nats/connect.ts';
import { createPublisher, type Publisher } from '../../../platform/nats/publisher.ts';
import { ensureStreams, STREAMS } from '../../../platform/nats/streams.ts';
import type { TestNats } from '../../support/servers.ts';

export const log = createLog({ name: 'test', level: 'silent', format: 'json' });

const closing: (() => Promise<void> | void)[] = [];

/** Has `fn` called after the present test, last registered first. */
export function afterThisTest(fn: () => Promise<void> | void): void {
  closing.push(fn);
}

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** A connection of the present test. */
export async function connected(nats: TestNats, name = 'test'): Promise<NatsLink> {
  const link = await connectNats({ url: nats.url, user: nats.user, pass: nats.pass, name, log });
  afterThisTest(() => link.close());
  return link;
}

/** A connection, with all streams made and empty. */
export async function connectedToEmptyStreams(
  nats: TestNats,
  limits: Partial<Config> = {},
): Promise<NatsLink> {
  const link = await connected(nats);
  // A stream that is only purged goes on counting where it was.
  for await (const { config } of link.jsm.streams.list())
    await link.jsm.streams.delete(config.name);
  await ensureStreams(link.jsm, { ...readConfig({}), ...limits });
  return link;
}

export function publisherOn(
  link: NatsLink,
  options: { maxInFlight?: number; maxBytes?: number; timeoutMs?: number } = {},
): Publisher {
  const publisher = createPublisher({
    link,
    maxInFlight: 1000,
    timeoutMs: 5000,
    metrics: createMetrics({ process: 'test' }),
    ...options,
  });
  afterThisTest(() => publisher.close());
  return publisher;
}

/** Event `n` as a publish into the LOG: its number is the id and the content. */
export function event(n: number) {
  return {
    subject: `ops.v1.stock.moved.${n % 16}.-.-.-`,
    msgId: `urn:test|${n}`,
    payload: new TextEncoder().encode(JSON.stringify({ n })),
  };
}

/** Publishes events `from` to `to` and keeps each at it until it is stored, whatever happens. */
export async function publishAll(publisher: Publisher, from: number, to: number): Promise<void> {
  const stored = async (n: number) => {
    for (;;) {
      try {
        return await publisher.publish(event(n));
      } catch {
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }
  };
  const underWay: Promise<unknown>[] = [];
  for (let n = from; n <= to; n++) {
    await publisher.room();
    underWay.push(stored(n));
  }
  await Promise.all(underWay);
}

/** Stops the server where it stands, until the test ends or `thaw` is called. */
export async function freeze(nats: TestNats): Promise<{ thaw: () => void }> {
  const { pid } = nats;
  const thaw = () => void process.kill(pid, 'SIGCONT');
  process.kill(pid, 'SIGSTOP');
  afterThisTest(() => {
    if (nats.pid === pid) thaw();
  });
  // The signal is on its way; some of the server's threads may still be answering.
  while (
    !execFileSync('ps', ['-o', 'stat=', '-p', String(pid)])
      .toString()
      .startsWith('T')
  )
    continue;
  return { thaw };
}

/** The numbers of all events in the LOG, in its order. */
export async function storedNumbers(link: NatsLink): Promise<number[]> {
  const { state } = await link.jsm.streams.info(STREAMS.log);
  const numbers: number[] = [];
  for (let seq = state.first_seq; seq <= state.last_seq; seq++) {
    const message = await link.jsm.streams.getMessage(STREAMS.log, { seq });
    numbers.push(message.json<{ n: number }>().n);
  }
  return numbers;
}

/** 1, 2 … n. */
export const upTo = (n: number) => Array.from({ length: n }, (_, index) => index + 1);
