/**
 * Taking a slice over: one runtime to a slice.
 *
 *   ask own.<slice> ─▶ somebody answers: SliceTakenError, nothing was touched
 *        └ silence ─▶ checkpoint, LOG and database belong together? ─▶ epoch + 1, by compare-and-set
 *
 * A living owner answers. One that is frozen or cut off does not: the newcomer takes over, and the old
 * owner's next checkpoint write fails (platform/nats/checkpoints.ts), so nothing is written twice.
 */
import { ErrorCode, NatsError } from 'nats';
import type { ClickHouse } from '../../platform/clickhouse/client.ts';
import { FencedError, openCheckpoint, type Checkpoint } from '../../platform/nats/checkpoints.ts';
import type { NatsLink } from '../../platform/nats/connect.ts';
import { CHECKPOINT_BUCKET, CHECKPOINT_STREAM, STREAMS } from '../../platform/nats/streams.ts';
import { SliceTakenError, type CheckpointRecord } from './checkpoint.ts';
import { checkContinuity, type Facts } from './continuity.ts';
import type { Slice } from './slices.ts';

/** A living owner answers within a millisecond. */
const ANSWER_MS = 1_000;
/** One try of the flusher to write the checkpoint, which goes on trying. */
const CHECKPOINT_MS = 2_000;

const subjectOf = (slice: string) => `own.${slice}`;

export interface Claim {
  readonly checkpoint: Checkpoint<CheckpointRecord>;
  /** As it was written with the new epoch. */
  readonly record: CheckpointRecord;
  readonly facts: Facts;
  /** Ends answering as the owner. */
  release(): void;
}

/** Throws a SliceTakenError, or a ContinuityError when going on would lose or double anything. */
export async function claimSlice(options: {
  link: NatsLink;
  clickhouse: ClickHouse;
  slice: Pick<Slice, 'name' | 'covers'>;
}): Promise<Claim> {
  const { clickhouse, link, slice } = options;
  await refuseLivingOwner(link, slice.name);
  const { js } = link;
  const checkpoint = await openCheckpoint<CheckpointRecord>(js, slice.name, {
    timeoutMs: CHECKPOINT_MS,
  });
  const own = await checkpoint.read();
  const { covers } = slice;
  const { database } = clickhouse;
  // The database before the log: what is stored meanwhile is then in the log as well.
  const newestStored = await newestSeq(clickhouse);
  const others = await otherRecords(link, slice.name);
  const { state } = await link.jsm.streams.info(STREAMS.log);
  const log = { firstSeq: state.first_seq, lastSeq: state.last_seq };
  const facts = { slice: slice.name, covers, database, own, others, log, newestStored };
  checkContinuity(facts);

  const found = own ?? { flushed: 0, intent: null, rows: 0, snapshot: null, previous: null };
  const record = { ...found, covers, database, epoch: (own?.epoch ?? 0) + 1 };
  try {
    await checkpoint.write(record);
  } catch (error) {
    if (!(error instanceof FencedError)) throw error;
    throw new SliceTakenError(`slice ${slice.name} was taken by another process in this moment`);
  }
  return { checkpoint, record, facts, release: answerOwnership(link, slice.name, record.epoch) };
}

async function refuseLivingOwner(link: NatsLink, slice: string): Promise<void> {
  try {
    const answer = await link.nc.request(subjectOf(slice), '', { timeout: ANSWER_MS });
    const { epoch, pid } = answer.json<{ epoch: number; pid: number }>();
    throw new SliceTakenError(
      `slice ${slice} is owned by a running process (epoch ${epoch}, pid ${pid}); stop that one first`,
    );
  } catch (error) {
    if (!(error instanceof NatsError)) throw error;
    const silent = [ErrorCode.NoResponders, ErrorCode.Timeout].map(String);
    if (!silent.includes(error.code)) throw error;
    if (error.code === String(ErrorCode.Timeout)) {
      link.log.warn({ slice }, 'the owner of the slice does not answer: taking over');
    }
  }
}

/** Answers for the slice; returns how to end that. */
function answerOwnership(link: NatsLink, slice: string, epoch: number): () => void {
  const subscription = link.nc.subscribe(subjectOf(slice), {
    callback: (error, message) => {
      if (error === null) message.respond(JSON.stringify({ epoch, pid: process.pid }));
    },
  });
  return () => {
    if (!link.nc.isClosed()) subscription.unsubscribe();
  };
}

async function otherRecords(link: NatsLink, slice: string): Promise<Map<string, CheckpointRecord>> {
  const prefix = `$KV.${CHECKPOINT_BUCKET}.`;
  const { state } = await link.jsm.streams.info(CHECKPOINT_STREAM, {
    subjects_filter: `${prefix}*`,
  });
  const records = new Map<string, CheckpointRecord>();
  for (const subject of Object.keys(state.subjects ?? {})) {
    const name = subject.slice(prefix.length);
    if (name === slice) continue;
    const other = await openCheckpoint<CheckpointRecord>(link.js, name);
    const record = await other.read();
    if (record !== null) records.set(name, record);
  }
  return records;
}

/** Newest log sequence in the tables of facts; null when they are empty. */
async function newestSeq(clickhouse: ClickHouse): Promise<number | null> {
  const result = await clickhouse.query({
    query: `SELECT max(seq) FROM (
              SELECT seq FROM events ORDER BY seq DESC LIMIT 1
              UNION ALL
              SELECT last_seq FROM stock_positions ORDER BY last_seq DESC LIMIT 1
            )`,
    format: 'JSONCompactEachRow',
    clickhouse_settings: { output_format_json_quote_64bit_integers: 0 },
  });
  const [row] = await result.json<[number]>();
  return row === undefined || row[0] === 0 ? null : row[0];
}
