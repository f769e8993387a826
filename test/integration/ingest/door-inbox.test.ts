/** Events over NATS: the inbox of a real door, or of several. */
import { headers as createHeaders } from 'nats';
import { beforeAll, describe, expect, test } from 'vitest';
import { STREAMS } from '../../../platform/nats/streams.ts';
import { useNats } from '../../support/servers.ts';
import { until } from '../../support/until.ts';
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
  door = await startDoor(nats);
});

type Link = Awaited<ReturnType<typeof connected>>;

async function send(
  link: Link,
  subject: string,
  payload: unknown,
  given: Record<string, string> = {},
): Promise<void> {
  const headers = createHeaders();
  for (const [name, value] of Object.entries(given)) headers.set(name, value);
  const text = typeof payload === 'string' ? payload : JSON.stringify(payload);
  await link.js.publish(subject, text, { headers });
}

/** Waits until the door has settled everything. */
async function settled({ jsm }: Link): Promise<void> {
  await until(async () => (await jsm.streams.info(STREAMS.inbox)).state.messages === 0);
}

const idsOf = async (link: Link, prefix: string) =>
  (await logEntries(link, ({ event: { id } }) => id.startsWith(prefix))).map(
    ({ event: { id } }) => id,
  );

describe('a producer that speaks NATS', () => {
  test('is taken in each form', async () => {
    const link = await connected(nats);
    const { id, source, type, time, data } = adjusted('form-binary');
    await send(link, 'in.wms.dc-01', adjusted('form-plain'));
    await send(link, 'in.wms.dc-01', adjusted('form-structured'), {
      'Content-Type': 'application/cloudevents+json',
    });
    await send(link, 'in.wms.dc-01', data, {
      'ce-specversion': '1.0',
      'ce-id': id,
      'CE-Source': source,
      'ce-type': type,
      'ce-time': time,
      'ce-datacontenttype': 'application/json',
    });
    await settled(link);
    expect(await idsOf(link, 'form-')).toEqual(['form-plain', 'form-structured', 'form-binary']);
  });

  test('keeps its order, and a repeat counts once', async () => {
    const link = await connected(nats);
    const ids = Array.from({ length: 300 }, (_, i) => `order-${String(i).padStart(3, '0')}`);
    for (const id of [...ids, ...ids]) {
      link.nc.publish('in.shop', JSON.stringify(adjusted(id)));
    }
    await link.nc.flush();
    await settled(link);
    expect(await idsOf(link, 'order-')).toEqual(ids);
  });

  test('finds in DEAD what it sent wrong', async () => {
    const link = await connected(nats);
    await send(link, 'in.wms', 'hello');
    await send(link, 'in.wms', { id: 'no-cloudevent' });
    await send(link, 'in.wms', adjusted('dead-1', { qty_delta: 'x' }));
    await send(link, 'in.wms', adjusted('x', {}), { 'ce-specversion': '1.0', 'ce-id': '%' });
    await settled(link);
    const letters = await deadLetters(link);
    // Letters of what is under way together have no order.
    const byReason = letters.toSorted((a, b) => a.reason.localeCompare(b.reason));
    expect(byReason.map(({ reason, via, bytes }) => [reason, via, bytes])).toEqual([
      ['invalid_data', 'nats', JSON.stringify(adjusted('dead-1', { qty_delta: 'x' }))],
      ['invalid_envelope', 'nats', expect.stringContaining('"id":"%"') as string],
      ['not_json', 'nats', 'hello'],
      ['undecodable', 'nats', '{"id":"no-cloudevent"}'],
    ]);
  });
});

describe('findings', () => {
  test('are taken from where processors send them, and from nowhere else', async () => {
    const link = await connected(nats);
    await send(link, 'in.finding.stock', event('finding.raised', 'finding-1'));
    await send(link, 'in.wms', event('finding.raised', 'finding-2'));
    await send(link, 'in.findings', event('finding.raised', 'finding-3'));
    await send(link, 'in.finding.stock', event('clock.ticked', 'finding-4'));
    await settled(link);
    expect(await idsOf(link, 'finding-')).toEqual(['finding-1']);
    const letters = await deadLetters(link);
    expect(letters.filter(({ reason }) => reason === 'internal_type')).toHaveLength(3);
  });

  test('are in the LOG within a few milliseconds', async () => {
    const link = await connected(nats);
    const arrived = link.nc.subscribe('ops.v1.finding.raised.>')[Symbol.asyncIterator]();
    const tookMs: number[] = [];
    for (let i = 0; i < 50; i++) {
      const sentAt = performance.now();
      link.nc.publish(`in.finding.stock`, JSON.stringify(event('finding.raised', `fast-${i}`)));
      await arrived.next();
      tookMs.push(performance.now() - sentAt);
    }
    // No benchmark: a poll or a timer anywhere on the way would cost tens of milliseconds each time.
    expect(Math.min(...tookMs)).toBeLessThan(10);
  });
});

test('several doors share the inbox', async () => {
  const second = await startDoor(nats);
  const link = await connected(nats);
  const ids = Array.from({ length: 500 }, (_, i) => `shared-${i}`);
  for (const id of ids) link.nc.publish('in.shop', JSON.stringify(adjusted(id)));
  await settled(link);
  expect((await idsOf(link, 'shared-')).sort()).toEqual(ids.sort());
  const accepted = async ({ url }: TestDoor) => {
    const text = await (await fetch(`${url}/metrics`)).text();
    return Number(/door_accepted_total\{via="nats",process="door"\} (\d+)/.exec(text)?.[1] ?? 0);
  };
  expect(await accepted(second)).toBeGreaterThan(0);
  expect(await second.stop()).toBe(0);
  await send(link, 'in.shop', adjusted('shared-last'));
  await settled(link);
  expect(await idsOf(link, 'shared-last')).toHaveLength(1);
  expect(door.output()).not.toContain('unexpected');
});
