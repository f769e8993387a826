/**
 * Training of the shrinkage model, beside the stream.
 *
 *   sql/features/shrinkage.sql at some instants of a window ─▶ rows ─▶ isolation forest, by seed ─▶ bytes
 *        ─▶ object store, under their hash ─▶ `model.trained` through the door ─▶ LOG ─▶ detect
 *
 * The bytes are stored before the event is sent: whoever reads the event finds them. The same rows and seed give
 * the same bytes.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { TYPE_PREFIX, TYPE_SUFFIX, type ProducerEvent } from '../../../contracts/envelope.ts';
import type { InputDataOf } from '../../../contracts/events.ts';
import type { ClickHouse } from '../../../platform/clickhouse/client.ts';
import type { NatsLink } from '../../../platform/nats/connect.ts';
import { putModel } from '../../../platform/nats/models.ts';
import { FEATURES } from '../../detect/model/features.ts';
import { modelBytes, trainModel } from '../../detect/model/model.ts';

const FEATURES_SQL = fileURLToPath(new URL('../../../sql/features/shrinkage.sql', import.meta.url));
const DAY_MS = 24 * 60 * 60_000;
/** Instants of the window at which the features are read, evenly apart, the end included. */
const INSTANTS = 7;
/** Rows that are trained on; each tree sees 256 of them. */
const MAX_ROWS = 500_000;
/** Fewer rows than one tree wants to see say nothing of what is usual. */
export const LEAST_ROWS = 256;
const SUBJECT = 'in.model.shrinkage';
const SOURCE = 'urn:stocktide:training';

/** There is too little to train on; the message says what is missing. */
export class TrainingError extends Error {
  override readonly name = 'TrainingError';
}

export interface TrainingOptions {
  readonly days: number;
  /** End of the window (event time); the newest fact of the floor when null. */
  readonly toMs: number | null;
  readonly seed: number;
  readonly actor: string;
  readonly reason: string;
}

export type Trained = InputDataOf<'model.trained'>;

/** Trains, stores and announces a model. Throws a TrainingError when there are fewer than LEAST_ROWS rows. */
export async function train(
  { clickhouse, link }: { clickhouse: ClickHouse; link: NatsLink },
  options: TrainingOptions,
): Promise<Trained> {
  const { actor, days, reason, seed } = options;
  const toMs = options.toMs ?? (await newestFactMs(clickhouse));
  const fromMs = toMs - days * DAY_MS;
  const rows = await readRows(clickhouse, { fromMs, toMs });
  if (rows.length < LEAST_ROWS) {
    const span = `${new Date(fromMs).toISOString()} to ${new Date(toMs).toISOString()}`;
    throw new TrainingError(
      `${rows.length} rows from ${span} are too few: ${LEAST_ROWS} are needed`,
    );
  }
  const bytes = modelBytes(trainModel(rows, seed));
  const sha256 = await putModel(link, bytes);
  const trained: Trained = {
    model_id: `shrinkage-${new Date(toMs).toISOString().slice(0, 10)}-${sha256.slice(0, 8)}`,
    purpose: 'shrinkage',
    sha256,
    size_bytes: bytes.length,
    features: [...FEATURES],
    rows: rows.length,
    seed,
    trained_from: new Date(fromMs).toISOString(),
    trained_to: new Date(toMs).toISOString(),
    ...{ actor, reason },
  };
  await announce(link, trained, toMs);
  return trained;
}

/** Sends `model.trained` to the door; resolves when the queue before it holds it. */
export async function announce(link: NatsLink, data: Trained, timeMs: number): Promise<void> {
  const time = new Date(timeMs).toISOString();
  const event: ProducerEvent = {
    specversion: '1.0',
    id: `${data.model_id}/${time}`,
    source: SOURCE,
    type: `${TYPE_PREFIX}model.trained${TYPE_SUFFIX}`,
    time,
    data,
  };
  await link.js.publish(SUBJECT, Buffer.from(JSON.stringify(event)), {
    msgID: `${event.source}/${event.id}`,
  });
}

/** What became of a model; null while the stream has not come to it. */
export async function outcomeOf(
  clickhouse: ClickHouse,
  { model_id: id }: Trained,
): Promise<{ readonly outcome: string; readonly detail: string } | null> {
  const result = await clickhouse.query({
    query: `SELECT outcome, detail FROM models WHERE model_id = {id:String} ORDER BY seq DESC LIMIT 1`,
    query_params: { id },
    format: 'JSONEachRow',
  });
  const [row] = await result.json<{ outcome: string; detail: string }>();
  return row ?? null;
}

async function newestFactMs(clickhouse: ClickHouse): Promise<number> {
  const result = await clickhouse.query({
    query: `SELECT toString(toUnixTimestamp64Milli(max(at))) AS ms, count() AS facts FROM floor_events`,
    format: 'JSONEachRow',
  });
  const [row] = await result.json<{ ms: string; facts: string }>();
  if (row === undefined || Number(row.facts) === 0) {
    throw new TrainingError('there are no facts of the floor yet');
  }
  return Number(row.ms);
}

async function readRows(
  clickhouse: ClickHouse,
  { fromMs, toMs }: { fromMs: number; toMs: number },
): Promise<number[][]> {
  const rows: number[][] = [];
  for (let step = 1; step <= INSTANTS && rows.length < MAX_ROWS; step++) {
    const asOfMs = Math.round(fromMs + ((toMs - fromMs) * step) / INSTANTS);
    for (const { features } of await readFeatures(clickhouse, asOfMs)) rows.push(features);
  }
  return rows.slice(0, MAX_ROWS);
}

/** The features of each SKU at each node at an instant, in the order of FEATURES. */
export async function readFeatures(
  clickhouse: ClickHouse,
  asOfMs: number,
): Promise<{ readonly sku: string; readonly node: string; readonly features: number[] }[]> {
  const result = await clickhouse.query({
    query: readFileSync(FEATURES_SQL, 'utf8'),
    query_params: { as_of: new Date(asOfMs).toISOString().replace('T', ' ').replace('Z', '') },
    format: 'JSONEachRow',
  });
  const rows = await result.json<Record<string, number | string>>();
  return rows.map((row) => ({
    sku: String(row['sku_id']),
    node: String(row['node_id']),
    features: FEATURES.map((name) => Number(row[name])),
  }));
}
