/** Returns over REST: the overview of a window, and the list of what waits. */
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import { KPI_WINDOWS } from '../../contracts/kpi.ts';
import {
  RETURN_BUCKETS,
  RETURN_SORTS,
  RETURN_STAGES,
  ReturnList,
  ReturnOverview,
} from '../../contracts/return-views.ts';
import { pageQuery } from '../page.ts';
import type { ReturnDesk } from '../returns/desk.ts';
import { ProblemDocument, readingClickHouse } from './problems.ts';

const MAX_FILTER_LENGTH = 128;
const filter = (description: string) =>
  Type.Optional(Type.String({ description, minLength: 1, maxLength: MAX_FILTER_LENGTH }));

export function registerReturns(app: FastifyInstance, { returns }: { returns: ReturnDesk }): void {
  const typed = app.withTypeProvider<TypeBoxTypeProvider>();
  const problems = { 400: ProblemDocument, 503: ProblemDocument };

  typed.get(
    '/v1/returns/overview',
    {
      schema: {
        tags: ['returns'],
        summary: 'What of returns waits, how long it takes, and what it costs',
        querystring: Type.Object(
          {
            node_id: filter('Only what this node received'),
            window: Type.Enum([...KPI_WINDOWS], { default: '28d', description: 'It ends now' }),
          },
          { additionalProperties: false },
        ),
        response: { 200: ReturnOverview, ...problems },
      },
    },
    async ({ query }) => readingClickHouse(() => returns.overview(query)),
  );

  typed.get(
    '/v1/returns',
    {
      schema: {
        tags: ['returns'],
        summary: 'Returns that are not over',
        description:
          '`authorised` waits for the goods, `received` for a decision, `refund` for the money. `age`: the ' +
          'longest waiting first; `amount`: the most first.',
        querystring: Type.Object(
          {
            stage: Type.Optional(
              Type.Enum([...RETURN_STAGES], { description: 'Only at this stage' }),
            ),
            bucket: Type.Optional(
              Type.Enum([...RETURN_BUCKETS], { description: 'Only what has waited so long' }),
            ),
            node_id: filter('Only what this node received'),
            reason: filter('Only of this reason'),
            q: filter('Part of the order, authorisation or SKU'),
            sort: Type.Enum([...RETURN_SORTS], { default: 'age' }),
            ...pageQuery({ limit: 50, maxLimit: 200 }),
          },
          { additionalProperties: false },
        ),
        response: { 200: ReturnList, ...problems },
      },
    },
    async ({ query }) => readingClickHouse(() => returns.list(query)),
  );
}
