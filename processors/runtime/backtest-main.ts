/**
 * `npm run backtest`: a span of the archive under other policies, beside what it gave under those that held.
 * Composition root. The API starts it as a child process, which is told of the progress over IPC.
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import {
  checkPolicies,
  spanFault,
  type BacktestProgress,
  type BacktestResult,
  type Policy,
} from '../../contracts/backtest.ts';
import { INSTANT_HINT, isInstant } from '../../contracts/fields.ts';
import { createClickHouse } from '../../platform/clickhouse/client.ts';
import type { Config } from '../../platform/config.ts';
import { createLog } from '../../platform/log.ts';
import { connectNats, type NatsLink } from '../../platform/nats/connect.ts';
import { systemConfig } from '../../platform/running.ts';
import { attachmentOf } from './attachments.ts';
import { backtest } from './backtest/backtest.ts';
import { resultText } from './backtest/text.ts';
import { parseLabels, type Label } from './backtest/truth.ts';
import type { Span } from './backtest/summary.ts';
import { createSlice } from './slices.ts';

const USAGE = `Replays a span of the archive under the policies that held and under others, and compares the alerts.

  npm run backtest -- --from ISO --to ISO --policy FILE [--labels FILE] [--json]

  --from ISO      from when the changed policies hold, such as 2026-03-02T00:00:00Z
  --to ISO        first instant after the span
  --policy FILE   JSON: the data of a policy.set event, or a list of them; - reads it from stdin
  --labels FILE   NDJSON as \`npm run simulate -- --labels\` writes it: precision is measured against it
                  instead of against people's verdicts
  --json          the last line is one JSON object

The state before the span comes from replaying the archive from its beginning; the progress is on stderr.
It finds the system that runs on STOCKTIDE_HOME (.stocktide); with NATS_URL set, the ClickHouse that
CLICKHOUSE_URL names. Ends with 0 when the comparison was made, 2 when it could not be made.`;

/** NATS has this long to answer, once a trained model is read. */
const NATS_TIMEOUT_MS = 10_000;
const CODE = { compared: 0, notCompared: 2 } as const;

interface Options {
  readonly span: Span;
  readonly policies: readonly Policy[];
  readonly labels: readonly Label[] | null;
  readonly json: boolean;
}

process.exitCode = await main();

async function main(): Promise<number> {
  try {
    const options = readOptions();
    if (options === null) return CODE.compared;
    const startedMs = performance.now();
    const result = await run(options);
    say(`done in ${((performance.now() - startedMs) / 1_000).toFixed(1)} s`);
    process.stdout.write(`${options.json ? JSON.stringify(result) : resultText(result)}\n`);
    return CODE.compared;
  } catch (error) {
    say(error instanceof Error ? error.message : String(error));
    return CODE.notCompared;
  }
}

async function run({ labels, policies, span }: Options): Promise<BacktestResult> {
  const config = systemConfig(process.env);
  const { recentIds, recentMovements } = config;
  const clickhouse = createClickHouse(config);
  const models = modelReader(config);
  try {
    return await backtest(clickhouse, {
      ...{ span, policies, labels, recentIds, onProgress, attachmentOf: models.read },
      // The archive keeps nothing, and its rows are not written here.
      host: () =>
        createSlice('all', { recentMovements }).hosted.filter(
          ({ processor }) => processor.name !== 'archive',
        ),
    });
  } finally {
    await models.close();
    await clickhouse.close();
  }
}

/** Reads trained models. NATS is asked only when the archive has one. */
function modelReader({ natsPassword: pass, natsUrl: url, natsUser: user }: Config) {
  const log = createLog({ name: 'backtest', level: 'silent', format: 'json' });
  const signal = AbortSignal.timeout(NATS_TIMEOUT_MS);
  let link: Promise<NatsLink> | null = null;
  return {
    read: async (raw: string): Promise<Uint8Array | undefined> => {
      link ??= connectNats({ url, user, pass, name: 'backtest', log, signal });
      const { signal: never } = new AbortController();
      return attachmentOf(raw, { link: await link, log, signal: never });
    },
    close: async (): Promise<void> => {
      await (await link)?.close();
    },
  };
}

function onProgress(progress: BacktestProgress): void {
  if (process.connected) process.send?.(progress);
  const { at, events, of, phase } = progress;
  say(`${phase}: ${count(events)} of ${count(of)} events, at ${at}`);
}

function readOptions(): Options | null {
  const { values } = parseArgs({
    options: {
      from: { type: 'string' },
      to: { type: 'string' },
      policy: { type: 'string' },
      labels: { type: 'string' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(`${USAGE}\n`);
    return null;
  }
  const from = instantOf('--from', values.from);
  const to = instantOf('--to', values.to);
  const fault = spanFault({ from, to });
  if (fault !== null) throw new Error(`--to ${to}: ${fault.allowed}`);
  if (values.policy === undefined) throw new Error('--policy is missing; -h shows how it is used');
  return {
    span: { fromMs: Date.parse(from), toMs: Date.parse(to) },
    policies: readPolicies(values.policy),
    labels: values.labels === undefined ? null : parseLabels(readFileSync(values.labels, 'utf8')),
    json: values.json,
  };
}

function instantOf(name: string, value: string | undefined): string {
  if (value === undefined) throw new Error(`${name} is missing; -h shows how it is used`);
  if (!isInstant(value)) throw new Error(`${name} ${value}: ${INSTANT_HINT}`);
  return value;
}

function readPolicies(file: string): readonly Policy[] {
  const text = readFileSync(file === '-' ? 0 : file, 'utf8');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new Error(`--policy ${file}: not JSON: ${(error as Error).message}`, { cause: error });
  }
  const checked = checkPolicies(value);
  if (checked.ok) return checked.policies;
  const { allowed, field, value: wrong } = checked.fault;
  throw new Error(`--policy ${file}: ${field} is ${wrong}: ${allowed}`);
}

function count(value: number): string {
  return value.toLocaleString('en-US');
}

function say(line: string): void {
  process.stderr.write(`backtest: ${line}\n`);
}
