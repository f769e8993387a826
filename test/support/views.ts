/** What the operational views of the API read through, over a database of a test, at a minute after T0. */
import { KpiReader } from '../../api/kpi/reader.ts';
import { KPI_LIMITS, READ_LIMITS } from '../../api/limits.ts';
import { Reads } from '../../api/reads.ts';
import { readKpis } from '../../platform/clickhouse/kpis.ts';
import type { CaseRecord } from '../../contracts/case-record.ts';
import { T0 } from './given.ts';
import type { KpiBench } from './kpi.ts';

export const readsOf = ({ client }: KpiBench, minute: number) =>
  new Reads({
    client,
    clock: () => ({ nowMs: T0 + minute * 60_000, clock: 'processors' }),
    limits: READ_LIMITS,
    nowMs: Date.now,
  });

/** Options of a desk; `cases` are those that are open. */
export const deskParts = (
  brand: KpiBench,
  { cases = [], minute }: { minute: number; cases?: readonly CaseRecord[] },
) => ({
  reads: readsOf(brand, minute),
  reader: new KpiReader({ client: brand.client, limits: KPI_LIMITS }),
  kpis: readKpis('sql/kpi'),
  openCases: () => cases,
});
