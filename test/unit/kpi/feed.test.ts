/** The live topic of the KPIs: what is read when, what is sent, and how it holds back. */
import { describe, expect, test } from 'vitest';
import { KpiCatalogue } from '../../../api/kpi/catalogue.ts';
import { KpiFeed } from '../../../api/kpi/feed.ts';
import type { KpiReader } from '../../../api/kpi/reader.ts';
import { KPI_LIMITS } from '../../../api/limits.ts';
import type { KpiLive, KpiReading } from '../../../contracts/kpi.ts';
import type { SystemView } from '../../../contracts/live.ts';
import type { KpiDefinition } from '../../../platform/clickhouse/kpis.ts';
import { EVERYWHERE } from '../../../platform/access/identity.ts';
import { createMetrics } from '../../../platform/metrics.ts';

const NOW = '2011-11-10T12:00:00.000Z';
const LIMITS = { ...KPI_LIMITS, rotation: 2 };
const kpi = (id: string) => ({ id, needs: ['order'], dimensions: [] }) as unknown as KpiDefinition;
const source = (lastEventAt: string, stale: boolean) => ({
  ...{ source: 'urn:shop', entities: ['order'], stale, cadenceMs: 60_000 },
  ...{ lastEventAt, lastIngestedAt: lastEventAt },
});

/** A feed whose reader answers with the number of the pass, takes `tookMs`, or fails. */
function scene(...ids: string[]) {
  const here = {
    wallMs: 1_000_000,
    tookMs: 0,
    failure: null as Error | null,
    passes: [] as string[][],
    sent: [] as KpiLive[],
    failed: [] as string[],
    system: {
      runtimes: [{ now: NOW, sources: [source(NOW, false)] }],
    } as unknown as SystemView,
  };
  const reader = {
    readings: async (kpis: readonly KpiDefinition[]) => {
      here.wallMs += here.tookMs;
      if (here.failure !== null) throw here.failure;
      here.passes.push(kpis.map(({ id }) => id));
      return new Map(kpis.map(({ id }) => [id, { value: here.passes.length } as KpiReading]));
    },
  } as unknown as KpiReader;
  const nowMs = () => here.wallMs;
  const catalogue = new KpiCatalogue({
    ...{ kpis: ids.map(kpi), reader, system: () => here.system, limits: LIMITS, nowMs },
  });
  const feed = new KpiFeed({
    ...{ catalogue, reader, limits: LIMITS, nowMs, metrics: createMetrics({ process: 'test' }) },
  });
  const sink = {
    publish: (value: object) => void here.sent.push(value as KpiLive),
    fail: (detail: string) => void here.failed.push(detail),
  };
  const second = async () => {
    here.wallMs += 1000;
    await feed.beat();
  };
  return Object.assign(here, { feed, sink, second });
}

/** Opens the topic and lets its first pass end. */
async function opened(...ids: string[]) {
  const here = scene(...ids);
  here.feed.open({ name: 'kpi', scope: EVERYWHERE }, here.sink);
  here.feed.stop();
  await Promise.resolve();
  await new Promise((resolve) => setImmediate(resolve));
  return here;
}

test('it owns kpi and a topic for each window', () => {
  const { feed } = scene();
  expect(['kpi', 'kpi:1h', 'kpi:28d'].every((topic) => feed.owns(topic))).toBe(true);
  expect(feed.owns('kpi:2y')).toBe(false);
});

test('first it reads all, then the headline ones and the others in turn', async () => {
  const here = await opened('K01b', 'K04', 'K05', 'K08');
  for (let i = 0; i < 3; i++) await here.second();
  expect(here.passes).toEqual([
    ['K01b', 'K04', 'K05', 'K08'],
    ['K01b', 'K04', 'K05'],
    ['K01b', 'K08', 'K04'],
    ['K01b', 'K05', 'K08'],
  ]);
  expect(here.sent.at(-1)).toMatchObject({ K01b: { value: 4 }, K04: { value: 3 } });
});

test('it says every second what time it is, how fresh each is and what is behind', async () => {
  const here = await opened('K01b');
  here.system = {
    runtimes: [{ now: '2011-11-10T12:30:00.000Z', sources: [source(NOW, true)] }],
  } as unknown as SystemView;
  await here.second();
  expect(here.sent.map(({ at, clock, now }) => ({ at, clock, now }))).toEqual([
    { at: new Date(1_000_000).toISOString(), clock: 'processors', now: NOW },
    { at: new Date(1_001_000).toISOString(), clock: 'processors', now: '2011-11-10T12:30:00.000Z' },
  ]);
  expect(here.sent.map(({ provisional }) => provisional)).toEqual([{}, { K01b: ['urn:shop'] }]);
  expect(here.sent.at(-1)).toMatchObject({ freshness: { K01b: NOW }, window: { name: '1d' } });
});

describe('a slow ClickHouse', () => {
  test('is asked a tenth of the time at most; the time goes on', async () => {
    const here = await opened('K01b');
    here.tookMs = 500;
    await here.second();
    // The pass took 0.5 s: the next one begins 5 s after it began.
    for (let i = 0; i < 4; i++) await here.second();
    expect(here.passes).toHaveLength(2);
    expect(here.sent).toHaveLength(6);
    await here.second();
    expect(here.passes).toHaveLength(3);
  });

  test('that fails is told; values come back by themselves', async () => {
    const here = await opened('K01b');
    here.failure = new Error('connection refused');
    await here.second();
    expect(here.failed).toEqual(['ClickHouse does not answer: connection refused']);
    here.failure = null;
    await here.second();
    expect(here.sent.at(-1)).toMatchObject({ K01b: { value: 2 } });
  });
});
