/** `POST /v1/events` of a real door on a real nats-server: each form, each answer, what lies where. */
import { Buffer } from 'node:buffer';
import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, test } from 'vitest';
import { useNats } from '../../support/servers.ts';
import {
  adjusted,
  connected,
  deadLetters,
  event,
  logEntries,
  startDoor,
  type TestDoor,
} from './door-support.ts';

const nats = useNats();
let door: TestDoor;
beforeAll(async () => {
  door = await startDoor(nats, { MAX_BODY_BYTES: String(1024 * 1024), MAX_BATCH_EVENTS: '2000' });
});

const ONE = { 'content-type': 'application/cloudevents+json' };
const BATCH = { 'content-type': 'application/cloudevents-batch+json' };
const GZIP = { 'content-encoding': 'gzip' };

async function logged(id: string) {
  const link = await connected(nats);
  return logEntries(link, (entry) => entry.event.id.startsWith(id));
}

describe('the four forms', () => {
  test('one event, structured', async () => {
    const { status, body } = await door.post(adjusted('form-1'), ONE);
    expect(status).toBe(200);
    const [entry, ...others] = await logged('form-1');
    expect(others).toEqual([]);
    expect(body).toEqual({
      accepted: 1,
      duplicates: 0,
      rejected: 0,
      results: [{ index: 0, id: 'form-1', outcome: 'accepted', seq: entry?.seq }],
    });
    expect(entry?.event).toMatchObject(adjusted('form-1'));
    expect(Math.abs(Date.parse(entry!.event.ingestedtime) - Date.now())).toBeLessThan(60_000);
  });

  test('a batch, in order, gzipped', async () => {
    const ids = ['form-2a', 'form-2b', 'form-2c'];
    const body = gzipSync(JSON.stringify(ids.map((id) => adjusted(id))));
    const answer = await door.post(body, { ...BATCH, ...GZIP });
    expect(answer.status).toBe(200);
    expect(answer.body.results.map(({ index, id }) => [index, id])).toEqual([
      [0, 'form-2a'],
      [1, 'form-2b'],
      [2, 'form-2c'],
    ]);
    expect((await logged('form-2')).map((entry) => entry.event.id)).toEqual(ids);
  });

  test('application/json takes one or a list', async () => {
    expect((await door.post(adjusted('form-3'))).body.accepted).toBe(1);
    expect((await door.post([adjusted('form-4'), adjusted('form-5')])).body.accepted).toBe(2);
    expect((await door.post([])).body).toEqual({
      accepted: 0,
      duplicates: 0,
      rejected: 0,
      results: [],
    });
  });

  test('binary mode: attributes in headers, data in the body', async () => {
    const { id, source, type, time, data } = adjusted('form-6');
    const { status } = await door.post(data, {
      'CE-SpecVersion': '1.0',
      'ce-id': id,
      'ce-source': source,
      'ce-type': type,
      'ce-time': time,
      'ce-subject': 'bin%20Z%C3%BCrich%20%22A%22',
      'content-type': 'application/json; charset=utf-8',
    });
    expect(status).toBe(200);
    const [entry] = await logged('form-6');
    expect(entry?.event).toMatchObject({
      id,
      source,
      data,
      subject: 'bin Zürich "A"',
      datacontenttype: 'application/json',
    });
  });

  test('a document becomes single facts, and is a duplicate only as a whole', async () => {
    const order = event('order.created', 'form-7');
    const first = await door.post(order);
    expect(first.body).toMatchObject({ accepted: 1 });
    const entries = await logged('form-7');
    expect(entries.map((entry) => [entry.event.id, entry.event.type])).toEqual([
      ['form-7', 'stocktide.order.created.v1'],
      ['form-7/line/1', 'stocktide.order.line.created.v1'],
    ]);
    expect(first.body.results[0]).toMatchObject({ seq: entries[1]?.seq });
    expect((await door.post(order)).body).toMatchObject({ accepted: 0, duplicates: 1 });
    expect(await logged('form-7')).toHaveLength(2);
  });
});

