/** Why an event was not accepted: the reasons, which are also the subjects of the dead letters. */

export const REJECTION_REASONS = {
  not_json: 'The bytes are not JSON',
  not_an_object: 'The event is not a JSON object',
  invalid_envelope: 'The CloudEvents envelope is wrong',
  unknown_type: 'The type is not in the catalogue',
  internal_type: 'The type is reserved for Stocktide itself',
  not_permitted: 'The sender may not decide',
  invalid_data: 'The data does not fit the schema of its type',
  future_time: 'The time lies too far ahead of the clock',
  too_large: 'The event is larger than an event may be',
  id_conflict: 'The same source and id came before with other data',
  undecodable: 'The message is no event in any form that is read',
  apply_failed: 'A processor could not apply the event',
} as const;
export type RejectionReason = keyof typeof REJECTION_REASONS;

export interface Rejection {
  readonly reason: RejectionReason;
  /** Path of the wrong field, empty for the event as a whole. */
  readonly field: string;
  /** The wrong value as it is shown, cut to 120 characters. */
  readonly value: string;
  /** What is wrong and what would be right. */
  readonly detail: string;
}

/** A message of the DEAD stream. */
export interface DeadLetter extends Rejection {
  /** When it was refused (RFC 3339). */
  readonly at: string;
  readonly via: 'http' | 'nats' | 'runtime';
  readonly source?: string;
  readonly id?: string;
  readonly type?: string;
  /** The original bytes, as text when they are UTF-8. */
  readonly encoding: 'utf8' | 'base64';
  readonly bytes: string;
  /** How many bytes there were, when `bytes` holds only the first of them. */
  readonly size?: number;
}

/** What became of one event of a request. */
export type EventOutcome =
  | {
      readonly index: number;
      readonly id?: string;
      readonly outcome: 'accepted';
      readonly seq: number;
    }
  | { readonly index: number; readonly id?: string; readonly outcome: 'duplicate' }
  | ({ readonly index: number; readonly id?: string; readonly outcome: 'rejected' } & Rejection);

/** The door's answer to a batch. `index` is the position in the batch, from 0. */
export interface BatchAnswer {
  readonly accepted: number;
  readonly duplicates: number;
  readonly rejected: number;
  /** Each event, or (asked for with `?results=rejected`) only the rejected ones. */
  readonly results: readonly EventOutcome[];
}
