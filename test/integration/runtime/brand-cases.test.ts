/**
 * A day of the simulated brand on the running system (a real door for what is found, the runtime, ClickHouse,
 * the API): its partner's feed falls silent, and one misplaced unit leads to a short pick and stock below zero.
 * Then the same LOG once more into another database, and a byte of the audit trail changed.
 */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { KpiCatalogueView } from '../../../contracts/kpi.ts';
import { reportStatus } from '../../../processors/runtime/status.ts';
import { createBrand, createState, openingEvents, type Brand } from '../../../simulator/brand.ts';
import { HOUR } from '../../../simulator/calendar.ts';
import { SOURCES } from '../../../simulator/catalogue.ts';
import type { Label } from '../../../simulator/incidents/label.ts';
import type { SimEvent } from '../../../simulator/world.ts';
import { startDoor } from '../ingest/door-support.ts';
import { startProcess, type RunningProcess } from '../api/support.ts';
import { startChild } from '../../support/child.ts';
import { append } from '../../support/log.ts';
import {
  connect,
  startRuntime,
  type Plumbing,
  type RunningRuntime,
} from '../../support/runtime.ts';
import { useClickHouse, useNats } from '../../support/servers.ts';
import { until } from '../../support/until.ts';

const nats = useNats();
const clickhouse = useClickHouse();

const OPENED_AT = Date.parse('2026-03-02T00:00:00Z');
/** The cascade begins in the first day and ends within a shift. */
const HOURS = 34;
const PATIENCE_MS = 120_000;
const PARTNER = SOURCES['3pl-north'];

interface Condition {
  readonly code: string;
}

interface Step {
  readonly case_id: string;
  readonly code: string;
  readonly kind: string;
  readonly status: string;
  readonly record: string;
}

let plumbing: Plumbing;
let runtime: RunningRuntime;
let api: RunningProcess;
let stopReporting = () => {};
const labels: Label[] = [];
/** What /v1/kpi said in the middle of the silence, and after the day. */
let amid: KpiCatalogueView;
let after: KpiCatalogueView;
let steps: Step[];
let lastSeq = 0;

const credentials = () => {
  const { pass, url, user } = nats;
  return { pass, url, user };
};
const kpis = async () => (await (await fetch(`${api.url}/v1/kpi`)).json()) as KpiCatalogueView;
const stepsIn = async ({ clickhouse: client }: Plumbing): Promise<string> => {
  const query = 'SELECT * FROM case_events ORDER BY n';
  return (await client.query({ query, format: 'JSONCompactEachRow' })).text();
};

/** Lets an hour of the brand happen, and waits until what is found of it is in the LOG and in ClickHouse. */
async function happen(events: readonly SimEvent[]): Promise<void> {
  await runtime.flushed(await append(plumbing.publisher, events));
  await until(() => runtime.runtime.unconfirmedFindings === 0, PATIENCE_MS);
  lastSeq = runtime.runtime.appliedSeq;
  await runtime.flushed(lastSeq);
}

async function live(brand: Brand): Promise<void> {
  await happen(openingEvents(brand.state()));
  for (let hour = 1; hour <= HOURS; hour++) {
    await happen(brand.advance(OPENED_AT + hour * HOUR));
    labels.push(...brand.takeLabels());
    const untilMs = brand.state().silent['3pl-north'] ?? 0;
    // An hour of silence, and another one to come.
    if (
      amid === undefined &&
      untilMs > brand.clockMs + HOUR &&
      untilMs < brand.clockMs + 4 * HOUR
    ) {
      await until(async () => Date.parse((await kpis()).now) >= brand.clockMs - HOUR, PATIENCE_MS);
      amid = await kpis();
    }
  }
}

beforeAll(async () => {
  plumbing = await connect(credentials(), clickhouse);
  runtime = await startRuntime(plumbing, { limits: { flushMs: 50 } });
  stopReporting = reportStatus(plumbing.link, runtime.runtime);
  await startDoor(nats, { CLOCK: 'feed' });
  api = await startProcess('api/main.ts', {
    portVariable: 'API_PORT',
    env: {
      NATS_URL: nats.url,
      NATS_USER: nats.user,
      NATS_PASSWORD: nats.pass,
      CLICKHOUSE_URL: clickhouse.url,
    },
  });
  const founding = {
    run: 'day',
    seed: 43,
    openedAtMs: OPENED_AT,
    skuCount: 150,
    ordersPerDay: 150,
  };
  await live(createBrand(createState({ ...founding, incidents: ['silent partner', 'cascade'] })));
  const endMs = OPENED_AT + (HOURS - 1) * HOUR;
  await until(async () => Date.parse((await kpis()).now) >= endMs, PATIENCE_MS);
  after = await kpis();
  steps = await clickhouse.rows<Step>(
    'SELECT case_id, code, kind, status, record FROM stocktide.case_events ORDER BY n',
  );
}, 600_000);

