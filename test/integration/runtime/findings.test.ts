/** Findings come into the LOG exactly once, over restarts of the runtime and the door. */
import { expect, test } from 'vitest';
import { STREAMS } from '../../../platform/nats/streams.ts';
import { useClickHouse } from '../../support/servers.ts';
import { until } from '../../support/until.ts';
import { startTestDoor } from './door.ts';
import { adjusted, many, tick } from './events.ts';
import { scene, type Scene } from './scene.ts';

const clickhouse = useClickHouse();
/** Longer than stock may be below zero without a finding. */
const PAST_GRACE_S = 700;

/** Ids of the findings in the LOG, one for each message. */
async function inLog({ own }: Scene): Promise<string[]> {
  const { state } = await own.link.jsm.streams.info(STREAMS.log);
  const ids: string[] = [];
  for (let seq = state.first_seq; seq <= state.last_seq; seq++) {
    const message = await own.link.jsm.streams.getMessage(STREAMS.log, { seq });
    const { id, type } = message.json<{ id: string; type: string }>();
    if (type === 'stocktide.finding.raised.v1') ids.push(shortened(id));
  }
  return ids;
}

const inTable = async ({ rows }: Scene) =>
  (await rows<{ id: string }>('SELECT finding_id AS id FROM findings ORDER BY id')).map(({ id }) =>
    shortened(id),
  );

/** Findings that were ever sent to the door. */
const sent = async ({ own }: Scene) =>
  (await own.link.jsm.streams.info(STREAMS.inbox)).state.last_seq;

const belowZero = (sku: string) => adjusted(`below-${sku}`, -5, { sku });
const findingOf = (sku: string) => `NEG_INVENTORY/${sku}`;
/** Code and SKU of a finding's id; what else it is made of is the stock processor's business. */
const shortened = (id: string) => id.split('/').slice(0, 2).join('/');

test('a finding is raised, appended by the door, archived, and not raised again by restarts', async () => {
  const here = await scene(clickhouse);
  await startTestDoor(here);
  const first = await here.start();
  await here.append([belowZero('mug'), belowZero('vase'), tick(PAST_GRACE_S)]);
  await until(async () => (await inTable(here)).length === 2);
  expect(await inTable(here)).toEqual([findingOf('mug'), findingOf('vase')]);
  await until(() => first.runtime.unconfirmedFindings === 0);

  await first.stop();
  const second = await here.start();
  await second.crash();
  // Without a snapshot everything is applied again, and raises the same.
  await here.own.link.jsm.streams.purge(STREAMS.snapshots);
  const third = await here.start();
  await third.flushed(await here.append(many('a', 10)));
  await until(() => third.runtime.unconfirmedFindings === 0);
  expect(await sent(here)).toBe(2);
  expect((await inLog(here)).sort()).toEqual([findingOf('mug'), findingOf('vase')]);
});

test('a finding on its way while the runtime and the door are gone comes into the log once', async () => {
  const here = await scene(clickhouse);
  const first = await here.start({ limits: { snapshotEvents: 1 } });
  await first.flushed(await here.append([belowZero('mug'), tick(PAST_GRACE_S)]));
  await until(async () => (await sent(here)) === 1);
  // It waits in the inbox, and in the snapshot.
  await first.stop();

  const second = await here.start();
  expect(second.runtime.unconfirmedFindings).toBe(1);
  await startTestDoor(here);
  await until(async () => (await inTable(here)).length === 1);
  await until(() => second.runtime.unconfirmedFindings === 0);
  await second.flushed(await here.append(many('a', 10)));
  expect(await inLog(here)).toEqual([findingOf('mug')]);
  expect(await inTable(here)).toEqual([findingOf('mug')]);
});

test('a finding that was lost with the inbox is sent again after a restart', async () => {
  const here = await scene(clickhouse);
  const first = await here.start();
  await first.flushed(await here.append([belowZero('mug'), tick(PAST_GRACE_S)]));
  await until(async () => (await sent(here)) === 1);
  await first.crash();
  await here.own.link.jsm.streams.delete(STREAMS.inbox);

  // Its connections make the stream anew.
  const second = await here.start();
  await startTestDoor(here);
  await until(async () => (await inTable(here)).length === 1);
  await until(() => second.runtime.unconfirmedFindings === 0);
  expect(await inLog(here)).toEqual([findingOf('mug')]);
});

test('a rehearsal tells its findings and sends none', async () => {
  const here = await scene(clickhouse);
  await here.append([belowZero('mug'), belowZero('vase'), tick(PAST_GRACE_S)]);
  const told: string[] = [];
  const rehearsal = await here.start({
    rehearse: ({ id }) => told.push(shortened(id)),
    name: 'rehearsal',
  });
  await rehearsal.flushed(3);
  expect(told.sort()).toEqual([findingOf('mug'), findingOf('vase')]);
  expect(rehearsal.runtime.unconfirmedFindings).toBe(0);
  expect(await sent(here)).toBe(0);
});
