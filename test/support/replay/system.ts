/** Where a comparison reads what a system says: KPIs, and tables by SQL. A bench of kpi.ts is one as well. */
import type { ClickHouseClient } from '@clickhouse/client';
import type { KpiDetail } from '../../../contracts/kpi.ts';
import type { KpiDimension } from '../../../platform/clickhouse/kpis.ts';
import { credentialFor } from '../../../platform/running.ts';

export interface KpiQuestion {
  /** First instant (ms since 1970) and the first one after it. */
  readonly fromMs: number;
  readonly toMs: number;
  readonly where?: Partial<Record<KpiDimension, string>>;
}

export interface KpiAnswer {
  readonly num: number | null;
  readonly den: number | null;
  readonly spread: KpiDetail['spread'];
}

export interface System {
  kpi(id: string, question: KpiQuestion): Promise<KpiAnswer>;
  rows<T>(query: string): Promise<T[]>;
}

/** Asks a running system (of STOCKTIDE_HOME, or with ACCESS_TOKEN): KPIs of its API, tables of its ClickHouse. */
export function livingSystem(apiUrl: string, client: ClickHouseClient): System {
  const home = process.env['STOCKTIDE_HOME'] || '.stocktide';
  const token = credentialFor(apiUrl, { home, env: process.env });
  return {
    async kpi(id, { fromMs, toMs, where = {} }) {
      const url = new URL(`/v1/kpi/${id}`, apiUrl);
      url.searchParams.set('from', new Date(fromMs).toISOString());
      url.searchParams.set('to', new Date(toMs).toISOString());
      for (const [name, value] of Object.entries(where)) url.searchParams.set(name, value);
      const response = await fetch(url, { headers: { authorization: `Bearer ${token}` } });
      if (!response.ok) throw new Error(`${url.href} answered ${await response.text()}`);
      return (await response.json()) as KpiDetail;
    },
    async rows<T>(query: string) {
      const result = await client.query({
        query,
        format: 'JSONEachRow',
        clickhouse_settings: { output_format_json_quote_64bit_integers: 0 },
      });
      return result.json<T>();
    },
  };
}
