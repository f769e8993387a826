/**
 * KPIs over HTTP, in front of a real processor and a real ClickHouse: values, definitions, trust, clock,
 * and what is said to a question that cannot be asked.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { KpiCatalogueView, KpiDetail } from '../../../contracts/kpi.ts';
import { parseRoute } from '../../../dashboard/src/lib/route.ts';
import { kpiQuery, queryOf, sqlHref } from '../../../dashboard/src/lib/sql.ts';
import { readKpis } from '../../../platform/clickhouse/kpis.ts';
import { reportStatus } from '../../../processors/runtime/status.ts';
import { append, event } from '../../support/log.ts';
import {
  connect,
  startRuntime,
  type Plumbing,
  type RunningRuntime,
} from '../../support/runtime.ts';
import { useClickHouse, useNats } from '../../support/servers.ts';
import { until } from '../../support/until.ts';
import { LiveClient, startProcess, type RunningProcess } from './support.ts';

const nats = useNats();
const clickhouse = useClickHouse();

let plumbing: Plumbing;
let runtime: RunningRuntime;
let api: RunningProcess;
let stopReporting = () => {};

const NOW = '2025-03-01T10:00:00.000Z';
/** Happened `minutes` before NOW. */
const late = (id: string, minutes: number, source: string) =>
  event(
    'inventory.adjusted',
    {
      ...{ adjustment_id: id, sku_id: 'MUG', node_id: 'dc-01', state: 'available' },
      ...{ qty_delta: 1, reason_code: 'correction', raw_code: '06', actor: 'u1' },
    },
    { id, source, time: new Date(Date.parse(NOW) - minutes * 60_000).toISOString() },
  );

const get = (path: string) => fetch(`${api.url}${path}`);
async function getJson<T>(path: string): Promise<T> {
  const response = await get(path);
  expect(response.status, `${path}: ${await response.clone().text()}`).toBe(200);
  return (await response.json()) as T;
}

beforeAll(async () => {
  const { url, user, pass } = nats;
  plumbing = await connect({ url, user, pass }, clickhouse);
  runtime = await startRuntime(plumbing, { limits: { flushMs: 50 } });
  stopReporting = reportStatus(plumbing.link, runtime.runtime);
  api = await startProcess('api/main.ts', {
    portVariable: 'API_PORT',
    env: {
      NATS_URL: nats.url,
      NATS_USER: nats.user,
      NATS_PASSWORD: nats.pass,
      CLICKHOUSE_URL: clickhouse.url,
    },
  });
  await runtime.flushed(
    await append(plumbing.publisher, [
      late('a', 0, 'urn:wms'),
      late('b', 0, 'urn:wms'),
      late('c', 30, 'urn:3pl'),
      late('d', 60, 'urn:3pl'),
    ]),
  );
  await until(async () => (await getJson<KpiCatalogueView>('/v1/kpi')).now === NOW);
});

afterAll(async () => {
  stopReporting();
  await api?.stop();
  await runtime?.stop();
  await plumbing?.close();
});

test('lists every KPI of sql/kpi, on the clock of the processors', async () => {
  const answer = await getJson<KpiCatalogueView>('/v1/kpi');
  expect(answer.kpis.map((kpi) => kpi.id)).toEqual(readKpis('sql/kpi').map((kpi) => kpi.id));
  expect(answer).toMatchObject({
    ...{ now: NOW, clock: 'processors', left_out: [] },
    window: { name: '1d', from: '2025-02-28T10:00:00.001Z', to: '2025-03-01T10:00:00.001Z' },
  });
  // The log of a test takes an event when it happens.
  expect(answer.kpis.find((kpi) => kpi.id === 'K34a')).toMatchObject({
    ...{ value: 0, status: 'met', revised: false, age_s: 0, last_event_at: NOW },
    spread: { count: 4, mean: 0 },
  });
});

test('shows one with its cuts, definition, lineage and freshness', async () => {
  const detail = await getJson<KpiDetail>('/v1/kpi/K34a?by=dim&step=6h');
  expect(detail).toMatchObject({
    ...{ id: 'K34a', kind: 'duration', unit: 'h', dim: 'source', by: 'dim', clock: 'processors' },
    groups: [
      { key: 'urn:3pl', value: 0, spread: { count: 2 } },
      { key: 'urn:wms', value: 0, spread: { count: 2 } },
    ],
    window: { step_s: 21_600 },
    series: [{ to: '2025-03-01T10:00:00.001Z', spread: { count: 4 } }],
    view: 'kpi_k34a',
    lineage: { tables: ['events'] },
  });
  expect(detail.sql).toMatch(/^SELECT/);
});

test('narrows by a dimension', async () => {
  const detail = await getJson<KpiDetail>('/v1/kpi/K34a?dim=urn:wms');
  expect(detail.spread).toMatchObject({ count: 2, mean: 0 });
});

