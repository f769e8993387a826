/** Asks the ledger and ClickHouse for what the options of a case are computed from. */
import type { ClickHouseClient } from '@clickhouse/client';
import type { AtpView } from '../../contracts/atp.ts';
import type { CaseRecord } from '../../contracts/case-record.ts';
import type { CaseOptions } from '../../contracts/cases.ts';
import type { Scope } from '../../platform/access/identity.ts';
import { scopedAtp, seesNode } from '../access/scope.ts';
import { queryRows } from '../clickhouse/query.ts';
import { LedgerUnavailable } from '../ledger.ts';
import { kindsFor, optionsOf, type LiveState, type OpenSupply } from './options.ts';
import { iso, isOpen } from './view.ts';

export interface Sources {
  readonly atp: (sku: string) => Promise<AtpView>;
  readonly client: ClickHouseClient;
  /** Event time of the processors. */
  readonly nowMs: () => number;
}

/** What can be done about a case now with what the scope reaches, and why nothing where nothing can. */
export async function proposeFor(
  record: CaseRecord,
  sources: Sources & { readonly scope: Scope },
): Promise<CaseOptions> {
  const answer = (options: CaseOptions['options'], note: string | null, now?: string) => ({
    ...{ case_id: record.caseId, now: now ?? iso(sources.nowMs()), options, note },
  });
  if (!isOpen(record)) return answer([], `The case is ${record.status}`);
  if (kindsFor(record.code).length === 0)
    return answer([], `Nothing is proposed for ${record.code}`);
  const [ledger, supply, unitCost] = await Promise.all([
    askLedger(record.skuId, sources),
    openSupply(record.skuId, sources.client),
    unitCostOf(record.skuId, sources.client),
  ]);
  const { scope } = sources;
  const state: LiveState = {
    atp: ledger.atp === null ? null : scopedAtp(ledger.atp, scope),
    supply: supply.filter(({ node_id }) => seesNode(scope, node_id)),
    unitCost,
  };
  const options = optionsOf(record, state);
  const nothing = 'No node, channel, inbound or bin can help now';
  const note = ledger.trouble ?? (options.length === 0 ? nothing : null);
  return answer(options, note, ledger.atp?.now);
}

async function askLedger(
  sku: string,
  { atp }: Sources,
): Promise<{ atp: AtpView | null; trouble: string | null }> {
  if (sku === '') return { atp: null, trouble: null };
  try {
    const view = await atp(sku);
    return { atp: view.known ? view : null, trouble: null };
  } catch (error) {
    if (!(error instanceof LedgerUnavailable)) throw error;
    return { atp: null, trouble: `Stock could not be asked for: ${error.message}` };
  }
}

async function openSupply(sku: string, client: ClickHouseClient): Promise<OpenSupply[]> {
  if (sku === '') return [];
  return queryRows<OpenSupply>(
    client,
    `SELECT
       kind,
       supplier_id,
       document_id,
       node_id,
       toUInt32(sum(s.units)) AS units,
       formatDateTime(min(s.expected_at), '%Y-%m-%dT%H:%i:%SZ') AS expected_at,
       max(s.days_overdue) AS days_overdue
     FROM supply_open AS s
     WHERE sku_id = {sku:String} AND s.units > 0
     GROUP BY kind, supplier_id, document_id, node_id
     ORDER BY expected_at
     LIMIT 50`,
    { sku },
  );
}

async function unitCostOf(sku: string, client: ClickHouseClient): Promise<string | null> {
  if (sku === '') return null;
  const rows = await queryRows<{ cost: string }>(
    client,
    `SELECT toString(unit_cost) AS cost
     FROM sku_costs FINAL
     WHERE sku_id = {sku:String} AND unit_cost > 0`,
    { sku },
  );
  return rows[0]?.cost ?? null;
}
