/**
 * `npm run verify`: compares the ledger, ClickHouse and a replay of the log of the running system, prints
 * how many positions differ, and explains the first. Composition root.
 */
import { parseArgs } from 'node:util';
import { createClickHouse } from '../../platform/clickhouse/client.ts';
import type { Config } from '../../platform/config.ts';
import { createLog } from '../../platform/log.ts';
import { connectNats } from '../../platform/nats/connect.ts';
import { systemConfig } from '../../platform/running.ts';
import { verify, type VerifyResult } from './verify/verify.ts';

const USAGE = `Compares, for every account of every position of the running system, the live ledger, the sum of
movements in ClickHouse, and a replay of the log.

  npm run verify -- [--json] [--timeout SECONDS]

  --json             the last line is one JSON object: {positions, differing, seq, first?}
  --timeout SECONDS  how long the processors may take to answer and ClickHouse to catch up (120)

It finds the system that runs on STOCKTIDE_HOME (.stocktide); with NATS_URL set, the one that NATS_URL
and CLICKHOUSE_URL name. Ends with 0 when all are equal, 1 when something differs, 2 when it could not
be compared.`;

const CONNECT_TIMEOUT_MS = 10_000;
const CODE = { equal: 0, differing: 1, notCompared: 2 } as const;

process.exitCode = await main();

async function main(): Promise<number> {
  try {
    const options = readOptions();
    if (options === null) return CODE.equal;
    const startedMs = performance.now();
    const result = await run(systemConfig(process.env), options.timeoutMs);
    say(`done in ${((performance.now() - startedMs) / 1_000).toFixed(1)} s`);
    process.stdout.write(`${options.json ? JSON.stringify(result) : asText(result)}\n`);
    return result.differing === 0 ? CODE.equal : CODE.differing;
  } catch (error) {
    say(`not compared: ${error instanceof Error ? error.message : String(error)}`);
    return CODE.notCompared;
  }
}

async function run(config: Config, timeoutMs: number): Promise<VerifyResult> {
  const { natsPassword: pass, natsUrl: url, natsUser: user } = config;
  // What matters reaches the person as this program's own message.
  const log = createLog({ name: 'verify', level: 'silent', format: 'json' });
  const signal = AbortSignal.timeout(CONNECT_TIMEOUT_MS);
  const link = await connectNats({ url, user, pass, name: 'verify', log, signal }).catch(
    (error: unknown) => {
      if (!signal.aborted) throw error;
      throw new Error(`NATS at ${url} does not answer`);
    },
  );
  const clickhouse = createClickHouse(config);
  try {
    return await verify({ link, clickhouse, timeoutMs, say });
  } finally {
    await clickhouse.close();
    await link.close();
  }
}

function asText({ differing, first, positions, seq }: VerifyResult): string {
  const compared = `${positions} positions compared at log sequence ${seq}`;
  if (first === undefined) return `${compared}: ledger, ClickHouse and replay are equal`;
  const { account, clickhouse, explanation, ledger, node, replay, sku } = first;
  return (
    `${compared}: ${differing} differ\n` +
    `first: ${account} of ${sku} at ${node}: ledger ${ledger}, ClickHouse ${clickhouse}, replay ${replay}\n` +
    explanation
  );
}

function readOptions(): { json: boolean; timeoutMs: number } | null {
  const { values } = parseArgs({
    options: {
      json: { type: 'boolean', default: false },
      timeout: { type: 'string', default: '120' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(`${USAGE}\n`);
    return null;
  }
  if (!/^[1-9]\d{0,4}$/.test(values.timeout)) {
    throw new Error(`--timeout ${values.timeout}: must be a whole number of seconds from 1`);
  }
  return { json: values.json, timeoutMs: Number(values.timeout) * 1_000 };
}

function say(line: string): void {
  process.stderr.write(`verify: ${line}\n`);
}
