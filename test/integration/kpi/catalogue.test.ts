/**
 * The catalogue over rows that the test puts into ClickHouse: values, the period before, restatement,
 * cuts, and definitions that fail. The definitions are the test's own; those of sql/kpi have tests by group.
 */
import { beforeAll, expect, test } from 'vitest';
import { KpiCatalogue, type KpiQuestion } from '../../../api/kpi/catalogue.ts';
import { KpiReader } from '../../../api/kpi/reader.ts';
import { KPI_LIMITS } from '../../../api/limits.ts';
import type { KpiSummary } from '../../../contracts/kpi.ts';
import type { SystemView } from '../../../contracts/live.ts';
import { parseKpi, readKpis, type KpiDefinition } from '../../../platform/clickhouse/kpis.ts';
import { fileURLToPath } from 'node:url';
import { useKpis, type KpiBench } from '../../support/kpi.ts';

const COLUMNS = 'at, known_at, node_id, channel_id, sla_class, dim, sku_id';
const definition = (id: string, kind: string, sql: string, target = '') =>
  parseKpi(
    [
      `-- id: ${id}\n-- name: Test of ${kind}\n-- kind: ${kind}\n-- unit: %\n-- direction: up`,
      ...(target === '' ? [] : [`-- target: ${target}`]),
      '-- cohort: due date\n-- numerator: lines filled\n-- dimensions: node_id, sku_id',
      `-- needs: order\n-- lineage: order_lines\n${sql}`,
    ].join('\n'),
    id,
  );
const ratio = `SELECT ${COLUMNS}, if(measure = 'filled', value, 0) AS num,
  if(measure = 'due', value, 0) AS den FROM measures WHERE measure IN ('filled', 'due')`;

const FILL = definition('K01b', 'ratio', ratio, '0.7');
const AMOUNT = definition(
  'K33',
  'amount',
  `SELECT ${COLUMNS}, value AS num FROM measures WHERE measure = 'due'`,
);
const TIME = definition(
  'K06',
  'duration',
  `SELECT ${COLUMNS}, hours, sign FROM durations WHERE measure = 'dock'`,
);
const LEVEL = definition(
  'K07',
  'level',
  `SELECT ${COLUMNS}, value * sign AS value FROM levels WHERE measure = 'open'`,
);
const BROKEN = definition('K99', 'ratio', 'SELECT nothing FROM nowhere');

const NOW = '2025-03-10T12:00:00.000Z';
const system: SystemView = {
  at: NOW,
  runtimes: [{ now: NOW, sources: [] } as unknown as SystemView['runtimes'][number]],
  ...{ doors: [], clickhouse: { ok: true, detail: '' }, nats: { ok: true, detail: '' } },
};

const kpis = useKpis();
let brand: KpiBench;

const catalogue = (...definitions: KpiDefinition[]) =>
  new KpiCatalogue({
    kpis: definitions,
    reader: new KpiReader({ client: brand.client, limits: KPI_LIMITS }),
    ...{ system: () => system, limits: KPI_LIMITS, nowMs: Date.now },
  });
async function summaries(question: KpiQuestion, ...definitions: KpiDefinition[]) {
  const { kpis: found } = await catalogue(...definitions).list(question);
  return new Map(found.map((kpi): [string, KpiSummary] => [kpi.id, kpi]));
}

beforeAll(async () => {
  brand = await kpis.given();
  const insert = (query: string) => brand.client.command({ query });
  // Today: 4 lines due at 09:00, 3 filled; one more becomes known at 11:30. The day before: 2 due, 1 filled.
  await insert(`INSERT INTO measure_feed (measure, at, known_at, node_id, sku_id, value) VALUES
    ('due', '2025-03-10 09:00:00', '2025-03-10 08:00:00', 'dc-1', 'MUG', 3),
    ('due', '2025-03-10 09:00:00', '2025-03-10 08:00:00', 'dc-2', 'MUG', 1),
    ('filled', '2025-03-10 09:00:00', '2025-03-10 08:30:00', 'dc-1', 'MUG', 2),
    ('filled', '2025-03-10 09:00:00', '2025-03-10 11:30:00', 'dc-2', 'MUG', 1),
    ('due', '2025-03-10 18:00:00', '2025-03-10 08:00:00', 'dc-1', 'CUP', 5),
    ('due', '2025-03-09 09:00:00', '2025-03-09 08:00:00', 'dc-1', 'CUP', 2),
    ('filled', '2025-03-09 09:00:00', '2025-03-09 08:00:00', 'dc-1', 'CUP', 1)`);
  // 2 h and 4 h; one of 1 h that was taken back.
  await insert(`INSERT INTO durations (measure, at, node_id, ref, hours, sign, known_at, seq) VALUES
    ('dock', '2025-03-10 09:00:00', 'dc-1', 'r1', 2, 1, '2025-03-10 09:00:00', 1),
    ('dock', '2025-03-10 10:00:00', 'dc-1', 'r2', 4, 1, '2025-03-10 10:00:00', 2),
    ('dock', '2025-03-10 10:00:00', 'dc-1', 'r3', 1, 1, '2025-03-10 10:00:00', 3),
    ('dock', '2025-03-10 10:00:00', 'dc-1', 'r3', 1, -1, '2025-03-10 11:30:00', 4)`);
  // 3 open since last week, one closed today.
  await insert(`INSERT INTO levels (measure, at, node_id, value, sign, known_at, seq) VALUES
    ('open', '2025-03-03 09:00:00', 'dc-1', 3, 1, '2025-03-03 09:00:00', 1),
    ('open', '2025-03-10 09:00:00', 'dc-1', -1, 1, '2025-03-10 09:00:00', 2)`);
});

