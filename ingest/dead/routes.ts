/**
 * Dead letters over HTTP: seen, read, replayed.
 *
 *   GET  /v1/dead?reason=&limit=&before=   newest first, with counts by reason
 *   GET  /v1/dead/<seq>                    one letter with its original bytes
 *   POST /v1/dead/<seq>/replay             through the door again; a body is the mended event (or batch)
 *   POST /v1/dead/<seq>/discard?reason=    given up
 *
 * `reason` in the query of the last two says why; the log keeps it, with who decided.
 */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { REJECTION_REASONS } from '../../contracts/rejections.ts';
import { callerOf } from '../../platform/http/access.ts';
import { mayDecide } from '../access.ts';
import { ProblemError } from '../../platform/http/problem.ts';
import { sendProblemWith } from '../door/http/answers.ts';
import { decodeRequest, readBodiesHere, type EventRoutesParts } from '../door/http/routes.ts';
import { isReason, type LetterReader } from './reader.ts';
import { discardLetter, noSuchLetter, replayLetter } from './replay.ts';
import type { Decision, Settlements } from './settle.ts';

export interface DeadRoutesParts extends EventRoutesParts {
  readonly letters: LetterReader;
  readonly settlements: Settlements;
}

const DEFAULT_LIMIT = 50;
const MAX_LIMIT = 500;

export function registerDeadRoutes(app: FastifyInstance, parts: DeadRoutesParts): void {
  const { letters } = parts;

  app.get('/v1/dead', async ({ query }) => {
    const { reason, limit, before } = query as Record<string, string | undefined>;
    if (reason !== undefined && !isReason(reason)) {
      throw invalid('reason', reason, `one of ${Object.keys(REJECTION_REASONS).join(', ')}`);
    }
    return letters.list({
      reason,
      limit: wholeNumber('limit', limit, MAX_LIMIT) ?? DEFAULT_LIMIT,
      before: wholeNumber('before', before, Number.MAX_SAFE_INTEGER),
    });
  });

  app.get<{ Params: { seq: string } }>('/v1/dead/:seq', async ({ params }) => {
    const seq = readSeq(params.seq);
    const letter = await letters.read(seq);
    if (letter === null) throw noSuchLetter(seq);
    return letter;
  });

  app.post<{ Params: { seq: string } }>('/v1/dead/:seq/discard', async (request, reply) => {
    const seq = readSeq(request.params.seq);
    const decision = readDecision(request);
    if (decision.reason === '') throw invalid('reason', '', 'why the letter is given up');
    await discardLetter(parts, seq, decision);
    return reply.send({ seq, removed: true });
  });

  void app.register(async (scope) => {
    readBodiesHere(scope, parts);
    scope.post<{ Params: { seq: string } }>('/v1/dead/:seq/replay', async (request, reply) => {
      const seq = readSeq(request.params.seq);
      const hold = parts.held.open();
      try {
        const mended = hasBody(request)
          ? await decodeRequest(request.raw, 'either', parts, hold)
          : null;
        const decision = readDecision(request);
        const replayed = await replayLetter(parts, seq, {
          ...{ mended, decision },
          mayDecide: mayDecide(callerOf(request)),
        });
        return replayed.removed
          ? await reply.send(replayed)
          : await sendProblemWith(reply, stillRefused(seq), replayed);
      } finally {
        hold.release();
      }
    });
  });
}

const MAX_REASON_LENGTH = 500;

/** Who decides is who calls; why may be left out by a program that does not know. */
function readDecision(request: Pick<FastifyRequest, 'caller' | 'query'>): Decision {
  const { reason = '' } = request.query as Record<string, unknown>;
  // eslint-disable-next-line no-control-regex
  const isText = typeof reason === 'string' && !/[\u0000-\u001f\u007f]/.test(reason);
  if (!isText || reason.length > MAX_REASON_LENGTH) {
    throw invalid('reason', reason, `text of at most ${MAX_REASON_LENGTH} characters`);
  }
  return { actor: callerOf(request).subject, reason: reason.trim() };
}

function hasBody({ headers }: FastifyRequest): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

function stillRefused(seq: number): ProblemError {
  return new ProblemError({
    status: 422,
    kind: 'letter-refused',
    title: 'The letter was refused again',
    detail: `Letter ${seq} stays where it is; the results say what is wrong`,
  });
}

function readSeq(text: string): number {
  const seq = wholeNumber('seq', text, Number.MAX_SAFE_INTEGER);
  return seq ?? 0;
}

/** 1 … max, or undefined when absent. */
function wholeNumber(field: string, text: string | undefined, max: number): number | undefined {
  if (text === undefined) return undefined;
  const number = /^\d+$/.test(text) ? Number(text) : NaN;
  if (number >= 1 && number <= max) return number;
  throw invalid(field, text, `a whole number from 1 to ${max}`);
}

function invalid(field: string, value: unknown, allowed: string): ProblemError {
  return new ProblemError({
    status: 400,
    kind: 'invalid-request',
    title: 'The request does not match its schema',
    detail: `${field}: must be ${allowed}`,
    field,
    value,
    allowed,
  });
}