describe('answers', () => {
  test('a repeat is a duplicate, alone and within one batch', async () => {
    await door.post(adjusted('dup-1'));
    const { status, body } = await door.post([
      adjusted('dup-1'),
      adjusted('dup-2'),
      adjusted('dup-2'),
    ]);
    expect(status).toBe(200);
    expect(body).toMatchObject({ accepted: 1, duplicates: 2, rejected: 0 });
    expect(body.results.map(({ outcome }) => outcome)).toEqual([
      'duplicate',
      'accepted',
      'duplicate',
    ]);
    expect(await logged('dup-')).toHaveLength(2);
  });

  test('good rows of a batch are accepted, bad ones lie in DEAD with their bytes', async () => {
    const bad = '{"id": "row-2",  "specversion":"1.0"}';
    const text = `[${JSON.stringify(adjusted('row-1'))}, ${bad} ,7,${JSON.stringify(adjusted('row-4'))}]`;
    const { status, body } = await door.post(text, BATCH);
    expect(status).toBe(207);
    expect(body).toMatchObject({ accepted: 2, rejected: 2 });
    expect(body.results[1]).toMatchObject({
      index: 1,
      id: 'row-2',
      outcome: 'rejected',
      reason: 'invalid_envelope',
      field: 'source',
    });
    expect(body.results[2]).toMatchObject({ index: 2, reason: 'not_an_object', value: '7' });
    expect((await logged('row-')).map((entry) => entry.event.id)).toEqual(['row-1', 'row-4']);
    const letters = await deadLetters(await connected(nats));
    expect(letters.find(({ id }) => id === 'row-2')).toMatchObject({
      stream: { subject: 'dead.invalid_envelope' },
      via: 'http',
      encoding: 'utf8',
      bytes: bad,
      detail: body.results[1]?.outcome === 'rejected' ? body.results[1].detail : '',
    });
  });

  test('the same id with other data is a conflict, also within one batch', async () => {
    const answer = await door.post([adjusted('conf-1'), adjusted('conf-1', { qty_delta: 5 })]);
    expect(answer.body.results.map(({ outcome }) => outcome)).toEqual(['accepted', 'rejected']);
    const { status, body } = await door.post(adjusted('conf-1', { qty_delta: 9 }));
    expect(status).toBe(422);
    expect(body).toMatchObject({ type: 'urn:stocktide:problem:id-conflict', field: 'id' });
    expect((await logged('conf-1')).map((entry) => entry.event.data['qty_delta'])).toEqual([-2]);
  });

  test('a document whose line came before with other data is a conflict as a whole', async () => {
    const lines = (qty: number, price: string) => [
      { line_id: '1', sku_id: 'S', qty, unit_price: price },
    ];
    await door.post(event('order.created', 'conf-2', { lines: lines(1, '1.00') }));
    const { body } = await door.post(event('order.created', 'conf-2', { lines: lines(2, '1.00') }));
    expect(body.results[0]).toMatchObject({ outcome: 'rejected', reason: 'id_conflict' });
    expect(await logged('conf-2')).toHaveLength(2);
  });

  test('a large batch lists the rejected ones; results=all lists all', async () => {
    const events = Array.from({ length: 1001 }, (_, i) => adjusted(`list-${i}`));
    const wrong = { ...adjusted('list-wrong'), type: 'stocktide.no.such.v1' };
    const { body } = await door.post([...events, wrong], BATCH);
    expect(body).toMatchObject({ accepted: 1001, rejected: 1 });
    expect(body.results).toEqual([expect.objectContaining({ index: 1001, id: 'list-wrong' })]);
    const all = await door.post([...events, wrong], BATCH, '?results=all');
    expect(all.body.results).toHaveLength(1002);
    const few = await door.post([events[0], wrong], BATCH, '?results=rejected');
    expect(few.body.results).toHaveLength(1);
    expect((await door.post([], BATCH, '?results=some')).body).toMatchObject({
      field: 'results',
      allowed: 'all, rejected',
    });
  });
});

