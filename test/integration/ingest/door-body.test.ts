/** Reading a body within its bounds, where the bounds are small enough to be met in a test. */
import { Buffer } from 'node:buffer';
import { once } from 'node:events';
import { createServer, request, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { inflated, readBody, type BodyOptions } from '../../../ingest/door/http/body.ts';
import { createHeldBytes } from '../../../ingest/door/http/held-bytes.ts';
import { linger } from '../../../ingest/door/http/linger.ts';
import { DoorUnavailable } from '../../../ingest/door/unavailable.ts';
import { ProblemError } from '../../../platform/http/problem.ts';
import { createMetrics } from '../../../platform/metrics.ts';

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

const stopping = new AbortController();
const OPTIONS: BodyOptions = {
  encoding: 'identity',
  maxBytes: 1000,
  idleMs: 10_000,
  maxMs: 10_000,
  signal: stopping.signal,
};

/** Status that a reader ends with, 200 when it ends well, for a body that `send` writes. */
async function statusOf(
  read: (request: IncomingMessage) => Promise<unknown>,
  send: (body: { write(text: string): void; end(): void }) => void,
): Promise<number> {
  const server = createServer((incoming, response) => {
    void read(incoming)
      .then(
        () => 200,
        (error: unknown) => {
          if (!(error instanceof ProblemError)) throw error;
          return error.problem.status;
        },
      )
      .then((status) => {
        if (!incoming.complete) linger(incoming, response, stopping.signal);
        response.writeHead(status).end();
      });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const sent = request({ port, host: '127.0.0.1', method: 'POST' });
  sent.on('error', () => {});
  closing.push(
    () => sent.destroy(),
    () => server.closeAllConnections(),
    () => server.close(),
  );
  const response = once(sent, 'response') as Promise<[IncomingMessage]>;
  send(sent);
  return (await response)[0].statusCode ?? 0;
}

const held = (maxBytes: number) =>
  createHeldBytes(maxBytes, createMetrics({ process: 'test' })).open();
const body = (options: Partial<BodyOptions>) => (incoming: IncomingMessage) =>
  readBody(incoming, { ...OPTIONS, ...options }, held(10_000));

test('a sender that falls silent is answered', async () => {
  const status = await statusOf(body({ idleMs: 50 }), (sent) => sent.write('half'));
  expect(status).toBe(408);
});

test('a sender that never falls silent and never ends is answered too', async () => {
  let timer: NodeJS.Timeout | undefined;
  closing.push(() => clearInterval(timer));
  const status = await statusOf(body({ maxMs: 150, maxBytes: Infinity }), (sent) => {
    timer = setInterval(() => sent.write('x'), 10);
  });
  expect(status).toBe(408);
});

test('a process that stops waits for no sender', async () => {
  const stop = new AbortController();
  const reading = statusOf(body({ signal: stop.signal }), (sent) => {
    sent.write('half');
    setImmediate(() => stop.abort());
  });
  expect(await reading).toBe(503);
});

test('bytes in memory are counted over all requests, and given back', async () => {
  const bytes = createHeldBytes(100, createMetrics({ process: 'test' }));
  const first = bytes.open();
  const second = bytes.open();
  first.add(60);
  expect(() => second.add(41)).toThrow(DoorUnavailable);
  second.add(40);
  first.release();
  first.release();
  second.add(60);
  expect(() => first.add(1)).toThrow(/allowed are 100/);
});

test('a body that finds no room is answered with 503', async () => {
  const read = (incoming: IncomingMessage) => readBody(incoming, OPTIONS, held(10));
  const status = await statusOf(read, (sent) => {
    sent.write('x'.repeat(20));
    sent.end();
  });
  expect(status).toBe(503);
});

test('a body is what was sent, in however many pieces', async () => {
  let received = '';
  const read = async (incoming: IncomingMessage) => {
    const chunks: Buffer[] = [];
    for await (const chunk of inflated(incoming, OPTIONS)) chunks.push(chunk);
    received = Buffer.concat(chunks).toString();
  };
  const status = await statusOf(read, (sent) => {
    for (const piece of ['a', 'ü', 'c']) sent.write(piece);
    sent.end();
  });
  expect(status).toBe(200);
  expect(received).toBe('aüc');
});
