/** The door's answers: per event what happened, and problem documents that carry the same counts. */
import type { FastifyReply } from 'fastify';
import {
  REJECTION_REASONS,
  type BatchAnswer,
  type EventOutcome,
  type Rejection,
} from '../../../contracts/rejections.ts';
import { ProblemError } from '../../../platform/http/problem.ts';
import { MAX_LISTED_RESULTS } from '../limits.ts';

/** Which outcomes an answer lists; all of them are counted. */
export type Listing = 'all' | 'rejected';

/** Counts outcomes and keeps those that the answer lists, at most `maxListed`. */
export interface Tally {
  add(outcomes: readonly EventOutcome[]): void;
  answer(): BatchAnswer;
}

export function createTally(listing: Listing, maxListed: number): Tally {
  const counts = { accepted: 0, duplicates: 0, rejected: 0 };
  const results: EventOutcome[] = [];
  let truncated = false;
  return {
    add(outcomes) {
      for (const outcome of outcomes) {
        if (outcome.outcome === 'accepted') counts.accepted++;
        else if (outcome.outcome === 'duplicate') counts.duplicates++;
        else counts.rejected++;
        if (listing === 'rejected' && outcome.outcome !== 'rejected') continue;
        if (results.length < maxListed) results.push(outcome);
        else truncated = true;
      }
    },
    answer: () => ({ ...counts, results, ...(truncated ? { truncated } : {}) }),
  };
}

/** 200 when nothing was rejected, else 207: each event has its own outcome. */
export function sendBatch(reply: FastifyReply, answer: BatchAnswer): FastifyReply {
  return sendJson(reply.code(answer.rejected > 0 ? 207 : 200), answer);
}

/** 200, or the rejection as a problem document: 400 when the bytes are not JSON, else 422. */
export function sendOne(reply: FastifyReply, outcome: EventOutcome): FastifyReply {
  const tally = createTally('all', 1);
  tally.add([outcome]);
  const answer = tally.answer();
  if (outcome.outcome !== 'rejected') return sendJson(reply.code(200), answer);
  return sendProblemWith(reply, problemOf(outcome), { reason: outcome.reason, ...answer });
}

function problemOf({ reason, field, value, detail }: Rejection): ProblemError {
  return new ProblemError({
    status: reason === 'not_json' ? 400 : 422,
    kind: reason.replaceAll('_', '-'),
    title: REJECTION_REASONS[reason],
    detail,
    ...(field === '' ? {} : { field }),
    ...(value === '' ? {} : { value }),
  });
}

/** A stream that ended early: what became of the lines before, so that the sender can go on there. */
export interface StreamProgress extends BatchAnswer {
  /** Lines whose outcome is settled; the next request begins with this one, counted from 0. */
  readonly lines: number;
}

/** Answers with a problem document and the door's own members beside it. */
export function sendProblemWith(
  reply: FastifyReply,
  { problem, retryAfterS }: ProblemError,
  members: object,
): FastifyReply {
  if (retryAfterS !== undefined) void reply.header('retry-after', String(retryAfterS));
  void reply.code(problem.status).type('application/problem+json');
  return reply.send(JSON.stringify({ ...problem, requestId: reply.request.id, ...members }));
}

export const maxListed = { batch: Infinity, stream: MAX_LISTED_RESULTS } as const;

function sendJson(reply: FastifyReply, body: object): FastifyReply {
  return reply.type('application/json; charset=utf-8').send(JSON.stringify(body));
}
