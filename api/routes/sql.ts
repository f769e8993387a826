/**
 * SQL over REST: `POST /v1/sql` with progress and cancelling, saved queries, and the data dictionary.
 */
import { randomUUID } from 'node:crypto';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import {
  QUERY_ID_PATTERN,
  SAVED_NAME_PATTERN,
  SavedQueries,
  SavedQuery,
  SavedQueryDraft,
  SchemaView,
  SQL_FORMATS,
  SqlProgress,
  SqlRequest,
  type ExampleQuery,
} from '../../contracts/sql.ts';
import { callerOf } from '../../platform/http/access.ts';
import { ProblemError } from '../../platform/http/problem.ts';
import type { Dictionary } from '../sql/dictionary.ts';
import type { SqlRunner } from '../sql/runner.ts';
import type { SavedQueryStore } from '../sql/saved.ts';
import { ProblemDocument, readingClickHouse } from './problems.ts';

/** A query of the longest kind, saved with its description. */
const BODY_LIMIT_BYTES = 512 * 1024;

export interface SqlRoutes {
  readonly runner: SqlRunner;
  readonly saved: SavedQueryStore;
  readonly dictionary: Dictionary;
  readonly examples: () => ExampleQuery[];
}

const QueryId = Type.Object({
  queryId: Type.String({ pattern: QUERY_ID_PATTERN, description: 'Of the query' }),
});
const Name = Type.Object({
  name: Type.String({
    pattern: SAVED_NAME_PATTERN,
    description: 'Lower-case letters, digits and dashes',
  }),
});
const Version = Type.Object({
  'if-match': Type.Optional(
    Type.String({ description: 'ETag of the version that is changed; none to save a new one' }),
  ),
});

export function registerSql(
  app: FastifyInstance,
  { dictionary, examples, runner, saved }: SqlRoutes,
): void {
  const typed = app.withTypeProvider<TypeBoxTypeProvider>();

  typed.post(
    '/v1/sql',
    {
      bodyLimit: BODY_LIMIT_BYTES,
      schema: {
        tags: ['sql'],
        summary: 'Run one query that reads',
        description:
          'The result comes in the format asked for, as ClickHouse writes it, and is whole: a query that ' +
          'fails, is cancelled or reaches one of its limits is answered with a problem instead. Breaking off ' +
          'the request ends the query. The header x-query-id names it.',
        body: SqlRequest,
        produces: [...new Set(Object.values(SQL_FORMATS).map(({ contentType }) => contentType))],
        response: {
          200: Type.Unknown({ description: 'The result, in the format asked for' }),
          400: ProblemDocument,
          403: ProblemDocument,
          409: ProblemDocument,
          422: ProblemDocument,
          429: ProblemDocument,
          503: ProblemDocument,
        },
      },
    },
    async (request, reply) => {
      const { format, limits = {}, name, params, query, query_id: queryId } = request.body;
      const id = queryId ?? randomUUID();
      const gone = new AbortController();
      reply.raw.once('close', () => gone.abort());
      void reply.header('x-query-id', id).header('cache-control', 'no-store');
      const question = { query, format, params, limits, queryId: id, who: whoOf(request) };
      const stream = await runner.run(question, gone.signal);
      const { contentType, extension } = SQL_FORMATS[format];
      return reply
        .header('content-disposition', `attachment; filename="${name ?? 'result'}.${extension}"`)
        .type(contentType)
        .send(stream);
    },
  );

  typed.get(
    '/v1/sql/:queryId',
    {
      schema: {
        tags: ['sql'],
        summary: 'How far a query has come',
        description: 'Of the caller’s own. The newest that have ended are remembered.',
        params: QueryId,
        response: { 200: SqlProgress, 404: ProblemDocument, 503: ProblemDocument },
      },
    },
    async (request, reply) => {
      const { queryId } = request.params;
      void reply.header('cache-control', 'no-store');
      const progress = await readingClickHouse(() => runner.progress(queryId, whoOf(request)));
      return progress ?? unknownQuery(queryId);
    },
  );

  typed.delete(
    '/v1/sql/:queryId',
    {
      schema: {
        tags: ['sql'],
        summary: 'Cancel a query',
        description: 'Its request is answered 409. One that has ended stays as it is.',
        params: QueryId,
        response: { 202: SqlProgress, 404: ProblemDocument },
      },
    },
    async (request, reply) => {
      const { queryId } = request.params;
      if (!runner.cancel(queryId, whoOf(request))) unknownQuery(queryId);
      const progress = await runner.progress(queryId, whoOf(request)).catch(() => null);
      return reply.code(202).send(progress ?? unknownQuery(queryId));
    },
  );

  typed.get(
    '/v1/sql/saved',
    {
      schema: {
        tags: ['sql'],
        summary: 'Saved queries, and the examples that ship with the system',
        response: { 200: SavedQueries, 503: ProblemDocument },
      },
    },
    async () => ({ saved: await saved.list(), examples: examples() }),
  );

  typed.get(
    '/v1/sql/saved/:name',
    {
      schema: {
        tags: ['sql'],
        summary: 'A saved query',
        params: Name,
        response: { 200: SavedQuery, 404: ProblemDocument, 503: ProblemDocument },
      },
    },
    async ({ params: { name } }, reply) => {
      const found = await saved.get(name);
      return reply.header('etag', found.etag).send(found);
    },
  );

  typed.put(
    '/v1/sql/saved/:name',
    {
      bodyLimit: BODY_LIMIT_BYTES,
      schema: {
        tags: ['sql'],
        summary: 'Save a query under a name',
        description:
          'A name that is taken wants the version that you saw, as If-Match: 428 without one, 412 when ' +
          'somebody else has changed it since.',
        params: Name,
        headers: Version,
        body: SavedQueryDraft,
        response: {
          200: SavedQuery,
          201: SavedQuery,
          400: ProblemDocument,
          409: ProblemDocument,
          412: ProblemDocument,
          428: ProblemDocument,
          503: ProblemDocument,
        },
      },
    },
    async (request, reply) => {
      const seen = request.headers['if-match'] ?? null;
      const kept = await saved.save(request.params.name, request.body, {
        by: whoOf(request),
        seen,
      });
      return reply
        .code(seen === null ? 201 : 200)
        .header('etag', kept.etag)
        .send(kept);
    },
  );

  typed.delete(
    '/v1/sql/saved/:name',
    {
      schema: {
        tags: ['sql'],
        summary: 'Remove a saved query',
        params: Name,
        headers: Version,
        response: {
          204: Type.Null({ description: 'It is gone' }),
          404: ProblemDocument,
          412: ProblemDocument,
          428: ProblemDocument,
          503: ProblemDocument,
        },
      },
    },
    async ({ headers, params: { name } }, reply) => {
      await saved.remove(name, headers['if-match'] ?? null);
      return reply.code(204).send(null);
    },
  );

  typed.get(
    '/v1/schema',
    {
      schema: {
        tags: ['sql'],
        summary: 'The data dictionary: tables, views, columns, and what they mean',
        response: { 200: SchemaView, 503: ProblemDocument },
      },
    },
    async () => readingClickHouse(() => dictionary.read()),
  );
}

/** Whose query it is. */
const whoOf = (request: FastifyRequest) => callerOf(request).subject;

function unknownQuery(queryId: string): never {
  throw new ProblemError({
    status: 404,
    kind: 'unknown-query',
    title: 'No such query',
    detail: 'No query of yours has this id; only the newest ones are remembered',
    ...{ field: 'queryId', value: queryId },
  });
}
