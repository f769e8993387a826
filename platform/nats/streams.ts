/**
 * The streams of the system and the buckets of checkpoints and models: created when missing, brought up to the
 * configured limits when they differ. Every process does so at its start; it is idempotent.
 *
 * What happens at a limit (law 9): the LOG and SIGNALS drop their oldest (a reader that has fallen so
 * far behind is told, see consume.ts); INBOX, DEAD, SNAPSHOTS and the models refuse what is new, so that the
 * writer knows.
 */
import {
  DiscardPolicy,
  NatsError,
  RetentionPolicy,
  StorageType,
  nanos,
  type JetStreamManager,
  type StreamConfig,
} from 'nats';
import type { StreamLimits } from '../config.ts';

export const STREAMS = {
  inbox: 'INBOX',
  log: 'LOG',
  dead: 'DEAD',
  signals: 'SIGNALS',
  snapshots: 'SNAPSHOTS',
} as const;

/** Key-value bucket of the checkpoints; as for every bucket of NATS, a stream lies beneath it. */
export const CHECKPOINT_BUCKET = 'checkpoints';
export const CHECKPOINT_STREAM = `KV_${CHECKPOINT_BUCKET}`;
/** Bucket of the object store for trained models, and the stream beneath it. */
export const MODEL_BUCKET = 'models';
const MODEL_STREAM = `OBJ_${MODEL_BUCKET}`;

/** Buckets of platform/access: API tokens, and dashboard sessions, which end by themselves. */
export const TOKEN_BUCKET = 'access_tokens';
export const SESSION_BUCKET = 'access_sessions';
/** Bucket of the queries that people have saved (api/sql/saved.ts). */
export const SAVED_QUERY_BUCKET = 'saved_queries';

const SECOND_MS = 1000;
const DAY_MS = 86_400 * SECOND_MS;
const CHECKPOINTS_MAX_BYTES = 16 * 1024 * 1024;
/** A model has about a megabyte and none is removed: four years of weekly ones. */
const MODELS_MAX_BYTES = 256 * 1024 * 1024;
const ACCESS_MAX_BYTES = 16 * 1024 * 1024;
/** No session lasts longer. */
export const SESSION_MAX_MS = DAY_MS;
const SAVED_QUERIES_MAX_BYTES = 32 * 1024 * 1024;

/** A stream as this system wants it. */
type WantedStream = Pick<StreamConfig, 'name'> & Partial<StreamConfig> & { max_bytes: number };

/** A stream cannot be made as wanted; the message says which and what to change. */
export class StreamSetupError extends Error {
  override readonly name = 'StreamSetupError';
}

/** The streams under the given limits. Windows for duplicates: see ENGINE measurements in docs. */
export function wantedStreams(limits: StreamLimits): WantedStream[] {
  const common = {
    storage: StorageType.File,
    num_replicas: limits.streamReplicas,
    retention: RetentionPolicy.Limits,
  };
  return [
    {
      ...common,
      name: STREAMS.inbox,
      description: 'Events from producers that speak NATS, until the door has taken them',
      subjects: ['in.>'],
      retention: RetentionPolicy.Workqueue,
      discard: DiscardPolicy.New,
      max_bytes: limits.inboxMaxBytes,
      duplicate_window: nanos(60 * SECOND_MS),
    },
    {
      ...common,
      name: STREAMS.log,
      description: 'The one ordered truth: every accepted event',
      subjects: ['ops.v1.>'],
      discard: DiscardPolicy.Old,
      max_age: nanos(limits.logMaxAgeDays * DAY_MS),
      max_bytes: limits.logMaxBytes,
      // The server keeps about 260 bytes per id for this long; later repeats are the runtime's.
      duplicate_window: nanos(60 * SECOND_MS),
    },
    {
      ...common,
      name: STREAMS.dead,
      description: 'What the door or the runtime could not accept, with the reason and the bytes',
      subjects: ['dead.>'],
      discard: DiscardPolicy.New,
      max_age: nanos(limits.deadMaxAgeDays * DAY_MS),
      max_bytes: limits.deadMaxBytes,
      duplicate_window: nanos(120 * SECOND_MS),
    },
    {
      ...common,
      name: STREAMS.signals,
      description: 'Case changes, alerts and notifications on their way out',
      subjects: ['sig.>'],
      discard: DiscardPolicy.Old,
      max_age: nanos(limits.signalsMaxAgeDays * DAY_MS),
      max_bytes: limits.signalsMaxBytes,
      // Longer than a recovering processor takes to repeat what it had already sent.
      duplicate_window: nanos(600 * SECOND_MS),
    },
    {
      ...common,
      name: STREAMS.snapshots,
      description: 'State of the processors, in chunks',
      subjects: ['snap.>'],
      discard: DiscardPolicy.New,
      max_bytes: limits.snapshotsMaxBytes,
      duplicate_window: nanos(120 * SECOND_MS),
    },
    {
      ...common,
      ...bucket(CHECKPOINT_BUCKET),
      description: 'How far each runtime has come',
      discard: DiscardPolicy.New,
      max_bytes: CHECKPOINTS_MAX_BYTES,
    },
    {
      ...common,
      ...bucket(TOKEN_BUCKET),
      description: 'API tokens: hashes, roles, scopes',
      discard: DiscardPolicy.New,
      max_bytes: ACCESS_MAX_BYTES,
    },
    {
      ...common,
      ...bucket(SESSION_BUCKET),
      description: 'Sessions of the dashboard',
      discard: DiscardPolicy.Old,
      max_age: nanos(SESSION_MAX_MS),
      max_bytes: ACCESS_MAX_BYTES,
    },
    {
      ...common,
      ...bucket(SAVED_QUERY_BUCKET),
      description: 'Queries that people have saved',
      discard: DiscardPolicy.New,
      max_bytes: SAVED_QUERIES_MAX_BYTES,
    },
    {
      // The layout of a bucket of the object store, so that `nats object get` works.
      ...common,
      name: MODEL_STREAM,
      description: 'Trained models, by the SHA-256 of their bytes',
      subjects: [`$O.${MODEL_BUCKET}.C.>`, `$O.${MODEL_BUCKET}.M.>`],
      discard: DiscardPolicy.New,
      max_bytes: MODELS_MAX_BYTES,
      allow_rollup_hdrs: true,
      allow_direct: true,
      duplicate_window: nanos(120 * SECOND_MS),
    },
  ];
}

