/**
 * Policies as the archive has them (`policy_events`): what holds for each scope, and every decision. Of two
 * decisions about one scope the one with the later event time holds, as for the processors.
 */
import type { ClickHouseClient } from '@clickhouse/client';
import type { PolicyDecision } from '../../contracts/policies.ts';
import { queryRows } from './query.ts';

interface Row {
  readonly policy: string;
  readonly scope: string;
  readonly value: string;
  readonly actor: string;
  readonly reason: string;
  readonly at: string;
  readonly seq: number;
}

/** What holds of one kind. */
export interface Settings {
  readonly decisions: readonly PolicyDecision[];
  /** Scopes with a decision, listed or not. */
  readonly total: number;
}

/** One text for a scope, whatever the order of its keys. */
const SCOPE_KEY = `arrayStringConcat(arrayMap(pair -> concat(pair.1, '=', pair.2),
  arraySort(JSONExtractKeysAndValues(scope, 'String'))), '\\n')`;
const COLUMNS = `policy, scope, value, actor, reason, seq,
  formatDateTime(time, '%Y-%m-%dT%H:%i:%S.%fZ', 'UTC') AS at`;

/** The same for a scope that is at hand. */
const scopeKey = (scope: Readonly<Record<string, string>>): string =>
  Object.entries(scope)
    .map(([name, value]) => `${name}=${value}`)
    .sort()
    .join('\n');

/** What holds, by kind: the newest `limit` scopes of each. */
export async function readSettings(
  client: ClickHouseClient,
  limit: number,
): Promise<ReadonlyMap<string, Settings>> {
  const rows = await queryRows<Row & { total: number }>(
    client,
    `SELECT ${COLUMNS}, count() OVER (PARTITION BY policy) AS total
     FROM (
       SELECT * FROM policy_events ORDER BY time DESC, seq DESC LIMIT 1 BY policy, ${SCOPE_KEY}
     )
     ORDER BY policy, time DESC, seq DESC
     LIMIT {limit:UInt32} BY policy`,
    { limit },
  );
  const found = new Map<string, { decisions: PolicyDecision[]; total: number }>();
  for (const row of rows) {
    const known = found.get(row.policy) ?? { decisions: [], total: row.total };
    known.decisions.push(decisionOf(row));
    found.set(row.policy, known);
  }
  return found;
}

/** What holds for exactly this scope; null when nothing was ever decided. */
export async function readSetting(
  client: ClickHouseClient,
  policy: string,
  scope: Readonly<Record<string, string>>,
): Promise<PolicyDecision | null> {
  const [row] = await queryRows<Row>(
    client,
    `SELECT ${COLUMNS} FROM policy_events
     WHERE policy = {policy:String} AND ${SCOPE_KEY} = {scope:String}
     ORDER BY time DESC, seq DESC LIMIT 1`,
    { policy, scope: scopeKey(scope) },
  );
  return row === undefined ? null : decisionOf(row);
}

/** Decisions of one kind, the newest in the log first; only those before `before` when it is given. */
export async function readDecisions(
  client: ClickHouseClient,
  { before, limit, policy }: { policy: string; before: number | null; limit: number },
): Promise<PolicyDecision[]> {
  const rows = await queryRows<Row>(
    client,
    `SELECT ${COLUMNS} FROM policy_events
     WHERE policy = {policy:String} AND seq < {before:UInt64}
     ORDER BY seq DESC LIMIT {limit:UInt32}`,
    { policy, limit, before: before ?? Number.MAX_SAFE_INTEGER },
  );
  return rows.map(decisionOf);
}

function decisionOf({ actor, at, reason, scope, seq, value }: Row): PolicyDecision {
  return {
    scope: JSON.parse(scope) as PolicyDecision['scope'],
    value: JSON.parse(value) as PolicyDecision['value'],
    ...{ actor, reason, time: at, version: seq },
  };
}
