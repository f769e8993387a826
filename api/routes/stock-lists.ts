/**
 * `GET /v1/skus/{sku}/movements` and `GET /v1/skus/{sku}/reconciliations`: what moved a SKU, and what counts
 * made of it, in pages.
 */
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { ClickHouseClient } from '@clickhouse/client';
import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import { ROUTING_FIELDS } from '../../contracts/envelope.ts';
import { MovementList, ReconciliationList } from '../../contracts/stock-lists.ts';
import { callerOf } from '../../platform/http/access.ts';
import { nodesAsked } from '../access/scope.ts';
import { readMovements, readReconciliations } from '../clickhouse/stock-lists.ts';
import { pagedList, pageQuery } from '../page.ts';
import { ProblemDocument, readingClickHouse } from './problems.ts';

const MAX_LIMIT = 200;
/** By place in the log. */
const MOVEMENTS = pagedList('movements', Type.Tuple([Type.Integer(), Type.Integer()]));
const RECONCILIATIONS = pagedList('reconciliations', Type.Tuple([Type.Integer(), Type.String()]));

const Params = Type.Object({ sku: ROUTING_FIELDS.sku_id });
const Query = Type.Object(
  {
    node_id: Type.Optional(ROUTING_FIELDS.node_id),
    ...pageQuery({ limit: 50, maxLimit: MAX_LIMIT }),
  },
  { additionalProperties: false },
);
const problems = { 400: ProblemDocument, 503: ProblemDocument };

export function registerStockLists(
  app: FastifyInstance,
  { clickhouse }: { clickhouse: ClickHouseClient },
): void {
  const typed = app.withTypeProvider<TypeBoxTypeProvider>();

  typed.get(
    '/v1/skus/:sku/movements',
    {
      schema: {
        tags: ['inventory'],
        summary: 'Movements of a SKU, the newest first',
        description: 'Double entry: what leaves one account enters another.',
        params: Params,
        querystring: Query,
        response: { 200: MovementList, ...problems },
      },
    },
    async (request, reply) => {
      const { sku } = request.params;
      const { cursor, limit, node_id: node } = request.query;
      const question = { sku, nodes: nodesAsked(callerOf(request).scope, node) };
      void reply.header('cache-control', 'no-cache');
      const before = MOVEMENTS.after(cursor, question);
      const rows = await readingClickHouse(() =>
        readMovements(clickhouse, { ...question, before, limit: limit + 1 }),
      );
      const page = MOVEMENTS.page(rows, {
        ...{ limit, question },
        placeOf: ({ idx, seq }) => [seq, idx],
      });
      return { sku_id: sku, movements: page.entries, next_cursor: page.nextCursor };
    },
  );

  typed.get(
    '/v1/skus/:sku/reconciliations',
    {
      schema: {
        tags: ['inventory'],
        summary: 'Differences between counts and the ledger, the newest first',
        description: 'Each in its newest revision, compared as of the time of the count.',
        params: Params,
        querystring: Query,
        response: { 200: ReconciliationList, ...problems },
      },
    },
    async (request, reply) => {
      const { sku } = request.params;
      const { cursor, limit, node_id: node } = request.query;
      const question = { sku, nodes: nodesAsked(callerOf(request).scope, node) };
      void reply.header('cache-control', 'no-cache');
      const before = RECONCILIATIONS.after(cursor, question);
      const rows = await readingClickHouse(() =>
        readReconciliations(clickhouse, { ...question, before, limit: limit + 1 }),
      );
      const page = RECONCILIATIONS.page(rows, {
        ...{ limit, question },
        placeOf: ({ reconciliation_id: id, seq }) => [seq, id],
      });
      return { sku_id: sku, reconciliations: page.entries, next_cursor: page.nextCursor };
    },
  );
}
