/** Orders over REST: where they are aging, the list behind a number, one order whole, and its raw events. */
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import { ref } from '../../contracts/fields.ts';
import {
  AGE_BUCKETS,
  ORDER_SORTS,
  ORDER_STAGES,
  ORDER_STATUSES,
  OrderAging,
  OrderDetail,
  OrderEvents,
  OrderList,
  SLA_CLASSES,
} from '../../contracts/order-views.ts';
import type { OrderDesk } from '../orders/desk.ts';
import { pageQuery } from '../page.ts';
import { ProblemDocument, readingClickHouse } from './problems.ts';

const MAX_FILTER_LENGTH = 128;
const BUCKETS = Object.values(AGE_BUCKETS).flat();

const filter = (description: string) =>
  Type.Optional(Type.String({ description, minLength: 1, maxLength: MAX_FILTER_LENGTH }));
const WHERE = {
  sla_class: Type.Optional(Type.Enum([...SLA_CLASSES], { description: 'Only this service class' })),
  node_id: filter('Only of this node'),
  channel_id: filter('Only of this channel'),
};
const Params = Type.Object({ id: ref('Order') });

export function registerOrders(app: FastifyInstance, { orders }: { orders: OrderDesk }): void {
  const typed = app.withTypeProvider<TypeBoxTypeProvider>();
  const problems = { 400: ProblemDocument, 503: ProblemDocument };

  typed.get(
    '/v1/orders/aging',
    {
      schema: {
        tags: ['orders'],
        summary: 'Open orders by stage and age',
        description:
          'What a cell counts is what GET /v1/orders lists with its stage, class and bucket.',
        querystring: Type.Object(WHERE, { additionalProperties: false }),
        response: { 200: OrderAging, ...problems },
      },
    },
    async ({ query }) => readingClickHouse(() => orders.aging(query)),
  );

  typed.get(
    '/v1/orders',
    {
      schema: {
        tags: ['orders'],
        summary: 'Orders where they stand',
        description:
          '`promise`: the earliest due first; `age`: the longest in its stage first; `value`: what is still to ' +
          'be shipped, the most first.',
        querystring: Type.Object(
          {
            status: Type.Enum([...ORDER_STATUSES], { default: 'open', description: 'Which ones' }),
            stage: Type.Optional(
              Type.Enum([...ORDER_STAGES], { description: 'Only in this stage' }),
            ),
            bucket: Type.Optional(
              Type.Enum([...new Set(BUCKETS)], { description: 'Only of this age in the stage' }),
            ),
            ...WHERE,
            late: Type.Optional(
              Type.Boolean({ description: 'Only those whose promise is broken, or is not' }),
            ),
            q: filter('Part of the order id'),
            sort: Type.Enum([...ORDER_SORTS], { default: 'promise' }),
            ...pageQuery({ limit: 50, maxLimit: 200 }),
          },
          { additionalProperties: false },
        ),
        response: { 200: OrderList, ...problems },
      },
    },
    async ({ query }) => readingClickHouse(() => orders.list(query)),
  );

  typed.get(
    '/v1/orders/:id',
    {
      schema: {
        tags: ['orders'],
        summary: 'One order, from placement to refund',
        description: 'From the facts that hold now; its cases are GET /v1/cases with its order_id.',
        params: Params,
        response: { 200: OrderDetail, 404: ProblemDocument, ...problems },
      },
    },
    async ({ params: { id } }) => readingClickHouse(() => orders.detail(id)),
  );

  typed.get(
    '/v1/orders/:id/events',
    {
      schema: {
        tags: ['orders'],
        summary: 'The raw events behind an order',
        description: 'As the log has them, in its order, wrong ones that were corrected included.',
        params: Params,
        querystring: Type.Object(pageQuery({ limit: 100, maxLimit: 500 }), {
          additionalProperties: false,
        }),
        response: { 200: OrderEvents, 404: ProblemDocument, ...problems },
      },
    },
    async ({ params: { id }, query }) => readingClickHouse(() => orders.events(id, query)),
  );
}
