/** The client against a small HTTP server that answers as a door in trouble does. */
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createDoorClient } from '../../../../ingest/replay/door-client.ts';

const ANSWER = { accepted: 1, duplicates: 0, rejected: 0, results: [] };

interface Got {
  url: string;
  headers: Record<string, unknown>;
  body: string;
}

let server: Server;
let got: Got[];
let replies: ((response: ServerResponse) => void)[];

beforeEach(async () => {
  got = [];
  replies = [];
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      got.push({
        url: request.url ?? '',
        headers: request.headers,
        body: Buffer.concat(chunks).toString(),
      });
      const reply = replies.shift() ?? answering(200, ANSWER);
      reply(response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

function answering(status: number, body: unknown, headers: Record<string, string> = {}) {
  return (response: ServerResponse) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(JSON.stringify(body));
  };
}

function client(options: { stop?: AbortSignal; giveUpAfterMs?: number } = {}) {
  const waits: string[] = [];
  const { port } = server.address() as AddressInfo;
  const door = createDoorClient({
    url: `http://127.0.0.1:${port}`,
    accessToken: 'secret',
    giveUpAfterMs: options.giveUpAfterMs ?? 10_000,
    stop: options.stop ?? new AbortController().signal,
    onWait: (reason) => waits.push(reason),
  });
  return { door, waits };
}

describe('the client of the door', () => {
  it('sends NDJSON with the token and asks only for the rejected', async () => {
    expect(await client().door.post('{"a":1}\n{"a":2}')).toEqual(ANSWER);
    expect(got[0]).toMatchObject({
      url: '/v1/events?results=rejected',
      headers: { 'content-type': 'application/x-ndjson', authorization: 'Bearer secret' },
      body: '{"a":1}\n{"a":2}',
    });
  });

  it('does not take the counts in a problem for an answer to all', async () => {
    replies.push(answering(503, { title: 'Unavailable', ...ANSWER }, { 'retry-after': '0' }));
    replies.push(answering(207, { ...ANSWER, accepted: 0, rejected: 1 }));
    expect(await client().door.post('x')).toMatchObject({ accepted: 0, rejected: 1 });
    replies.push(answering(413, { title: 'Too long', ...ANSWER }));
    await expect(client().door.post('x')).rejects.toThrow('answered 413 Too long');
  });

  it('waits out a busy door and sends the same again', async () => {
    const busy = { title: 'Unavailable', detail: 'the log is full' };
    replies.push(answering(503, busy, { 'retry-after': '0' }), answering(429, busy));
    const { door, waits } = client();
    expect(await door.post('{"a":1}')).toEqual(ANSWER);
    expect(got.map(({ body }) => body)).toEqual(Array(3).fill('{"a":1}'));
    expect(waits).toHaveLength(2);
    expect(waits[0]).toContain('answered 503 Unavailable: the log is full');
  });

  it('sends again when the connection breaks', async () => {
    replies.push((response) => response.destroy());
    const { door, waits } = client();
    expect(await door.post('{}')).toEqual(ANSWER);
    expect(waits[0]).toContain('cannot be reached');
  });

  it('gives up in the end, and at once on what does not pass', async () => {
    replies.push(answering(503, {}, { 'retry-after': '5' }));
    await expect(client({ giveUpAfterMs: 1_000 }).door.post('{}')).rejects.toThrow(
      'gave up after 1 s',
    );
    replies.push(answering(401, { title: 'Unauthorized' }));
    await expect(client().door.post('{}')).rejects.toThrow('set ACCESS_TOKEN');
    replies.push(answering(413, { title: 'Too large' }));
    await expect(client().door.post('{}')).rejects.toThrow('answered 413 Too large');
    expect(got).toHaveLength(3);
  });

  it('leaves a wait when it is stopped', async () => {
    replies.push(answering(503, {}, { 'retry-after': '5' }));
    const stop = new AbortController();
    const sending = client({ stop: stop.signal }).door.post('{}');
    await expect.poll(() => got.length).toBe(1);
    stop.abort();
    await expect(sending).rejects.toBe(stop.signal.reason);
  });
});
