/**
 * KPIs over events that a test gives: the real reducers, the real ClickHouse engine, the real definitions.
 *
 *     const kpis = useKpis();
 *     test('…', async () => {
 *       const brand = await kpis.given(event('order.created', { … }), …);      // an empty database each
 *       expect(await brand.value('K01b', { from: 0, to: 1_440 })).toMatchObject({ num: 1, den: 2 });
 *
 * Windows are minutes after T0.
 */
import { fileURLToPath } from 'node:url';
import { afterAll } from 'vitest';
import { queryKpi, type KpiPoint, type KpiWindow } from '../../api/kpi/query.ts';
import { createClickHouse, type ClickHouse } from '../../platform/clickhouse/client.ts';
import { insertRows } from '../../platform/clickhouse/insert.ts';
import { applyKpis, readKpis, type KpiDefinition } from '../../platform/clickhouse/kpis.ts';
import { migrate } from '../../platform/clickhouse/migrate.ts';
import { readConfig } from '../../platform/config.ts';
import { createLog } from '../../platform/log.ts';
import type { FeedItem } from '../../ingest/replay/feed.ts';
import { admitted, T0, type Given } from './given.ts';
import { ReducerBench } from './reducers.ts';
import type { KpiAnswer, KpiQuestion, System } from './replay/system.ts';
import { useClickHouse, type TestClickHouse } from './servers.ts';

const DEFINITIONS = readKpis(fileURLToPath(new URL('../../sql/kpi', import.meta.url)));
const MIGRATIONS = fileURLToPath(new URL('../../sql/migrations', import.meta.url));
/** Events of a feed between two inserts. */
const FEED_BATCH = 5_000;
const log = createLog({ name: 'test', level: 'error', format: 'pretty' });

export interface MinuteWindow extends Omit<KpiWindow, 'fromMs' | 'toMs' | 'stepMs'> {
  readonly from: number;
  readonly to: number;
  readonly step?: number;
}

/** A definition by its id. */
export function kpiOf(id: string): KpiDefinition {
  const found = DEFINITIONS.find((kpi) => kpi.id === id);
  if (found === undefined) throw new Error(`there is no sql/kpi/${id}.sql`);
  return found;
}

/** A ClickHouse host for the calling file; each `given` gets a database of its own. */
export function useKpis(): { given(...events: readonly Given[]): Promise<KpiBench> } {
  const host = useClickHouse();
  const opened: KpiBench[] = [];
  afterAll(() => Promise.all(opened.map((bench) => bench.close())));
  return {
    async given(...events) {
      const bench = await KpiBench.open(host, `kpi_${opened.length + 1}`);
      opened.push(bench);
      await bench.given(...events);
      return bench;
    },
  };
}

export class KpiBench implements System {
  readonly bench = new ReducerBench();
  readonly client: ClickHouse;
  #flushes = 0;

  private constructor(client: ClickHouse) {
    this.client = client;
  }

  static async open(host: TestClickHouse, database: string): Promise<KpiBench> {
    const client = createClickHouse(
      readConfig({ CLICKHOUSE_URL: host.url, CLICKHOUSE_DATABASE: database }),
    );
    await migrate(client, { dir: MIGRATIONS, database, log });
    await applyKpis(client, DEFINITIONS);
    return new KpiBench(client);
  }

  /** Applies events, and writes what they put out. */
  async given(...events: readonly Given[]): Promise<this> {
    this.bench.given(...events);
    await this.flush();
    return this;
  }

  /** Applies the events of a feed, a batch at a time. */
  async feed(items: AsyncIterable<FeedItem>): Promise<this> {
    let held = 0;
    for await (const { event: producer } of items) {
      this.bench.feed(...admitted(producer, this.bench.nowMs));
      if (++held % FEED_BATCH === 0) await this.flush();
    }
    await this.flush();
    return this;
  }

  /** Lets time pass until `minutes` after T0. */
  async tick(minutes: number): Promise<this> {
    this.bench.tick(minutes);
    await this.flush();
    return this;
  }

  async flush(): Promise<void> {
    this.#flushes += 1;
    for (const { columns, lines, table } of this.bench.takeBlocks()) {
      await insertRows(this.client, { table, columns, lines, token: `${table}.${this.#flushes}` });
    }
  }

  points(id: string, { from, step, to, ...rest }: MinuteWindow): Promise<KpiPoint[]> {
    return queryKpi(this.client, kpiOf(id), {
      ...rest,
      fromMs: T0 + from * 60_000,
      toMs: T0 + to * 60_000,
      ...(step === undefined ? {} : { stepMs: step * 60_000 }),
    });
  }

  /** The one point of a window; undefined when it is empty. */
  async value(
    id: string,
    window: Omit<MinuteWindow, 'step' | 'by'>,
  ): Promise<KpiPoint | undefined> {
    const points = await this.points(id, window);
    if (points.length > 1) throw new Error(`${id} has ${points.length} points`);
    return points[0];
  }

  /** A KPI over a window of any length; empty when there is nothing to measure. */
  async kpi(id: string, question: KpiQuestion): Promise<KpiAnswer> {
    const [point] = await queryKpi(this.client, kpiOf(id), question);
    return point ?? { num: null, den: null, spread: null };
  }

  /** Rows of a query as objects. */
  async rows<T = Record<string, unknown>>(query: string): Promise<T[]> {
    const result = await this.client.query({
      query,
      format: 'JSONEachRow',
      clickhouse_settings: { output_format_json_quote_64bit_integers: 0 },
    });
    return result.json<T>();
  }

  close(): Promise<void> {
    return this.client.close();
  }
}