describe('bad input', () => {
  test.each([
    ['not JSON', 'hello', 400, 'not_json', ''],
    ['cut off', '{"specversion":"1.0"', 400, 'not_json', ''],
    ['not an object', '42', 422, 'not_an_object', ''],
    [
      'wrong type',
      JSON.stringify({ ...adjusted('bad-1'), type: 7 }),
      422,
      'invalid_envelope',
      'type',
    ],
    [
      'unknown event type',
      JSON.stringify({ ...adjusted('bad-2'), type: 'stocktide.a.b.v1' }),
      422,
      'unknown_type',
      'type',
    ],
    [
      'missing field',
      JSON.stringify(adjusted('bad-3', { sku_id: undefined })),
      422,
      'invalid_data',
      'data.sku_id',
    ],
    ['extra field', JSON.stringify(adjusted('bad-4', { x: 1 })), 422, 'invalid_data', 'data.x'],
    [
      'time in the future',
      JSON.stringify({
        ...adjusted('bad-5'),
        time: new Date(Date.now() + 3_600_000).toISOString(),
      }),
      422,
      'future_time',
      'time',
    ],
    [
      'quantity not an integer',
      JSON.stringify(adjusted('bad-6', { qty_delta: 1.5 })),
      422,
      'invalid_data',
      'data.qty_delta',
    ],
    ['over-long id', JSON.stringify(adjusted('x'.repeat(200))), 422, 'invalid_envelope', 'id'],
    [
      'token-unsafe id',
      JSON.stringify(adjusted('bad-7', { sku_id: 'a.>' })),
      422,
      'invalid_data',
      'data.sku_id',
    ],
    [
      'too large an event',
      JSON.stringify({ ...adjusted('bad-8'), subject: 'x'.repeat(70_000) }),
      422,
      'too_large',
      '',
    ],
    [
      "a type of Stocktide's own",
      JSON.stringify(event('clock.ticked', 'bad-9')),
      422,
      'internal_type',
      'type',
    ],
    [
      'nesting without end',
      `{"specversion":${'['.repeat(30_000)}${']'.repeat(30_000)}}`,
      422,
      'invalid_envelope',
      'specversion',
    ],
  ])('%s: said clearly, and kept', async (_what, text, status, reason, field) => {
    const answer = await door.post(text);
    expect(answer.status).toBe(status);
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
    expect(answer.body).toMatchObject({ rejected: 1, results: [{ reason, field }] });
    expect(answer.body.detail.length).toBeGreaterThan(10);
    const kept = (await deadLetters(await connected(nats))).at(-1);
    expect(kept).toMatchObject({ reason, detail: answer.body.detail });
    const isCut = text.length > 65_536;
    expect(kept?.bytes).toBe(isCut ? text.slice(0, 65_536) : text);
    expect(kept?.size).toBe(isCut ? text.length : undefined);
  });

  test('bytes that are no text are kept in base64', async () => {
    const bytes = Buffer.from([0x7b, 0xff, 0x00, 0x7d]);
    expect((await door.post(bytes)).status).toBe(400);
    expect((await deadLetters(await connected(nats))).at(-1)).toMatchObject({
      reason: 'not_json',
      encoding: 'base64',
      bytes: bytes.toString('base64'),
    });
  });

  test('the same bad event sent again is one letter', async () => {
    const bad = adjusted('once', { qty_delta: 'many' });
    for (let i = 0; i < 3; i++) expect((await door.post(bad)).status).toBe(422);
    const letters = await deadLetters(await connected(nats));
    expect(letters.filter(({ id }) => id === 'once')).toHaveLength(1);
  });

  test('a content type or encoding that is not read is answered with those that are', async () => {
    const plain = await door.post('x', { 'content-type': 'text/plain' });
    expect(plain.status).toBe(415);
    expect(plain.body.allowed).toContain('application/x-ndjson');
    const brotli = await door.post('x', { 'content-encoding': 'br' });
    expect(brotli.status).toBe(415);
    expect(brotli.body).toMatchObject({ field: 'content-encoding', allowed: 'gzip, identity' });
  });

  test('what is not gzip, though it says so', async () => {
    const { status, body } = await door.post('{}', GZIP);
    expect(status).toBe(400);
    expect(body.type).toBe('urn:stocktide:problem:bad-gzip');
    const cut = gzipSync(JSON.stringify(adjusted('cut'))).subarray(0, -10);
    expect((await door.post(cut, GZIP)).status).toBe(400);
  });

  test('a batch of too many events', async () => {
    const { status, body } = await door.post(new Array(2001).fill(1), BATCH);
    expect(status).toBe(413);
    expect(body).toMatchObject({ value: '2001 events', allowed: 'at most 2000 events' });
  });

  test('a body above the bound, with and without an announced length', async () => {
    const large = 'x'.repeat(1024 * 1024 + 1);
    const announced = await door.post(large);
    expect(announced.status).toBe(413);
    expect(announced.body.allowed).toBe('at most 1048576 bytes, decompressed');
    const chunks = new Blob([large]).stream();
    const init = { duplex: 'half', body: chunks, method: 'POST' } as RequestInit;
    const unannounced = await fetch(`${door.url}/v1/events`, {
      ...init,
      headers: { 'content-type': 'application/json' },
    });
    expect(unannounced.status).toBe(413);
  });

  test('a gzip bomb', async () => {
    const bomb = gzipSync(Buffer.alloc(50 * 1024 * 1024, 0x20));
    expect(bomb.length).toBeLessThan(64 * 1024);
    const { status, body } = await door.post(bomb, GZIP);
    expect(status).toBe(413);
    expect(body.detail).toContain('inflate');
  });
});

