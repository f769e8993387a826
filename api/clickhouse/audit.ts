/**
 * Whether the audit trail of one case is as it was written: the hash of each of its steps over its content, and
 * its link to the step before it in the chain of all cases. `npm run audit` checks the whole chain.
 */
import type { ClickHouseClient } from '@clickhouse/client';
import { AUDIT_COLUMNS, auditHash, GENESIS } from '../../contracts/audit.ts';
import type { CaseAudit } from '../../contracts/cases.ts';
import { queryRows } from './query.ts';

type Row = Record<(typeof AUDIT_COLUMNS)[number] | 'previous_hash' | 'hash' | 'before', string>;

/** The instant as the chain has it. */
const ISO = `concat(replaceOne(toString(e.at, 'UTC'), ' ', 'T'), 'Z') AS at_text`;
const CELLS = AUDIT_COLUMNS.map((name) => (name === 'at' ? ISO : `e.${name} AS ${name}`));

/** Checks the newest `limit` steps of a case. */
export async function auditCase(
  client: ClickHouseClient,
  { caseId, limit }: { caseId: string; limit: number },
): Promise<CaseAudit> {
  const rows = await queryRows<Row & { at_text: string }>(
    client,
    `SELECT ${CELLS.join(', ')}, e.previous_hash AS previous_hash, e.hash AS hash, p.hash AS before
     FROM (
       SELECT * FROM case_events WHERE case_id = {caseId:String}
       ORDER BY n DESC LIMIT 1 BY n LIMIT {limit:UInt32}
     ) AS e
     LEFT JOIN (
       SELECT n, hash FROM case_events
       WHERE n IN (SELECT toUInt64(n - 1) FROM case_events WHERE case_id = {caseId:String})
       LIMIT 1 BY n
     ) AS p ON p.n + 1 = e.n
     ORDER BY e.n`,
    { caseId, limit },
  );
  for (const row of rows) {
    const why = faultOf(row);
    if (why !== null) return { steps: rows.length, intact: false, n: Number(row.n), why };
  }
  return { steps: rows.length, intact: true, n: null, why: null };
}

function faultOf(row: Row & { at_text: string }): string | null {
  const before = Number(row.n) === 1 ? GENESIS : row.before;
  if (row.previous_hash !== before) {
    return 'the step before it in the chain was changed, replaced or removed';
  }
  const cells = AUDIT_COLUMNS.map((name) => (name === 'at' ? row.at_text : row[name]));
  return auditHash(row.previous_hash, cells) === row.hash
    ? null
    : 'its content does not give its hash';
}
