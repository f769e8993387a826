/** Bodies of a real door: streams of NDJSON, and senders that do not stop, lie or fall silent. */
import { Buffer } from 'node:buffer';
import { once } from 'node:events';
import { request, Agent } from 'node:http';
import { connect as connectSocket, type Socket } from 'node:net';
import { createGzip, gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, test } from 'vitest';
import type { BatchAnswer } from '../../../contracts/rejections.ts';
import { useNats } from '../../support/servers.ts';
import { until } from '../../support/until.ts';
import {
  adjusted,
  connected,
  deadLetters,
  logEntries,
  startDoor,
  type TestDoor,
} from './door-support.ts';

const nats = useNats();
let door: TestDoor;
beforeAll(async () => {
  door = await startDoor(nats, { MAX_BODY_BYTES: String(1024 * 1024) });
});

const NDJSON = { 'content-type': 'application/x-ndjson' };
const MIB = 1024 * 1024;
const line = (id: string) => `${JSON.stringify(adjusted(id))}\n`;
const lines = (prefix: string, count: number) =>
  Array.from({ length: count }, (_, i) => line(`${prefix}-${i}`)).join('');

async function loggedIds(prefix: string): Promise<string[]> {
  const link = await connected(nats);
  const entries = await logEntries(link, ({ event }) => event.id.startsWith(prefix));
  return entries.map(({ event }) => event.id);
}

/** A request that is written by hand; the answer comes whenever it comes. */
function openRequest(headers: Record<string, string>, agent?: Agent) {
  const { port } = door;
  const path = '/v1/events';
  const sent = request({
    port,
    host: '127.0.0.1',
    method: 'POST',
    path,
    headers,
    ...(agent ? { agent } : {}),
  });
  const answer = once(sent, 'response').then(async ([response]) => {
    const chunks: Buffer[] = [];
    for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk);
    const { statusCode } = response as { statusCode: number };
    return {
      status: statusCode,
      body: JSON.parse(Buffer.concat(chunks).toString()) as BatchAnswer & {
        type?: string;
        lines?: number;
      },
    };
  });
  // A request whose answer nobody waits for may end in an error.
  answer.catch(() => {});
  sent.on('error', () => {});
  return { sent, answer };
}

describe('NDJSON', () => {
  test('of more than any body may hold is taken, in order', async () => {
    const body = lines('long', 5000);
    expect(body.length).toBeGreaterThan(MIB);
    const answer = await door.post(body, NDJSON);
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({ accepted: 5000, duplicates: 0, rejected: 0, results: [] });
    expect(await loggedIds('long-')).toEqual(Array.from({ length: 5000 }, (_, i) => `long-${i}`));
  });

  test('gzipped', async () => {
    const body = gzipSync(lines('zip', 3000));
    const answer = await door.post(body, { ...NDJSON, 'content-encoding': 'gzip' });
    expect(answer.body).toMatchObject({ accepted: 3000 });
  });

  test('is answered with the rejected lines, by their position', async () => {
    const body = `${line('mix-0')}\n{"broken\n${line('mix-3')}7\r\n${line('mix-5').trim()}`;
    const { status, body: answer } = await door.post(body, NDJSON);
    expect(status).toBe(207);
    expect(answer).toMatchObject({ accepted: 3, duplicates: 0, rejected: 2 });
    expect(answer.results).toEqual([
      expect.objectContaining({ index: 2, reason: 'not_json', value: '{"broken' }),
      expect.objectContaining({ index: 4, reason: 'not_an_object', value: '7' }),
    ]);
    const all = await door.post(body, NDJSON, '?results=all');
    expect(all.body.results.map(({ outcome }) => outcome)).toEqual([
      'duplicate',
      'rejected',
      'duplicate',
      'rejected',
      'duplicate',
    ]);
  });

  test('lists a thousand rejections and counts the rest', async () => {
    const body = Array.from({ length: 1500 }, (_, i) => `{"bad":${i}}`).join('\n');
    const { body: answer } = await door.post(body, NDJSON);
    expect(answer).toMatchObject({ accepted: 0, rejected: 1500, truncated: true });
    expect(answer.results).toHaveLength(1000);
  });

  test('of which nearly all is wrong is given up, and says where', async () => {
    const body = `${line('wrong-0')}${'7\n'.repeat(30_000)}`;
    const { status, body: answer } = await door.post(body, NDJSON);
    expect(status).toBe(422);
    expect(answer.type).toBe('urn:stocktide:problem:too-many-rejected');
    expect(answer.rejected).toBeLessThan(12_000);
    expect(answer).toMatchObject({ accepted: 1, lines: 1 + answer.rejected });
  });

  test('an over-long line is refused, kept in part, and the next one taken', async () => {
    const long = `{"note":"${'x'.repeat(100_000)}"}`;
    const { body } = await door.post(`${long}\n${line('after-long')}`, NDJSON);
    expect(body).toMatchObject({ accepted: 1, rejected: 1 });
    expect(body.results[0]).toMatchObject({ reason: 'too_large', value: `${long.length} bytes` });
    expect((await deadLetters(await connected(nats))).at(-1)).toMatchObject({
      reason: 'too_large',
      size: long.length,
      bytes: long.slice(0, 65_536),
    });
  });

  test('a line without end is given up, and what came before it stands', async () => {
    const { status, body } = await door.post(line('endless-0') + 'x'.repeat(2 * MIB), NDJSON);
    expect(status).toBe(413);
    expect(body).toMatchObject({
      type: 'urn:stocktide:problem:line-too-long',
      accepted: 1,
      lines: 1,
    });
    expect(await loggedIds('endless-')).toEqual(['endless-0']);
  });

  test('a gzip bomb is given up', async () => {
    const bomb = gzipSync(Buffer.alloc(64 * MIB, 0x0a));
    const { status, body } = await door.post(bomb, { ...NDJSON, 'content-encoding': 'gzip' });
    expect(status).toBe(413);
    expect(body.detail).toContain('inflate');
  });

  test('a cut-off gzip stream says how far it came', async () => {
    const whole = gzipSync(lines('torn', 2000));
    const { status, body } = await door.post(whole.subarray(0, -200), {
      ...NDJSON,
      'content-encoding': 'gzip',
    });
    expect(status).toBe(400);
    expect(body.type).toBe('urn:stocktide:problem:bad-gzip');
    expect(body.lines).toBe(body.accepted);
    expect(await loggedIds('torn-')).toHaveLength(body.accepted);
  });

  test('lines are taken as they come, before the stream ends', async () => {
    const { sent, answer } = openRequest({ ...NDJSON, 'content-encoding': 'gzip' });
    const gzip = createGzip();
    gzip.pipe(sent);
    gzip.write(line('live-0'));
    await new Promise<void>((resolve) => gzip.flush(resolve));
    await until(async () => (await loggedIds('live-')).length === 1);
    gzip.end(line('live-1'));
    expect((await answer).body).toMatchObject({ accepted: 2 });
  });

  test('a sender that goes away in the middle leaves whole lines', async () => {
    const { sent, answer } = openRequest(NDJSON);
    const gone = answer.then(
      () => 'answered',
      () => 'gone',
    );
    sent.write(line('gone-0') + line('gone-1').slice(0, 40));
    await until(async () => (await loggedIds('gone-')).length === 1);
    sent.destroy();
    expect(await gone).toBe('gone');
    expect((await door.post(line('gone-2'), NDJSON)).body.accepted).toBe(1);
    expect(await loggedIds('gone-')).toEqual(['gone-0', 'gone-2']);
  });
});

