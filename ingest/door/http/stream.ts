/**
 * NDJSON: one event a line, for as long as the sender likes. Lines are taken in slices, in order, and
 * the next bytes are read when a slice is stored: what the door holds does not grow with the stream.
 *
 * A stream that cannot be read to its end (too slow, not gzip, an endless line, mostly wrong) or not be
 * stored is answered with a problem document that says how many lines are settled.
 */
import type { IncomingMessage } from 'node:http';
import type { FastifyReply } from 'fastify';
import { ProblemError } from '../../../platform/http/problem.ts';
import type { Door, Origin } from '../accept.ts';
import { structuredEvent } from '../decode.ts';
import type { Incoming } from '../judge.ts';
import {
  BODY_IDLE_MS,
  MAX_STREAM_REJECTED,
  STREAM_MAX_MS,
  STREAM_SLICE_EVENTS,
  type DoorLimits,
} from '../limits.ts';
import { createTally, maxListed, sendBatch, sendProblemWith } from './answers.ts';
import type { Listing, StreamProgress } from './answers.ts';
import { inflated, type Encoding } from './body.ts';
import type { Hold } from './held-bytes.ts';
import { createLineSplitter, EndlessLine, type Line } from './lines.ts';

export interface StreamParts {
  readonly door: Door;
  readonly limits: Pick<DoorLimits, 'maxEventBytes' | 'maxBodyBytes'>;
  readonly signal: AbortSignal;
}

export async function takeStream(
  { door, limits, signal }: StreamParts,
  request: IncomingMessage,
  reply: FastifyReply,
  {
    encoding,
    hold,
    listing,
    origin,
  }: { encoding: Encoding; hold: Hold; listing: Listing; origin: Origin },
): Promise<FastifyReply> {
  const tally = createTally(listing, maxListed.stream);
  const { maxEventBytes } = limits;
  const splitter = createLineSplitter({ maxBytes: maxEventBytes, abortBytes: limits.maxBodyBytes });
  let settledLines = 0;

  const take = async (lines: readonly Line[]) => {
    for (let from = 0; from < lines.length; from += STREAM_SLICE_EVENTS) {
      const slice = lines.slice(from, from + STREAM_SLICE_EVENTS);
      tally.add(await door.accept(slice.map(lineEvent), origin));
      settledLines = (slice.at(-1)?.index ?? settledLines - 1) + 1;
      if (tally.answer().rejected > MAX_STREAM_REJECTED) throw tooManyRejected();
    }
  };

  const bounds = { maxBytes: Infinity, idleMs: BODY_IDLE_MS, maxMs: STREAM_MAX_MS, signal };
  try {
    for await (const chunk of inflated(request, { encoding, ...bounds })) {
      hold.add(chunk.length);
      await take(splitter.push(chunk));
      hold.release();
    }
    await take(splitter.end());
  } catch (error) {
    const problem = asStreamProblem(error, limits);
    if (!(problem instanceof ProblemError)) throw problem;
    const progress: StreamProgress = { ...tally.answer(), lines: settledLines };
    return sendProblemWith(reply, problem, progress);
  }
  return sendBatch(reply, tally.answer());
}

function lineEvent({ index, bytes, sizeBytes }: Line): Incoming {
  // Of an over-long line only the beginning is here: its size says why it is refused.
  if (sizeBytes > bytes.length) return { index, value: undefined, sizeBytes, bytes: () => bytes };
  return structuredEvent(bytes, index);
}

function tooManyRejected(): ProblemError {
  return new ProblemError({
    status: 422,
    kind: 'too-many-rejected',
    title: 'Too many lines were rejected',
    detail:
      'Something is wrong with the whole of it; mend that, then go on after the settled lines',
    allowed: `at most ${MAX_STREAM_REJECTED} rejected lines`,
  });
}

function asStreamProblem(error: unknown, { maxBodyBytes }: StreamParts['limits']): unknown {
  if (error instanceof EndlessLine) {
    return new ProblemError({
      status: 413,
      kind: 'line-too-long',
      title: 'A line is too long',
      detail: `${error.message}; NDJSON has one event a line`,
      allowed: `lines of at most ${maxBodyBytes} bytes`,
    });
  }
  return error;
}
