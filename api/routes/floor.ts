/** `GET /v1/floor`: one node's floor over a window. */
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import { key } from '../../contracts/fields.ts';
import { FloorView } from '../../contracts/floor-views.ts';
import { KPI_WINDOWS } from '../../contracts/kpi.ts';
import { callerOf } from '../../platform/http/access.ts';
import type { FloorDesk } from '../floor/desk.ts';
import { ProblemDocument, readingClickHouse } from './problems.ts';

export function registerFloor(app: FastifyInstance, { floor }: { floor: FloorDesk }): void {
  app.withTypeProvider<TypeBoxTypeProvider>().get(
    '/v1/floor',
    {
      schema: {
        tags: ['floor'],
        summary: 'The floor of a node: bins, shorts, counts, productivity',
        description: 'Nobody is named in it: workers are counted in hours of labour only.',
        querystring: Type.Object(
          {
            node_id: Type.Optional(key('Node; the busiest one when absent')),
            window: Type.Enum([...KPI_WINDOWS], { default: '1d', description: 'It ends now' }),
          },
          { additionalProperties: false },
        ),
        response: { 200: FloorView, 400: ProblemDocument, 503: ProblemDocument },
      },
    },
    async (request) => {
      const { scope } = callerOf(request);
      return readingClickHouse(() => floor.view({ ...request.query, scope }));
    },
  );
}
