/** The door's bounds (law 9): those of the configuration, and those that follow from them. */
import { constants } from 'node:buffer';
import type { Config } from '../../platform/config.ts';

export interface DoorLimits {
  /** Largest request body before and after decompression; an NDJSON stream may be longer. */
  readonly maxBodyBytes: number;
  /** Largest event as it was sent; also what a dead letter keeps of it. */
  readonly maxEventBytes: number;
  readonly maxBatchEvents: number;
  /** How far ahead of the door's clock an event may be. */
  readonly maxFutureMs: number;
  /** Bodies in memory at a time, all requests together. More is answered with 503. */
  readonly maxHeldBytes: number;
}

/** Bodies of full size that the door holds at a time. */
const HELD_BODIES = 8;

export function doorLimits(
  config: Pick<Config, 'maxBodyBytes' | 'maxEventBytes' | 'maxBatchEvents' | 'maxFutureMs'>,
): DoorLimits {
  const { maxEventBytes, maxBatchEvents, maxFutureMs } = config;
  // A body becomes one string before it is parsed.
  const maxBodyBytes = Math.min(config.maxBodyBytes, constants.MAX_STRING_LENGTH);
  return {
    maxBodyBytes,
    maxEventBytes,
    maxBatchEvents,
    maxFutureMs,
    maxHeldBytes: HELD_BODIES * maxBodyBytes,
  };
}

/** Events of an NDJSON stream that are taken at a time. */
export const STREAM_SLICE_EVENTS = 1000;
/** Longest silence of a client in the middle of a body. */
export const BODY_IDLE_MS = 30_000;
/** Longest that a body may take to come in. */
export const BODY_MAX_MS = 2 * 60 * 1000;
/** Longest that one NDJSON stream may take. */
export const STREAM_MAX_MS = 60 * 60 * 1000;
/** A body that inflates to more than this times its size is no text, but a gzip bomb. */
export const MAX_INFLATION = 250;
/** Rejected lines after which a stream is given up: something is wrong with all of it. */
export const MAX_STREAM_REJECTED = 10_000;
/** Outcomes listed in the answer to a stream; all of them are counted. */
export const MAX_LISTED_RESULTS = 1000;
/** How long the event loop is kept by one batch before others get a turn. */
export const TURN_MS = 8;
