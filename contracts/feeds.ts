/** Feeds as people see them: each source with its freshness and its course, and what the door refused of it. */
import { Type, type Static, type TSchema } from 'typebox';
import { SETTLEMENTS } from './events/door.ts';
import { oneOf } from './fields.ts';

const nullable = <S extends TSchema>(schema: S) => Type.Union([schema, Type.Null()]);
const count = (description: string) => Type.Integer({ minimum: 0, description });
const at = (description: string) => Type.String({ description: `${description} (RFC 3339)` });
const ms = (description: string) => nullable(Type.Number({ description: `${description} (ms)` }));

export const FEED_STATES = ['ok', 'quiet', 'late', 'silent'] as const;
export type FeedState = (typeof FEED_STATES)[number];

const STATUS = {
  source: Type.String({ description: 'Source URI' }),
  state: oneOf(
    FEED_STATES,
    'silent: for more than 1.5 of its cadences; late: later than is allowed for; quiet: not heard lately',
  ),
  events: count('Events taken in so far'),
  entities: Type.Array(Type.String(), { description: 'What its events are about' }),
  last_event_at: at('When its newest event happened'),
  last_taken_at: at('When the door took it'),
  cadence_ms: ms('How often it speaks; null while too little is known'),
  watermark: at('It can be taken as complete up to here'),
  late_p50_ms: ms('Lateness that half of its newest events do not exceed'),
  late_p95_ms: ms('Lateness that 95 % of them do not exceed'),
  gaps: count('Numbers missing from its sequence'),
  duplicates: count('Events that the log had already'),
  rejected: count('Events that the door refused'),
  reasons: Type.Record(Type.String(), Type.Integer(), { description: 'The same by reason' }),
};
export const FeedStatus = Type.Object(STATUS);
export type FeedStatus = Static<typeof FeedStatus>;

const FeedPoint = Type.Object({
  at: at('Begin of the hour'),
  events: count('Events taken in within the hour'),
  late_p50_ms: ms('Lateness of half of its events, at the end of the hour'),
  late_p95_ms: ms('Lateness of 95 % of them'),
  rejected: count('Events refused within the hour'),
});
export type FeedPoint = Static<typeof FeedPoint>;

export const FeedView = Type.Object({
  ...STATUS,
  series: Type.Array(FeedPoint, { description: 'By the hour of event time, the oldest first' }),
});
export type FeedView = Static<typeof FeedView>;

export const FeedsView = Type.Object({
  now: at('Event time of the processors'),
  at: at('Wall time of this answer'),
  feeds: Type.Array(FeedView, { description: 'The worst first' }),
});
export type FeedsView = Static<typeof FeedsView>;

/** Data of the topic `feeds`: a field for each source, so that a delta has only what changed. */
export interface FeedsLive {
  /** Event time of the processors (RFC 3339). */
  readonly now: string;
  /** Sources that there are, the worst first. */
  readonly sources: readonly string[];
  readonly [source: `source ${string}`]: FeedStatus;
}

const LETTER = {
  seq: Type.Integer({ description: 'Number of the letter' }),
  at: at('When it was refused'),
  via: Type.String({ description: 'http, nats or runtime' }),
  reason: Type.String({ description: 'Such as invalid_data' }),
  field: Type.String({ description: 'Path of the wrong field; empty for the event as a whole' }),
  value: Type.String({ description: 'The wrong value, cut' }),
  detail: Type.String({ description: 'What is wrong and what would be right' }),
  source: nullable(Type.String()),
  id: nullable(Type.String()),
  type: nullable(Type.String()),
  size: nullable(Type.Integer({ description: 'Bytes there were, when not all were kept' })),
};
export const RejectedEvent = Type.Object({
  ...LETTER,
  preview: Type.String({ description: 'Begin of the original bytes' }),
});
export type RejectedEvent = Static<typeof RejectedEvent>;

export const RejectedList = Type.Object({
  rejected: Type.Array(RejectedEvent, { description: 'The newest first' }),
  counts: Type.Record(Type.String(), Type.Integer(), {
    description: 'All that there are, by reason',
  }),
  next_cursor: nullable(Type.String()),
});
export type RejectedList = Static<typeof RejectedList>;

export const RejectedLetter = Type.Object({
  ...LETTER,
  encoding: Type.String({ description: 'utf8 or base64' }),
  bytes: Type.String({ description: 'The original' }),
});
export type RejectedLetter = Static<typeof RejectedLetter>;

export const ReplayRequest = Type.Object(
  {
    reason: Type.Optional(Type.String({ maxLength: 500, description: 'Why' })),
    event: Type.Optional(
      Type.Unknown({ description: 'The event (or events) put right; the original when absent' }),
    ),
  },
  { additionalProperties: false },
);
export type ReplayRequest = Static<typeof ReplayRequest>;

export const DiscardRequest = Type.Object(
  { reason: Type.String({ minLength: 1, maxLength: 500, description: 'Why' }) },
  { additionalProperties: false },
);
export type DiscardRequest = Static<typeof DiscardRequest>;

export const Settled = Type.Object({
  seq: Type.Integer(),
  settlement: oneOf(SETTLEMENTS, 'What became of it'),
  results: Type.Array(Type.Record(Type.String(), Type.Unknown()), {
    description: 'Outcome of each event at the door; none of a letter that was discarded',
  }),
});
export type Settled = Static<typeof Settled>;

export const SettledEvent = Type.Object({
  letter: Type.Integer(),
  settlement: Type.String(),
  time: at('When it was decided'),
  actor: Type.String(),
  reason: Type.String(),
  rejected_for: Type.String(),
  source: Type.String(),
  id: Type.String(),
});
export type SettledEvent = Static<typeof SettledEvent>;
export const SettledList = Type.Object({ settled: Type.Array(SettledEvent) });
export type SettledList = Static<typeof SettledList>;

export const CheckAnswer = Type.Object({
  ok: Type.Boolean(),
  faults: Type.Array(
    Type.Object({
      index: Type.Integer({ description: 'Which event, from 0' }),
      reason: Type.String(),
      field: Type.String(),
      value: Type.String(),
      detail: Type.String(),
    }),
  ),
});
export type CheckAnswer = Static<typeof CheckAnswer>;
