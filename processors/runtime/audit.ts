/** Reads the audit trail of the cases out of ClickHouse and checks its chain (contracts/audit.ts). */
import type { ClickHouseClient } from '@clickhouse/client';
import { AUDIT_COLUMNS, auditHash, GENESIS } from '../../contracts/audit.ts';

export interface AuditResult {
  /** Steps that were checked. */
  readonly rows: number;
  readonly intact: boolean;
  /** The first step that does not fit, and why. */
  readonly first?: { readonly n: number; readonly caseId: string; readonly why: string };
}

type AuditRow = Record<string, string | number>;

/** Checks every step in the order of the chain. Rejects when ClickHouse does. */
export async function auditCases(client: ClickHouseClient): Promise<AuditResult> {
  const names = AUDIT_COLUMNS.map((name) => (name === 'at' ? `${ISO} AS at_text` : name));
  const result = await client.query({
    query: `SELECT ${names.join(', ')}, previous_hash, hash FROM case_events ORDER BY n`,
    format: 'JSONEachRow',
  });
  let previous = GENESIS;
  let rows = 0;
  for await (const batch of result.stream<AuditRow>()) {
    for (const line of batch) {
      const row = line.json();
      rows += 1;
      const why = faultOf(row, rows, previous);
      if (why !== null) {
        const first = { n: Number(row['n']), caseId: String(row['case_id']), why };
        return { rows, intact: false, first };
      }
      previous = String(row['hash']);
    }
  }
  return { rows, intact: true };
}

/** The instant as the chain has it. */
const ISO = `concat(replaceOne(toString(at, 'UTC'), ' ', 'T'), 'Z')`;

function faultOf(row: AuditRow, number: number, previous: string): string | null {
  if (Number(row['n']) !== number) {
    return `step ${number} is missing: the next one in the table is ${row['n']}`;
  }
  if (row['previous_hash'] !== previous) {
    return 'its previous hash is not the hash of the step before: that step was changed or replaced';
  }
  const cells = AUDIT_COLUMNS.map((name) => row[name === 'at' ? 'at_text' : name] ?? '');
  return auditHash(previous, cells) === row['hash'] ? null : 'its content does not give its hash';
}
