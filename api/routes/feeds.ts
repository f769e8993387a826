/**
 * Feeds over REST: every source with its course, and what the door refused.
 *
 *   GET  /v1/feeds                              freshness, lateness, gaps, refusals, by source and hour
 *   GET  /v1/feeds/rejected                     dead letters, newest first
 *   GET  /v1/feeds/rejected/{seq}               one with its original
 *   POST /v1/feeds/rejected/{seq}/replay        through the door again, as it was or put right
 *   POST /v1/feeds/rejected/{seq}/discard       given up, with a reason
 *   GET  /v1/feeds/settled                      what was decided, by whom and why
 *   POST /v1/feeds/check                        is an event good? Nothing is sent.
 */
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { ClickHouseClient } from '@clickhouse/client';
import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import {
  CheckAnswer,
  DiscardRequest,
  FeedsView,
  RejectedLetter,
  RejectedList,
  ReplayRequest,
  Settled,
  SettledList,
} from '../../contracts/feeds.ts';
import { REJECTION_REASONS, type RejectionReason } from '../../contracts/rejections.ts';
import { callerOf } from '../../platform/http/access.ts';
import { readSettled } from '../clickhouse/feeds.ts';
import type { Feeds } from '../feeds.ts';
import { pagedList, pageQuery } from '../page.ts';
import { checkEvents, type Rejected } from '../rejected.ts';
import { ProblemDocument, readingClickHouse } from './problems.ts';

const MAX_HOURS = 24 * 28;
const MAX_LIMIT = 200;
/** A letter may hold 900 KiB, and so may what it is put right with. */
const EVENT_BODY_BYTES = 1024 * 1024;
const REASONS = Object.keys(REJECTION_REASONS) as [RejectionReason, ...RejectionReason[]];
/** By number of the letter. */
const LETTERS = pagedList('rejected', Type.Integer());

const Letter = Type.Object({
  seq: Type.Integer({ minimum: 1, description: 'Number of the letter' }),
});

export interface FeedRoutes {
  readonly feeds: Feeds;
  readonly rejected: Rejected;
  readonly clickhouse: ClickHouseClient;
}

export function registerFeeds(
  app: FastifyInstance,
  { clickhouse, feeds, rejected }: FeedRoutes,
): void {
  const typed = app.withTypeProvider<TypeBoxTypeProvider>();
  const problems = { 400: ProblemDocument, 404: ProblemDocument, 503: ProblemDocument };

  typed.get(
    '/v1/feeds',
    {
      schema: {
        tags: ['feeds'],
        summary: 'Every source: freshness, lateness, gaps, refusals',
        description: 'The live topic `feeds` has the same without the course, once a second.',
        querystring: Type.Object(
          {
            hours: Type.Integer({
              default: 24,
              minimum: 1,
              maximum: MAX_HOURS,
              description: 'Length of the course (event time)',
            }),
          },
          { additionalProperties: false },
        ),
        response: { 200: FeedsView, ...problems },
      },
    },
    async ({ query: { hours } }, reply) => {
      void reply.header('cache-control', 'no-cache');
      return readingClickHouse(() => feeds.view(hours));
    },
  );

  typed.get(
    '/v1/feeds/rejected',
    {
      schema: {
        tags: ['feeds'],
        summary: 'Events that the door refused, newest first',
        querystring: Type.Object(
          {
            reason: Type.Optional(Type.Enum(REASONS, { description: 'Only for this reason' })),
            ...pageQuery({ limit: 50, maxLimit: MAX_LIMIT }),
          },
          { additionalProperties: false },
        ),
        response: { 200: RejectedList, ...problems },
      },
    },
    async (request, reply) => {
      const { cursor, limit, reason } = request.query;
      void reply.header('cache-control', 'no-cache');
      const question = { reason };
      const before = LETTERS.after(cursor, question);
      const page = await rejected.list({ reason, limit, before }, callerOf(request));
      return {
        ...{ rejected: page.rejected, counts: page.counts },
        next_cursor: page.next === null ? null : LETTERS.cursor(page.next, question),
      };
    },
  );

  typed.get(
    '/v1/feeds/rejected/:seq',
    {
      schema: {
        tags: ['feeds'],
        summary: 'One refused event with its original bytes',
        params: Letter,
        response: { 200: RejectedLetter, ...problems },
      },
    },
    async (request, reply) => {
      void reply.header('cache-control', 'no-cache');
      return rejected.read(request.params.seq, callerOf(request));
    },
  );

  typed.post(
    '/v1/feeds/rejected/:seq/replay',
    {
      bodyLimit: EVENT_BODY_BYTES,
      schema: {
        tags: ['feeds'],
        summary: 'Send a refused event through the door again, as it was or put right',
        description:
          'The letter goes once the log has all of it; then `rejection.settled` says who, when and why. ' +
          'Sent twice it counts once. Refused again (422) it stays.',
        params: Letter,
        body: ReplayRequest,
        response: { 200: Settled, 409: ProblemDocument, 422: ProblemDocument, ...problems },
      },
    },
    async (request) => rejected.replay(request.params.seq, request.body, callerOf(request)),
  );

  typed.post(
    '/v1/feeds/rejected/:seq/discard',
    {
      schema: {
        tags: ['feeds'],
        summary: 'Give a refused event up',
        params: Letter,
        body: DiscardRequest,
        response: { 200: Settled, ...problems },
      },
    },
    async (request) => rejected.discard(request.params.seq, request.body, callerOf(request)),
  );

  typed.get(
    '/v1/feeds/settled',
    {
      schema: {
        tags: ['feeds'],
        summary: 'What was decided about refused events, newest first',
        querystring: Type.Object(
          { limit: Type.Integer({ default: 50, minimum: 1, maximum: MAX_LIMIT }) },
          { additionalProperties: false },
        ),
        response: { 200: SettledList, ...problems },
      },
    },
    async ({ query: { limit } }, reply) => {
      void reply.header('cache-control', 'no-cache');
      return { settled: await readingClickHouse(() => readSettled(clickhouse, limit)) };
    },
  );

  typed.post(
    '/v1/feeds/check',
    {
      bodyLimit: EVENT_BODY_BYTES,
      schema: {
        tags: ['feeds'],
        summary: 'Check an event, or a list of them, against the contract',
        description:
          'With the words of the door. Nothing is sent; the door also looks at time and id.',
        body: Type.Object({ event: Type.Unknown() }, { additionalProperties: false }),
        response: { 200: CheckAnswer, 400: ProblemDocument },
      },
    },
    async ({ body: { event } }) => checkEvents(event),
  );
}
