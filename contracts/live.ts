/**
 * The live protocol of `/v1/live`: JSON text frames, one message each.
 *
 *   client                         server
 *   subscribe {topic, resume?} ──▶ snapshot {topic, stream, n, data}      a fresh start, or
 *                                  delta … delta                          what was missed since `resume`
 *                              ◀── delta {topic, n, data}                 n grows by one
 *                              ◀── resync {topic}                         fell behind: a snapshot follows
 *   unsubscribe {topic}        ──▶
 *
 * `stream` names the numbering: another value means that old numbers are void. The data of a delta
 * replaces, at the top level, the fields that it names; lists of nodes and channels are replaced whole.
 */
import { Type, type Static } from 'typebox';

export const LIVE_PATH = '/v1/live';

const topic = Type.String({
  minLength: 1,
  maxLength: 80,
  description: 'system, cases, alerts, feeds, kpi, kpi:<window> or atp:<sku>',
});

export const ClientMessage = Type.Union([
  Type.Object(
    {
      op: Type.Literal('subscribe'),
      topic,
      resume: Type.Optional(
        Type.Object({ stream: Type.String({ maxLength: 40 }), n: Type.Integer({ minimum: 0 }) }),
      ),
    },
    { additionalProperties: false },
  ),
  Type.Object({ op: Type.Literal('unsubscribe'), topic }, { additionalProperties: false }),
  Type.Object({ op: Type.Literal('ping') }, { additionalProperties: false }),
]);
export type ClientMessage = Static<typeof ClientMessage>;

export type ServerMessage<T = unknown> =
  | { op: 'snapshot'; topic: string; stream: string; n: number; data: T }
  | { op: 'delta'; topic: string; n: number; data: Partial<T> }
  | { op: 'resync'; topic: string }
  | { op: 'error'; topic?: string; code: LiveErrorCode; detail: string }
  | { op: 'pong'; at: string };

export type LiveErrorCode =
  | 'not_json'
  | 'invalid_message'
  | 'unknown_topic'
  | 'forbidden'
  | 'too_many_topics'
  | 'unavailable';

/** Freshness of one source, as the processors saw it. */
export interface SourceStatus {
  readonly source: string;
  /** Events that the processors have taken in. */
  readonly events: number;
  /** Event time of its newest event (RFC 3339). */
  readonly lastEventAt: string;
  /** When the door took its newest event (RFC 3339). */
  readonly lastIngestedAt: string;
  /** What its events are about (`order` of `order.line.created`): what the KPIs that need it wait for. */
  readonly entities: readonly string[];
  /** How often it speaks: by policy, as it declared, or as learned; null while too little is known (ms). */
  readonly cadenceMs: number | null;
  /** It is silent for longer than 1.5 times its cadence, by event time. */
  readonly stale: boolean;
  /** It can be taken as complete up to here (RFC 3339). */
  readonly watermark: string;
  /** Numbers missing from its sequence. */
  readonly gaps: number;
  /** Lateness that half of its newest events do not exceed (ms); null before the first. */
  readonly lateP50Ms: number | null;
  /** Lateness that 95 % of its newest events do not exceed (ms); null before the first. */
  readonly lateP95Ms: number | null;
  /** Events that the door had already, and those that it refused, by reason; a minute behind. */
  readonly duplicates: number;
  readonly rejected: number;
  readonly reasons: Readonly<Record<string, number>>;
}

/** What a runtime says of itself once a second (`live.runtime.<slice>`). */
export interface RuntimeStatus {
  readonly slice: string;
  readonly phase: 'recovering' | 'live' | 'paused' | 'stopped';
  /** Why it is paused, or how far recovery has come. */
  readonly detail: string;
  readonly eventsPerSec: number;
  readonly eventsTotal: number;
  /** Last log sequence applied, and the log's last one. */
  readonly appliedSeq: number;
  readonly logSeq: number;
  /** Messages of the log not yet applied. */
  readonly lagEvents: number;
  readonly lagMs: number;
  readonly flushedSeq: number;
  /** Wall time of the last flush (RFC 3339), its rows and how long it took. */
  readonly lastFlushAt: string | null;
  readonly lastFlushRows: number;
  readonly lastFlushMs: number;
  readonly pendingRows: number;
  /** Event time of the processors. */
  readonly now: string;
  readonly positions: number;
  readonly sources: readonly SourceStatus[];
  /** Wall time of this status (RFC 3339). */
  readonly at: string;
}

/** What a door says of itself once a second (`live.door`). */
export interface DoorStatus {
  readonly door: string;
  readonly acceptedPerSec: number;
  readonly accepted: number;
  readonly duplicates: number;
  readonly rejected: number;
  readonly inFlight: number;
  readonly at: string;
}

/** Data of the `system` topic. */
export interface SystemView {
  readonly at: string;
  readonly runtimes: readonly RuntimeStatus[];
  readonly doors: readonly DoorStatus[];
  readonly clickhouse: { readonly ok: boolean; readonly detail: string };
  readonly nats: { readonly ok: boolean; readonly detail: string };
}