test('has each kind with its value, the period before and its target; what is due later is no miss', async () => {
  const found = await summaries({ where: {} }, FILL, AMOUNT, TIME, LEVEL);
  expect(found.get('K01b')).toMatchObject({
    ...{ value: 0.75, num: 3, den: 4, previous: 0.5, status: 'met', group: 'Service' },
    // At the end of the hour from 09:00 only 2 of 4 were known to be filled.
    revised: true,
  });
  expect(found.get('K33')).toMatchObject({ value: 4, previous: 2, status: 'no_target' });
  // The median of 2 h and 4 h by weight is 2 h; the mean 3 h.
  expect(found.get('K06')).toMatchObject({ value: 2, previous: null, revised: true });
  expect(found.get('K06')?.spread).toMatchObject({ count: 2, mean: 3, p95: 4 });
  expect(found.get('K07')).toMatchObject({ value: 2, previous: 3 });
});

test('has a course in equal steps, with nothing where nothing was due', async () => {
  const { series = [] } = (await summaries({ where: {} }, FILL)).get('K01b') ?? {};
  expect(series).toHaveLength(24);
  expect(series.filter((value) => value !== null)).toEqual([0.75]);
  // The window is (12:00 yesterday, 12:00]: 09:00 is in the 21st hour of it.
  expect(series[20]).toBe(0.75);
});

test('reads long windows by the day, today up to now only', async () => {
  const found = await summaries({ window: '28d', where: {} }, FILL);
  expect(found.get('K01b')).toMatchObject({ num: 4, den: 6, previous: null });
});

test('is filtered; KPIs without the dimension are left out by name', async () => {
  const plain = { ...FILL, id: 'K02', dimensions: [] };
  const answer = await catalogue(FILL, plain).list({ where: { node_id: 'dc-2' } });
  expect(answer.kpis).toMatchObject([{ id: 'K01b', value: 1, num: 1, den: 1 }]);
  expect(answer.left_out).toEqual(['K02']);
});

test('is read by whole days for a SKU', async () => {
  const answer = await catalogue(FILL).list({ where: { sku_id: 'CUP' } });
  expect(answer.window).toMatchObject({
    from: '2025-03-10T00:00:00.000Z',
    to: '2025-03-11T00:00:00.000Z',
  });
  expect(answer.kpis).toMatchObject([{ num: 0, den: 5, previous: 0.5 }]);
});

test('shows the others when one definition fails, and says why it has no value', async () => {
  const found = await summaries({ where: {} }, BROKEN, FILL);
  expect(found.get('K01b')?.value).toBe(0.75);
  expect(found.get('K99')).toMatchObject({ value: null, status: 'no_data' });
  expect(found.get('K99')?.trouble).toContain('nothing');
});

test('rejects when none can be read', async () => {
  await expect(catalogue(BROKEN).list({ where: {} })).rejects.toThrow();
});

test('a detail has the series as known then and as restated, cuts, and the whole definition', async () => {
  const detail = await catalogue(FILL).detail('k01b', { where: {} }, 'node_id');
  expect(detail).toMatchObject({
    ...{ id: 'K01b', value: 0.75, num: 3, den: 4, status: 'met', clock: 'processors', now: NOW },
    groups: [
      { key: 'dc-1', num: 2, den: 3 },
      { key: 'dc-2', num: 1, den: 1 },
    ],
    view: 'kpi_k01b',
    lineage: { tables: ['order_lines'], measures: ['due', 'filled'] },
  });
  expect(detail.series).toMatchObject([{ value: 0.75, known_value: 0.5 }]);
  expect(detail.lineage.event_types).toContain('stocktide.order.created.v1');
});

test('a dimension that a KPI lacks is refused with those that it has', () => {
  const ask = () => catalogue(FILL).detail('K01b', { where: {} }, 'channel_id');
  expect(ask).toThrow(
    expect.objectContaining({
      problem: expect.objectContaining({
        ...{ field: 'by', value: 'channel_id', allowed: 'dimensions of K01b: node_id, sku_id' },
      }) as unknown,
    }),
  );
});

test('every definition of sql/kpi can be asked of an empty database, cut by each of its dimensions', async () => {
  const empty = await kpis.given();
  const all = readKpis(fileURLToPath(new URL('../../../sql/kpi', import.meta.url)));
  const reader = new KpiReader({ client: empty.client, limits: KPI_LIMITS });
  const read = { fromMs: 0, toMs: 86_400_000 };
  for (const kpi of all) {
    expect([...(await reader.points([kpi], read))], kpi.id).toEqual([[kpi.id, []]]);
    for (const by of kpi.dimensions) {
      expect([...(await reader.points([kpi], { ...read, by }))], kpi.id).toEqual([[kpi.id, []]]);
    }
  }
});

test('every KPI of the catalogue, K01 to K34, has a definition', () => {
  const all = readKpis(fileURLToPath(new URL('../../../sql/kpi', import.meta.url)));
  const numbers = new Set(all.map(({ id }) => Number(id.slice(1, 3))));
  expect([...numbers].sort((a, b) => a - b)).toEqual(Array.from({ length: 34 }, (_, i) => i + 1));
});
