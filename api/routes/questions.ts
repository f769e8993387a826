/**
 * `GET /v1/questions`, `GET /v1/questions/{name}` and `GET /v1/orders/{id}/trace`: what executives ask,
 * and what an order has been through.
 */
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { ClickHouseClient } from '@clickhouse/client';
import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import { instant, ref } from '../../contracts/fields.ts';
import { KPI_WINDOWS, OrderTrace, QuestionAnswer, QuestionList } from '../../contracts/kpi.ts';
import { ProblemError } from '../../platform/http/problem.ts';
import { traceOrder } from '../clickhouse/trace.ts';
import type { Questions } from '../kpi/questions.ts';
import { WINDOW_HINT } from '../kpi/windows.ts';
import { ProblemDocument, readingClickHouse } from './problems.ts';

const MAX_ROWS = 1000;

export interface QuestionRoutes {
  readonly questions: Questions;
  readonly clickhouse: ClickHouseClient;
}

export function registerQuestions(app: FastifyInstance, routes: QuestionRoutes): void {
  const { clickhouse, questions } = routes;
  const typed = app.withTypeProvider<TypeBoxTypeProvider>();

  typed.get(
    '/v1/questions',
    {
      schema: {
        tags: ['questions'],
        summary: 'What can be asked',
        response: { 200: QuestionList },
      },
    },
    async () => ({ questions: questions.list() }),
  );

  typed.get(
    '/v1/questions/:name',
    {
      schema: {
        tags: ['questions'],
        summary: 'The answer to one question, as a table',
        description: 'Rows come most telling first. The SELECT behind it is in the answer.',
        params: Type.Object({ name: Type.String({ maxLength: 64 }) }),
        querystring: Type.Object(
          {
            window: Type.Enum([...KPI_WINDOWS], { default: '28d', description: WINDOW_HINT }),
            from: Type.Optional(instant('First instant')),
            to: Type.Optional(instant('First instant after the window')),
            limit: Type.Integer({ default: 50, minimum: 1, maximum: MAX_ROWS }),
          },
          { additionalProperties: false },
        ),
        response: {
          200: QuestionAnswer,
          400: ProblemDocument,
          404: ProblemDocument,
          503: ProblemDocument,
        },
      },
    },
    async ({ params: { name }, query: { from, limit, to, window } }) => {
      const isSpan = from !== undefined && to !== undefined;
      const asked = { window: isSpan ? undefined : window, from, to, limit };
      return readingClickHouse(() => questions.answer(name, asked));
    },
  );

  typed.get(
    '/v1/orders/:id/trace',
    {
      schema: {
        tags: ['orders'],
        summary: 'From an order to every movement, shipment, cost, return and refund',
        description:
          'The id may as well be a shipment, a return authorisation, a refund or an event: the trace is ' +
          'that of the orders behind it.',
        params: Type.Object({ id: ref('Order, shipment, return, refund or event') }),
        response: { 200: OrderTrace, 404: ProblemDocument, 503: ProblemDocument },
      },
    },
    async ({ params: { id } }) => {
      const trace = await readingClickHouse(() => traceOrder(clickhouse, id));
      if (trace.entries.length === 0) throw unknownOrder(id);
      return trace;
    },
  );
}

function unknownOrder(id: string): ProblemError {
  return new ProblemError({
    status: 404,
    kind: 'unknown-order',
    title: 'Unknown order',
    detail: 'No event names this order, nor a shipment, return, refund or event of this id',
    field: 'id',
    value: id,
  });
}