describe('a body that is too large', () => {
  const HUNDRED_MB = 100 * 1000 * 1000;

  const drained = (socket: Socket) => new Promise((resolve) => socket.once('drain', resolve));

  /** Sends without end until the connection is closed; what was answered, and how much could be sent. */
  async function flood(head: string, wrap: (chunk: Buffer) => Buffer) {
    const socket = connectSocket(door.port, '127.0.0.1');
    let received = '';
    socket.on('data', (chunk) => (received += chunk.toString()));
    socket.on('error', () => {});
    await once(socket, 'connect');
    socket.write(`POST /v1/events HTTP/1.1\r\nHost: localhost\r\n${head}\r\n\r\n`);
    const chunk = wrap(Buffer.alloc(64 * 1024, 0x20));
    const closed = new Promise((resolve) => socket.once('close', resolve));
    let isClosed = false;
    void closed.then(() => (isClosed = true));
    while (!isClosed && socket.bytesWritten < HUNDRED_MB) {
      if (!socket.write(chunk)) await Promise.race([drained(socket), closed]);
    }
    await closed;
    return { received, sentBytes: socket.bytesWritten };
  }

  test('is refused by its announced length, without being read', async () => {
    const { received, sentBytes } = await flood(
      `Content-Type: application/json\r\nContent-Length: ${HUNDRED_MB}`,
      (chunk) => chunk,
    );
    expect(received).toMatch(/^HTTP\/1\.1 413 /);
    expect(received).toContain('at most 1048576 bytes');
    expect(sentBytes).toBeLessThan(HUNDRED_MB / 2);
  });

  test('is refused when it turns out to be, without an announced length', async () => {
    const { received, sentBytes } = await flood(
      'Content-Type: application/json\r\nTransfer-Encoding: chunked',
      (chunk) => Buffer.concat([Buffer.from('10000\r\n'), chunk, Buffer.from('\r\n')]),
    );
    expect(received).toMatch(/^HTTP\/1\.1 413 /);
    expect(sentBytes).toBeLessThan(HUNDRED_MB / 2);
  });

  test('of little more than the bound leaves the connection good', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const headers = { 'content-type': 'text/plain' };
    const refused = openRequest(headers, agent);
    refused.sent.end(Buffer.alloc(300_000));
    expect((await refused.answer).status).toBe(415);
    const next = openRequest({ 'content-type': 'application/json' }, agent);
    next.sent.end(line('same-connection'));
    expect((await next.answer).body.accepted).toBe(1);
    expect(next.sent.reusedSocket).toBe(true);
    agent.destroy();
  });
});

test('a door that is stopped ends streams with what is settled, and exits with 0', async () => {
  const own = await startDoor(nats);
  const mine = door;
  door = own;
  const { sent, answer } = openRequest(NDJSON);
  door = mine;
  sent.write(line('stop-0'));
  await until(async () => (await loggedIds('stop-')).length === 1);
  const exitCode = own.stop();
  const { status, body } = await answer;
  expect(status).toBe(503);
  expect(body).toMatchObject({
    type: 'urn:stocktide:problem:door-stopping',
    accepted: 1,
    lines: 1,
  });
  sent.end();
  expect(await exitCode).toBe(0);
});
