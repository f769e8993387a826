/** `GET /v1/positions`: what there is of each SKU at each node, as a list. */
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import { ROUTING_FIELDS } from '../../contracts/envelope.ts';
import { POSITION_KINDS, POSITION_SORTS, PositionList } from '../../contracts/position-views.ts';
import { callerOf } from '../../platform/http/access.ts';
import { pageQuery } from '../page.ts';
import type { PositionDesk } from '../positions/desk.ts';
import { ProblemDocument, readingClickHouse } from './problems.ts';

const MAX_QUERY_LENGTH = 128;

export function registerPositions(
  app: FastifyInstance,
  { positions }: { positions: PositionDesk },
): void {
  app.withTypeProvider<TypeBoxTypeProvider>().get(
    '/v1/positions',
    {
      schema: {
        tags: ['inventory'],
        summary: 'Positions: what there is of each SKU at each node',
        description:
          'From ClickHouse, about a second behind `GET /v1/atp/{sku}`. `atp`: the least first; `on_hand` and ' +
          '`unsellable`: the most first. `oversold`: more is promised than there is; `out_of_stock`: none is ' +
          'available; `unsellable`: some on hand cannot be sold. Demand that waits for a node is a position of ' +
          'its own (`-`), of none of these kinds.',
        querystring: Type.Object(
          {
            only: Type.Optional(
              Type.Enum([...POSITION_KINDS], { description: 'Only positions of this kind' }),
            ),
            node_id: Type.Optional(ROUTING_FIELDS.node_id),
            q: Type.Optional(
              Type.String({
                description: 'Part of an id or of a description',
                minLength: 1,
                maxLength: MAX_QUERY_LENGTH,
              }),
            ),
            sort: Type.Enum([...POSITION_SORTS], { default: 'atp' }),
            ...pageQuery({ limit: 50, maxLimit: 200 }),
          },
          { additionalProperties: false },
        ),
        response: { 200: PositionList, 400: ProblemDocument, 503: ProblemDocument },
      },
    },
    async (request) => {
      const { scope } = callerOf(request);
      return readingClickHouse(() => positions.list({ ...request.query, scope }));
    },
  );
}
