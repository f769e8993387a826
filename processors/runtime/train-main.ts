/**
 * `npm run train`: trains the shrinkage model on what the floor did of late and puts it into the running system,
 * which scores anomalies with it from then on. Composition root.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { INSTANT_HINT, isInstant } from '../../contracts/fields.ts';
import { createClickHouse } from '../../platform/clickhouse/client.ts';
import type { Config } from '../../platform/config.ts';
import { createLog } from '../../platform/log.ts';
import { connectNats } from '../../platform/nats/connect.ts';
import { systemConfig } from '../../platform/running.ts';
import { outcomeOf, train, type Trained, type TrainingOptions } from './train/train.ts';

const USAGE = `Trains the isolation forest that ranks shrinkage anomalies, and puts it into the running system.

  npm run train -- [--days N] [--to ISO] [--seed N] [--actor WHO] [--reason WHY] [--json]

  --days N      days that the features are read of, until --to (28)
  --to ISO      end of that window; the newest fact of the floor when absent
  --seed N      seed of the training (1): the same window and seed give the same model
  --actor WHO   who trains it, for the log (training)
  --reason WHY  why, for the log (retraining)
  --json        the last line is one JSON object

The features are sql/features/shrinkage.sql. The bytes go into the object store of NATS, under their SHA-256, and
model.trained into the log. It finds the system that runs on STOCKTIDE_HOME (.stocktide); with NATS_URL set, the
one that NATS_URL and CLICKHOUSE_URL name. Ends with 0 when the model is in use, 1 when it was refused, 2 when there
was nothing to train on or the system does not answer.`;

const CONNECT_TIMEOUT_MS = 10_000;
/** The stream has this long to come to the model. */
const ACCEPT_TIMEOUT_MS = 60_000;
const LOOK_AGAIN_MS = 250;
const CODE = { inUse: 0, refused: 1, notTrained: 2 } as const;

interface Options extends TrainingOptions {
  readonly json: boolean;
}

process.exitCode = await main();

async function main(): Promise<number> {
  try {
    const options = readOptions();
    if (options === null) return CODE.inUse;
    const { detail, outcome, trained } = await run(systemConfig(process.env), options);
    const result = { ...trained, outcome, ...(detail === '' ? {} : { detail }) };
    process.stdout.write(`${options.json ? JSON.stringify(result) : textOf(result)}\n`);
    return outcome === 'accepted' ? CODE.inUse : CODE.refused;
  } catch (error) {
    process.stderr.write(`train: ${error instanceof Error ? error.message : String(error)}\n`);
    return CODE.notTrained;
  }
}

async function run(config: Config, options: Options) {
  const { natsPassword: pass, natsUrl: url, natsUser: user } = config;
  // What matters reaches the person as this program's own message.
  const log = createLog({ name: 'train', level: 'silent', format: 'json' });
  const signal = AbortSignal.timeout(CONNECT_TIMEOUT_MS);
  const link = await connectNats({ url, user, pass, name: 'train', log, signal }).catch(
    (error: unknown) => {
      if (!signal.aborted) throw error;
      throw new Error(`NATS at ${url} does not answer`);
    },
  );
  const clickhouse = createClickHouse(config);
  try {
    const trained = await train({ clickhouse, link }, options);
    const deadlineMs = Date.now() + ACCEPT_TIMEOUT_MS;
    while (Date.now() < deadlineMs) {
      const found = await outcomeOf(clickhouse, trained);
      if (found !== null) return { trained, ...found };
      await sleep(LOOK_AGAIN_MS);
    }
    throw new Error(
      `${trained.model_id} is on its way, but the processors have not come to it yet`,
    );
  } finally {
    await clickhouse.close();
    await link.close();
  }
}

function textOf({ detail, outcome, ...trained }: Trained & { outcome: string; detail?: string }) {
  const {
    model_id: id,
    rows,
    sha256,
    size_bytes: bytes,
    trained_from: from,
    trained_to: to,
  } = trained;
  return (
    `${id}: ${outcome}${detail === undefined ? '' : `, ${detail}`}\n` +
    `${rows} rows from ${from} to ${to}, ${bytes} bytes, SHA-256 ${sha256}`
  );
}

function readOptions(): Options | null {
  const { values } = parseArgs({
    options: {
      days: { type: 'string', default: '28' },
      to: { type: 'string' },
      seed: { type: 'string', default: '1' },
      actor: { type: 'string', default: 'training' },
      reason: { type: 'string', default: 'retraining' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(`${USAGE}\n`);
    return null;
  }
  const { actor, json, reason, to } = values;
  if (to !== undefined && !isInstant(to)) throw new Error(`--to ${to}: ${INSTANT_HINT}`);
  return {
    ...{ actor, reason, json },
    days: whole('--days', values.days, { least: 1, most: 365 }),
    seed: whole('--seed', values.seed, { least: 0, most: 1_000_000_000 }),
    toMs: to === undefined ? null : Date.parse(to),
  };
}

function whole(
  name: string,
  text: string,
  { least, most }: { least: number; most: number },
): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw new Error(`${name} ${text}: must be a whole number from ${least} to ${most}`);
}