describe('a question that cannot be asked is told what could', () => {
  test.each([
    ['/v1/kpi?windw=1d', 400, { field: '/windw' }],
    [
      '/v1/kpi?window=1y',
      400,
      { field: '/window', value: '1y', allowed: 'one of 1h, 1d, 7d, 28d' },
    ],
    ['/v1/kpi?from=yesterday', 400, { field: '/from', value: 'yesterday' }],
    ['/v1/kpi?from=2025-03-02T00:00:00Z&to=2025-03-01T00:00:00Z', 400, { field: 'from' }],
    ['/v1/kpi/K34a?step=1m&window=7d', 400, { field: 'step', value: '1m' }],
    [
      '/v1/kpi/K34a?by=sku_id',
      400,
      { field: 'by', value: 'sku_id', allowed: 'dimensions of K34a: node_id, channel_id, dim' },
    ],
    ['/v1/kpi/K34a?sku_id=MUG', 400, { field: 'sku_id' }],
    ['/v1/kpi/K99', 404, { field: 'id', value: 'K99' }],
  ])('%s', async (path, status, problem) => {
    const response = await get(path);
    expect(response.headers.get('content-type')).toContain('application/problem+json');
    expect(await response.json()).toMatchObject({ status, ...problem });
  });
});

test('is sent live, every second', async () => {
  const client = await LiveClient.open(api.url);
  client.say({ op: 'subscribe', topic: 'kpi' });
  const snapshot = await client.find((message) => message.op === 'snapshot');
  expect(snapshot).toMatchObject({
    topic: 'kpi',
    data: { now: NOW, freshness: { K34a: NOW }, K34a: { value: 0, spread: { count: 4 } } },
  });
  const deltas = () => client.got.filter((message) => message.op === 'delta');
  await until(() => deltas().length >= 2);
  expect(deltas()).toMatchObject([{ n: 1, data: { at: expect.any(String) as string } }, { n: 2 }]);
  await client.close();
});

test('is described in OpenAPI', async () => {
  const { paths } = await getJson<{ paths: Record<string, unknown> }>('/v1/openapi.json');
  expect(Object.keys(paths)).toEqual(expect.arrayContaining(['/v1/kpi', '/v1/kpi/{id}']));
});

describe('opened in SQL', () => {
  beforeAll(async () => {
    const minutes = [30, 20 * 60, 20 * 24 * 60];
    await runtime.flushed(await append(plumbing.publisher, minutes.map(orderedBefore)));
    const orders = async () =>
      (await getJson<KpiCatalogueView>('/v1/kpi')).kpis.find(({ id }) => id === 'K08')?.den;
    await until(async () => (await orders()) === 2);
  });

  test.each(['1h', '1d', '28d'])(
    'each KPI is a query that runs, and adds up to what the board shows over %s',
    async (name) => {
      const { kpis, window } = await getJson<KpiCatalogueView>(`/v1/kpi?window=${name}`);
      const defined = new Map(readKpis('sql/kpi').map((kpi) => [kpi.id, kpi.sql]));
      const measured: string[] = [];
      for (const kpi of kpis) {
        const response = await run(kpiQuery({ ...kpi, sql: defined.get(kpi.id) ?? '', window }));
        expect(response.status, `${kpi.id}: ${await response.clone().text()}`).toBe(200);
        if (kpi.kind !== 'ratio') continue;
        const lines = (await response.text()).split('\n').filter((line) => line !== '');
        const figures = lines.map((line) => JSON.parse(line) as Record<string, number>);
        const sum = (of: string) => figures.reduce((all, row) => all + Number(row[of]), 0);
        const shown = [kpi.id, kpi.num ?? 0, kpi.den ?? 0];
        expect([kpi.id, sum('numerator'), sum('denominator')]).toEqual(shown);
        if (sum('denominator') > 0) measured.push(kpi.id);
      }
      expect(measured).toContain('K08');
    },
  );
});

/** Ordered so many minutes before NOW, and told of at once. */
function orderedBefore(minutes: number) {
  const order_id = `O-${minutes}`;
  const at = (later: number) =>
    new Date(Date.parse(NOW) - (minutes - later) * 60_000).toISOString();
  return event(
    'order.created',
    {
      ...{ order_id, channel_id: 'web', sla_class: 'standard', node_id: 'dc-01', region: 'DE' },
      ...{ ordered_at: at(0), ship_by: at(1440), deliver_by: at(4320), currency: 'EUR' },
      lines: [{ line_id: '1', sku_id: 'CUP', qty: 2, unit_price: '12.50' }],
    },
    { id: order_id, source: 'urn:shop', time: at(0) },
  );
}

/** Runs what a link of the dashboard brings into its SQL view. */
async function run(sql: string): Promise<Response> {
  const { params, query } = queryOf(parseRoute(sqlHref(sql)).query);
  return fetch(`${api.url}/v1/sql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query, params, format: 'JSONEachRow' }),
  });
}