/** The layout of a NATS key-value bucket with one value per key, so that `nats kv get` works. */
function bucket(name: string) {
  return {
    name: `KV_${name}`,
    subjects: [`$KV.${name}.>`],
    max_msgs_per_subject: 1,
    allow_rollup_hdrs: true,
    deny_delete: true,
    // Reads come from the leader: a stale one would blur who owns a checkpoint.
    allow_direct: false,
    duplicate_window: nanos(120 * SECOND_MS),
  };
}

/** What the server's `max_file` must allow for all of them together, in bytes. */
export function reservedBytes(limits: StreamLimits): number {
  return wantedStreams(limits).reduce((sum, stream) => sum + stream.max_bytes, 0);
}

/**
 * Creates or updates every stream and the checkpoint bucket. Throws a StreamSetupError that names the
 * stream and the variable when the server's limits are too small or a stream of another shape is in
 * the way.
 */
export async function ensureStreams(jsm: JetStreamManager, limits: StreamLimits): Promise<void> {
  for (const wanted of wantedStreams(limits)) {
    try {
      await ensureStream(jsm, wanted);
    } catch (error) {
      throw explained(error, wanted);
    }
  }
}

async function ensureStream(jsm: JetStreamManager, wanted: WantedStream): Promise<void> {
  const current = await findStream(jsm, wanted.name);
  if (current === null) {
    try {
      await jsm.streams.add(wanted);
      return;
    } catch (error) {
      // Another process made it in this moment, under limits of its own.
      if (errorCodeOf(error) !== SERVER_CODE.nameInUse) throw error;
    }
  }
  // Asked first: the server wants room for a second stream even where nothing would change.
  if (current === null || !agrees(current, wanted)) await jsm.streams.update(wanted.name, wanted);
}

async function findStream(jsm: JetStreamManager, name: string): Promise<StreamConfig | null> {
  try {
    return (await jsm.streams.info(name)).config;
  } catch (error) {
    if (errorCodeOf(error) === SERVER_CODE.streamNotFound) return null;
    throw error;
  }
}

/** Whether everything wanted is so already; the server adds defaults of its own to the rest. */
function agrees(current: StreamConfig, wanted: WantedStream): boolean {
  return Object.entries(wanted).every(
    ([key, value]) => JSON.stringify(current[key as keyof StreamConfig]) === JSON.stringify(value),
  );
}

/** JetStream's own error codes (`err_code` of an answer). */
const SERVER_CODE = {
  insufficientResources: 10_023,
  memoryExceeded: 10_028,
  storageExceeded: 10_047,
  updateImpossible: 10_052,
  nameInUse: 10_058,
  streamNotFound: 10_059,
  subjectsOverlap: 10_065,
} as const;

function errorCodeOf(error: unknown): number | undefined {
  return error instanceof NatsError ? error.api_error?.err_code : undefined;
}

const LIMIT_VARIABLE: Record<string, string> = {
  [STREAMS.inbox]: 'INBOX_MAX_BYTES',
  [STREAMS.log]: 'LOG_MAX_BYTES',
  [STREAMS.dead]: 'DEAD_MAX_BYTES',
  [STREAMS.signals]: 'SIGNALS_MAX_BYTES',
  [STREAMS.snapshots]: 'SNAPSHOTS_MAX_BYTES',
};

function explained(error: unknown, wanted: WantedStream): unknown {
  const detail = error instanceof Error ? error.message : String(error);
  const because = (text: string) =>
    new StreamSetupError(`stream ${wanted.name}: ${text} (server: ${detail})`, { cause: error });
  switch (errorCodeOf(error)) {
    case SERVER_CODE.insufficientResources:
    case SERVER_CODE.memoryExceeded:
    case SERVER_CODE.storageExceeded:
      return because(
        `the NATS server's JetStream limits do not allow ${wanted.max_bytes} more bytes; ` +
          `lower ${LIMIT_VARIABLE[wanted.name]} or raise max_file_store of the server`,
      );
    case SERVER_CODE.updateImpossible:
      return because(
        'a stream of this name has another retention or storage, which cannot be changed; ' +
          'use an account of its own for Stocktide, or rename or delete that stream',
      );
    case SERVER_CODE.subjectsOverlap:
      return because(
        `another stream already takes its subjects (${wanted.subjects?.join(', ')}); ` +
          'use an account of its own for Stocktide, or delete that stream',
      );
    default:
      return error;
  }
}