describe('the catalogue', () => {
  test('lists every type that a producer can send', async () => {
    const { types } = await door.get<{ types: Record<string, string>[] }>('/v1/events/types');
    expect(types.find(({ type }) => type === 'stocktide.order.created.v1')).toEqual({
      type: 'stocktide.order.created.v1',
      kind: 'document',
      description: 'An order was accepted by a channel',
      partition_key: 'order_id',
      schema_url: '/v1/events/types/stocktide.order.created.v1',
    });
    expect(types.map(({ type }) => type)).not.toContain('stocktide.clock.ticked.v1');
  });

  test('gives each type a schema, and an example that the door takes', async () => {
    const { types } = await door.get<{ types: { schema_url: string }[] }>('/v1/events/types');
    const examples = [];
    for (const { schema_url } of types) {
      const found = await door.get<{ schema: { required: string[] }; example: object }>(schema_url);
      expect(found.schema.required).toContain('data');
      examples.push(found.example);
    }
    const { body } = await door.post(examples);
    expect(body).toMatchObject({ accepted: types.length, rejected: 0 });
  });

  test('knows short names, and says when it knows none', async () => {
    expect(await door.get('/v1/events/types/order.created')).toMatchObject({
      type: 'stocktide.order.created.v1',
      line_type: 'stocktide.order.line.created.v1',
    });
    expect((await fetch(`${door.url}/v1/events/types/order.eaten`)).status).toBe(404);
  });
});

test('metrics count what happened', async () => {
  const text = await (await fetch(`${door.url}/metrics`)).text();
  expect(text).toMatch(/stocktide_door_accepted_total\{via="http",process="door"\} [1-9]/);
  expect(text).toMatch(/stocktide_door_rejected_total\{reason="future_time",process="door"\} 1\b/);
  expect(text).toMatch(/stocktide_door_held_bytes\{process="door"\} 0\b/);
});
