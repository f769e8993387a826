/** One runtime to a slice: who comes second stops, and who was frozen and woke up finds out. */
import { expect, onTestFinished, test } from 'vitest';
import { FencedError } from '../../../platform/nats/checkpoints.ts';
import { pickPort } from '../../../platform/local/ports.ts';
import { SliceTakenError } from '../../../processors/runtime/checkpoint.ts';
import { startChild } from '../../support/child.ts';
import { beginRuntime } from '../../support/runtime.ts';
import { useClickHouse } from '../../support/servers.ts';
import { until } from '../../support/until.ts';
import { many } from './events.ts';
import { scene } from './scene.ts';

const clickhouse = useClickHouse();

const eventsIn = async (here: Awaited<ReturnType<typeof scene>>) =>
  (
    await here.rows<{ n: number; units: number }>(
      `SELECT (SELECT count() FROM events) AS n,
            (SELECT sum(qty) FROM stock_positions WHERE account = 'available') AS units`,
    )
  )[0];

test('a second runtime on the same slice stops by itself, and the first goes on', async () => {
  const here = await scene(clickhouse);
  const first = await here.start();
  await here.append(many('a', 50));
  const second = beginRuntime(await here.connect());
  await expect(second.done).rejects.toThrow(SliceTakenError);
  await expect(second.done).rejects.toThrow(/slice all is owned by a running process/);

  await first.flushed(await here.append(many('b', 50)));
  expect(await eventsIn(here)).toEqual({ n: 100, units: 100 });
});

test('of two that start in the same instant one is left', async () => {
  const here = await scene(clickhouse);
  const last = await here.append(many('a', 50));
  const both = [beginRuntime(await here.connect()), beginRuntime(await here.connect())];
  onTestFinished(async () => {
    for (const one of both) await one.stop().catch(() => undefined);
  });
  const ended: unknown[] = [];
  for (const { done } of both) done.catch((error: unknown) => ended.push(error));
  // The loser meets an owner that answers, or loses the claim, or is fenced by its first flush.
  await until(() => ended.length > 0);
  expect(ended).toHaveLength(1);
  expect(ended[0] instanceof SliceTakenError || ended[0] instanceof FencedError).toBe(true);
  await until(() => both.some(({ runtime }) => runtime.phase === 'live'));
  await until(() => both.some(({ runtime }) => runtime.flushed === last));
  expect(await eventsIn(here)).toEqual({ n: 50, units: 50 });
});

test('a frozen owner is replaced; thawed, its next checkpoint write ends it, and nothing is doubled', async () => {
  const here = await scene(clickhouse);
  const { url: natsUrl, user, pass } = here.nats;
  const zombie = startChild({
    file: 'processors/main.ts',
    env: {
      NATS_URL: natsUrl,
      NATS_USER: user,
      NATS_PASSWORD: pass,
      CLICKHOUSE_URL: clickhouse.url,
      CLICKHOUSE_DATABASE: here.database,
      PROCESSORS_PORT: String(await pickPort()),
      LOG_LEVEL: 'warn',
    },
  });
  onTestFinished(async () => {
    await zombie.end('SIGKILL');
  });
  await here.append(many('a', 200));
  await until(async () => (await eventsIn(here))?.n === 200, 60_000);

  zombie.signal('SIGSTOP');
  await here.append(many('b', 100));
  const heir = await here.start();
  await heir.flushed(300);
  zombie.signal('SIGCONT');
  // It reads what it has missed, wants to flush it, and finds out.
  await here.append(many('c', 100));
  expect(await zombie.exited).toBe(1);
  expect(zombie.output()).toContain('another process wrote revision');

  await heir.flushed(await here.append(many('d', 100)));
  expect(await eventsIn(here)).toEqual({ n: 500, units: 500 });
});
