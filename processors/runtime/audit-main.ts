/** `npm run audit`: checks the audit trail of the running system's cases. Composition root. */
import { parseArgs } from 'node:util';
import { createClickHouse } from '../../platform/clickhouse/client.ts';
import { systemConfig } from '../../platform/running.ts';
import { auditCases, type AuditResult } from './audit.ts';

const USAGE = `Checks the audit trail of the cases: every step's hash must follow from its content and from the step
before it.

  npm run audit -- [--json]

  --json   the last line is one JSON object: {rows, intact, first?}

It finds the system that runs on STOCKTIDE_HOME (.stocktide); with NATS_URL set, the one that NATS_URL
and CLICKHOUSE_URL name. Ends with 0 when the chain is intact, 1 when a step was tampered with (it is
named), 2 when it could not be read.`;

process.exitCode = await main();

async function main(): Promise<number> {
  try {
    const { values } = parseArgs({
      options: { json: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } },
    });
    if (values.help === true) {
      process.stdout.write(`${USAGE}\n`);
      return 0;
    }
    const clickhouse = createClickHouse(systemConfig(process.env));
    try {
      const result = await auditCases(clickhouse);
      process.stdout.write(`${values.json === true ? JSON.stringify(result) : asText(result)}\n`);
      return result.intact ? 0 : 1;
    } finally {
      await clickhouse.close();
    }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    process.stderr.write(`audit: not read: ${reason}\n`);
    return 2;
  }
}

function asText({ first, rows }: AuditResult): string {
  if (first === undefined) return `${rows} steps: the chain is intact`;
  return `step ${first.n} (case ${first.caseId}) does not fit: ${first.why}`;
}
