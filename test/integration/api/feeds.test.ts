/** Feeds over HTTP and live, in front of a real door, processor and ClickHouse; refused events put right. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type {
  CheckAnswer,
  FeedsLive,
  FeedsView,
  RejectedLetter,
  RejectedList,
  Settled,
  SettledList,
} from '../../../contracts/feeds.ts';
import type { Problem } from '../../../platform/http/problem.ts';
import { adjusted } from '../ingest/door-support.ts';
import { useClickHouse, useNats } from '../../support/servers.ts';
import { until } from '../../support/until.ts';
import { LiveClient, startAll, type Running } from './support.ts';

const nats = useNats();
const clickhouse = useClickHouse();

let running: Running;

const get = async <T>(path: string): Promise<T> => {
  const response = await fetch(`${running.api.url}${path}`);
  expect(response.status, path).toBe(200);
  return (await response.json()) as T;
};
const post = async <T>(path: string, body: object) => {
  const response = await fetch(`${running.api.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return { status: response.status, body: (await response.json()) as T };
};
const bad = (id: string) => adjusted(id, { qty_delta: 'many' });
const seqOf = async (id: string) => {
  const { rejected } = await get<RejectedList>('/v1/feeds/rejected');
  const found = rejected.find((one) => one.id === id);
  if (found === undefined) throw new Error(`${id} was not refused`);
  return found.seq;
};

beforeAll(async () => {
  running = await startAll({ nats, clickhouse });
});

afterAll(() => running?.stop());

test('a source that speaks is listed, and told live to who follows', async () => {
  const client = await LiveClient.open(running.api.url);
  client.say({ op: 'subscribe', topic: 'feeds' });
  const { source } = adjusted('first');
  await running.door.post(adjusted('first'));
  await until(async () => (await get<FeedsView>('/v1/feeds')).feeds.length === 1);
  expect((await get<FeedsView>('/v1/feeds')).feeds[0]).toMatchObject({
    ...{ source, events: 1, rejected: 0, gaps: 0, entities: ['inventory'] },
  });
  const told = await client.find(
    (message) =>
      (message.op === 'snapshot' || message.op === 'delta') &&
      `source ${source}` in (message.data as unknown as FeedsLive),
  );
  expect(told).toMatchObject({ topic: 'feeds', data: { sources: [source] } });
  await client.close();
});

test('refused events are listed in pages, by reason', async () => {
  for (let n = 1; n <= 3; n++) await running.door.post(bad(`page-${n}`));
  await running.door.post('hello');
  const first = await get<RejectedList>('/v1/feeds/rejected?reason=invalid_data&limit=2');
  expect(first.rejected.map(({ id }) => id)).toEqual(['page-3', 'page-2']);
  expect(first.rejected[0]).toMatchObject({
    field: 'data.qty_delta',
    value: '"many"',
    via: 'http',
  });
  expect(first.counts).toEqual({ invalid_data: 3, not_json: 1 });
  const cursor = encodeURIComponent(first.next_cursor ?? '');
  const rest = await get<RejectedList>(
    `/v1/feeds/rejected?reason=invalid_data&limit=2&cursor=${cursor}`,
  );
  expect(rest.rejected.map(({ id }) => id)).toEqual(['page-1']);
  const other = await fetch(
    `${running.api.url}/v1/feeds/rejected?reason=not_json&cursor=${cursor}`,
  );
  expect(other.status).toBe(400);
});

test('one is read, checked, put right and sent; twice counts once', async () => {
  await running.door.post(bad('mend'));
  const seq = await seqOf('mend');
  const letter = await get<RejectedLetter>(`/v1/feeds/rejected/${seq}`);
  const event = JSON.parse(letter.bytes) as { data: { qty_delta: unknown } };
  expect((await post<CheckAnswer>('/v1/feeds/check', { event })).body).toMatchObject({
    ok: false,
    faults: [{ index: 0, reason: 'invalid_data', field: 'data.qty_delta' }],
  });
  const still = await post<Problem>(`/v1/feeds/rejected/${seq}/replay`, {});
  expect(still).toMatchObject({ status: 422, body: { field: 'data.qty_delta' } });

  event.data.qty_delta = 4;
  expect((await post<CheckAnswer>('/v1/feeds/check', { event })).body).toEqual({
    ok: true,
    faults: [],
  });
  const request = { event, reason: 'a word for a number' };
  const sent = await post<Settled>(`/v1/feeds/rejected/${seq}/replay`, request);
  expect(sent).toMatchObject({ status: 200, body: { seq, settlement: 'mended' } });
  expect(await post(`/v1/feeds/rejected/${seq}/replay`, request)).toMatchObject({ status: 404 });

  const stored = () =>
    clickhouse.rows<{ n: string }>("SELECT count() AS n FROM stocktide.events WHERE id = 'mend'");
  await until(async () => Number((await stored())[0]?.n) > 0);
  expect(Number((await stored())[0]?.n)).toBe(1);
  await until(async () => (await get<SettledList>('/v1/feeds/settled')).settled.length > 0);
  expect((await get<SettledList>('/v1/feeds/settled')).settled).toMatchObject([
    { letter: seq, settlement: 'mended', actor: 'local', reason: request.reason, id: 'mend' },
  ]);
});

test('one is given up with a reason, which is wanted', async () => {
  await running.door.post(bad('drop'));
  const path = `/v1/feeds/rejected/${await seqOf('drop')}/discard`;
  expect(await post(path, {})).toMatchObject({ status: 400 });
  const answer = await post<Settled>(path, { reason: 'a test of theirs' });
  expect(answer).toMatchObject({ status: 200, body: { settlement: 'discarded' } });
  const { rejected } = await get<RejectedList>('/v1/feeds/rejected');
  expect(rejected.map(({ id }) => id)).not.toContain('drop');
});