afterAll(async () => {
  stopReporting();
  await api?.stop();
  await runtime?.stop();
  await plumbing?.close();
});

test('a silent feed is one case, and ends by itself', () => {
  const stale = steps.filter(({ code, kind }) => code === 'FEED_STALE' && kind === 'opened');
  expect(stale).toHaveLength(1);
  const own = steps.filter(({ case_id: id }) => id === stale[0]?.case_id);
  expect(JSON.parse(own[0]?.record ?? '{}')).toMatchObject({ entity: `source/${PARTNER}` });
  expect(own.at(-1)?.status).toBe('auto_resolved');
  // Of orders that may have left, and parcels that carriers have, it has not said so: no cases of their own.
  const { conditions } = JSON.parse(own.at(-1)?.record ?? '{}') as { conditions: Condition[] };
  expect(conditions.map(({ code }) => code)).toEqual(
    expect.arrayContaining(['FEED_STALE', 'FLOW_VIOLATION', 'ORDER_SLA_RISK']),
  );
  expect(steps.filter(({ code }) => code === 'FLOW_VIOLATION')).toEqual([]);
});

test('what depends on it is provisional meanwhile, and says why', () => {
  const provisional = amid.kpis.filter((kpi) => kpi.provisional !== null);
  // Orders leave the partner's warehouse: what counts shipments cannot be sure.
  expect(provisional.map(({ id }) => id)).toContain('K01b');
  for (const { provisional: why } of provisional) {
    expect(why?.detail).toContain(`${PARTNER} is behind`);
    expect(why?.sources).toMatchObject([{ source: PARTNER, cadence_s: 300 }]);
  }
  expect(after.kpis.filter((kpi) => kpi.provisional !== null)).toEqual([]);
});

test('a location error, its short pick and its negative stock are one case, not three', () => {
  const cascade = labels.filter(({ family }) => family === 'cascade');
  expect(cascade.map(({ code }) => code)).toEqual([
    'LOCATION_ERROR',
    'SHORT_PICK',
    'NEG_INVENTORY',
  ]);
  const sku = cascade[0]?.sku_id;
  interface Known {
    readonly caseId: string;
    readonly skuId: string;
    readonly locationId: string;
    readonly conditions: readonly Condition[];
  }
  const records = new Map<string, Known>();
  for (const { case_id: id, record } of steps) {
    if (record !== '') records.set(id, JSON.parse(record) as Known);
  }
  const bin = cascade[0]?.location_id;
  const about = [...records.values()].filter(
    ({ conditions, locationId, skuId }) =>
      (skuId === sku || locationId === bin) &&
      conditions.some(({ code }) => cascade.some((label) => label.code === code)),
  );
  expect(about).toHaveLength(1);
  expect(new Set(about[0]?.conditions.map(({ code }) => code))).toEqual(
    new Set(['LOCATION_ERROR', 'SHORT_PICK', 'NEG_INVENTORY']),
  );
});

test('another replay of the LOG gives the same steps byte for byte, escalations included', async () => {
  expect(steps.filter(({ kind }) => kind === 'escalated').length).toBeGreaterThan(3);
  const database = `again_${randomUUID().replaceAll('-', '')}`;
  const other = await connect(credentials(), clickhouse, { database });
  try {
    const again = await startRuntime(other, { name: 'again', rehearse: () => undefined });
    await again.flushed(lastSeq);
    expect(await stepsIn(other)).toBe(await stepsIn(plumbing));
    await again.stop();
  } finally {
    await other.close();
  }
});

test('npm run audit names the row of which a byte was changed', async () => {
  const audit = async () => {
    const child = startChild({
      file: 'processors/runtime/audit-main.ts',
      args: [],
      env: {
        NATS_URL: nats.url,
        NATS_USER: nats.user,
        NATS_PASSWORD: nats.pass,
        CLICKHOUSE_URL: clickhouse.url,
        CLICKHOUSE_DATABASE: plumbing.config.clickhouseDatabase,
      },
    });
    return { code: await child.exited, output: child.output() };
  };
  const intact = await audit();
  expect(intact).toMatchObject({ code: 0 });
  expect(intact.output).toContain(`${steps.length} steps: the chain is intact`);
  const n = Math.ceil(steps.length / 2);
  await plumbing.clickhouse.command({
    query: `ALTER TABLE case_events UPDATE record = replaceOne(record, 'detail', 'detaik') WHERE n = ${n}`,
    clickhouse_settings: { mutations_sync: '2' },
  });
  const changed = await audit();
  expect(changed).toMatchObject({ code: 1 });
  expect(changed.output).toContain(`step ${n} (case ${steps[n - 1]?.case_id ?? ''}) does not fit`);
}, 120_000);
