/** `npm run verify` on a running system: equal, and with a difference planted on each side. */
import { expect, test } from 'vitest';
import { insertRows } from '../../../platform/clickhouse/insert.ts';
import { STREAMS } from '../../../platform/nats/streams.ts';
import { A } from '../../../processors/stock/accounts.ts';
import { TABLE_COLUMNS } from '../../../processors/runtime/tables.ts';
import { verify, type VerifyResult } from '../../../processors/runtime/verify/verify.ts';
import { startChild } from '../../support/child.ts';
import { useClickHouse } from '../../support/servers.ts';
import { traffic } from '../../support/traffic.ts';
import { adjusted, many } from './events.ts';
import { scene, type Scene } from './scene.ts';

const clickhouse = useClickHouse();
const START_MS = Date.parse('2026-03-02T08:00:00Z');

function someTraffic(batches: number) {
  const all = traffic({ seed: 5, startMs: START_MS, ratePerSec: 20, stepMs: 5_000 });
  return Array.from({ length: batches }, () => all.next().value).flat();
}

const verified = (here: Scene): Promise<VerifyResult> =>
  verify({
    link: here.own.link,
    clickhouse: here.own.clickhouse,
    timeoutMs: 20_000,
    say: () => undefined,
  });

async function commandLine(here: Scene, ...args: string[]) {
  const { pass, url, user } = here.nats;
  const child = startChild({
    file: 'processors/runtime/verify-main.ts',
    args,
    env: {
      NATS_URL: url,
      NATS_USER: user,
      NATS_PASSWORD: pass,
      CLICKHOUSE_URL: clickhouse.url,
      CLICKHOUSE_DATABASE: here.database,
    },
  });
  const code = await child.exited;
  return { code, output: child.output(), last: child.output().trim().split('\n').at(-1) ?? '' };
}

test('all three accounts of a living system are equal, while it goes on', async () => {
  const here = await scene(clickhouse);
  const running = await here.start();
  const events = someTraffic(60);
  await running.flushed(await here.append(events.slice(0, 3_000)));
  const load = here.append(events.slice(3_000));
  const result = await verified(here);
  expect(result).toMatchObject({ differing: 0 });
  expect(result.positions).toBeGreaterThan(100);
  expect(result.first).toBeUndefined();

  await running.flushed(await load);
  const { code, last } = await commandLine(here, '--json');
  expect(code).toBe(0);
  expect(JSON.parse(last)).toEqual({
    positions: running.runtime.slice.stock?.size(),
    differing: 0,
    seq: running.runtime.appliedSeq,
  });
});

test('slices at sequences of their own are compared each at its own', async () => {
  const here = await scene(clickhouse);
  const lower = await here.start({ processors: [{ name: 'stock', lo: 0, hi: 7 }] });
  const upper = await here.start({ processors: [{ name: 'stock', lo: 8, hi: 15 }] });
  const last = await here.append(someTraffic(20));
  await Promise.all([lower.flushed(last), upper.flushed(last)]);
  const result = await verified(here);
  const sizes = [lower, upper].map(({ runtime }) => runtime.slice.stock?.size() ?? 0);
  expect(Math.min(...sizes)).toBeGreaterThan(10);
  expect(result).toMatchObject({ positions: (sizes[0] ?? 0) + (sizes[1] ?? 0), differing: 0 });
});

test('what the log has dropped is replayed from the archive', async () => {
  const here = await scene(clickhouse);
  const running = await here.start();
  await running.flushed(await here.append(someTraffic(20)));
  await here.own.link.jsm.streams.purge(STREAMS.log, { seq: 1_001 });
  expect(await verified(here)).toMatchObject({ differing: 0, seq: running.runtime.appliedSeq });
});

test('rows that ClickHouse has twice are found, and named', async () => {
  const here = await scene(clickhouse);
  const running = await here.start();
  await running.flushed(await here.append([...many('a', 20, 3), adjusted('last', 4)]));
  // As a block that is inserted again without its token.
  const columns = TABLE_COLUMNS.stock_movements;
  const result = await here.own.clickhouse.query({
    query: `SELECT ${columns.join(', ')} FROM stock_movements WHERE sku_id = 'mug'`,
    format: 'JSONCompactEachRow',
  });
  const lines = await result.text();
  await insertRows(here.own.clickhouse, { table: 'stock_movements', columns, lines, token: 'x' });

  const found = await verified(here);
  expect(found).toMatchObject({
    positions: 4,
    differing: 1,
    first: { sku: 'mug', account: 'available', ledger: 4, clickhouse: 8, replay: 4 },
  });
  expect(found.first?.explanation).toContain('ClickHouse is off by +4 units');
  expect(found.first?.explanation).toMatch(/it holds seq 21\/0 \(.*event last\) more than once/);

  const { code, last } = await commandLine(here, '--json');
  expect(code).toBe(1);
  expect(JSON.parse(last)).toMatchObject({ positions: 4, differing: 1, first: { sku: 'mug' } });
});

test('rows that ClickHouse lacks are found, and named', async () => {
  const here = await scene(clickhouse);
  const running = await here.start();
  await running.flushed(await here.append(many('a', 20, 3)));
  await here.own.clickhouse.command({ query: 'DELETE FROM stock_movements WHERE seq = 5' });
  const { differing, first } = await verified(here);
  expect(differing).toBe(1);
  expect(first?.explanation).toMatch(/it lacks seq 5\/0 \(.*event a-4\)/);
});

test('a ledger that is off is found, in text as well', async () => {
  const here = await scene(clickhouse);
  const running = await here.start();
  await running.flushed(await here.append(many('a', 20, 3)));
  const ledger = running.runtime.slice.stock?.books.ledger;
  ledger?.move(ledger.row('sku-1', 'dc-1'), A.available, A.damaged, 2);
  const { code, output } = await commandLine(here);
  expect(code).toBe(1);
  expect(output).toContain('3 positions compared at log sequence 20: 1 differ');
  expect(output).toContain('first: available of sku-1 at dc-1: ledger 5, ClickHouse 7, replay 7');
  expect(output).toContain('the living ledger is off by -2 units');
});

test('what cannot be compared ends with 2 and says why', async () => {
  const here = await scene(clickhouse);
  const silent = await commandLine(here);
  expect(silent.code).toBe(2);
  expect(silent.last).toContain('no stock processor answers');

  await here.start({ processors: [{ name: 'stock', lo: 0, hi: 7 }] });
  const half = await commandLine(here, '--timeout', '1');
  expect(half.code).toBe(2);
  expect(half.last).toContain('no answer for SKU partitions 8, 9, 10, 11, 12, 13, 14, 15');

  const wrong = await commandLine(here, '--jsn');
  expect(wrong.code).toBe(2);
  expect(wrong.last).toContain("Unknown option '--jsn'");
  const help = await commandLine(here, '--help');
  expect(help.code).toBe(0);
  expect(help.output).toContain('npm run verify -- [--json]');
});
