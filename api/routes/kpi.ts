/**
 * `GET /v1/kpi` and `GET /v1/kpi/{id}`: what every KPI says over a window, and one of them with its
 * series, cuts, definition, lineage and freshness.
 */
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance } from 'fastify';
import { Type, type Static } from 'typebox';
import { instant } from '../../contracts/fields.ts';
import { KPI_DIMENSIONS, KPI_WINDOWS, KpiCatalogueView, KpiDetail } from '../../contracts/kpi.ts';
import type { KpiCatalogue, KpiQuestion } from '../kpi/catalogue.ts';
import { MAX_POINTS, WINDOW_HINT } from '../kpi/windows.ts';
import { ProblemDocument, readingClickHouse } from './problems.ts';

const MAX_FILTER_LENGTH = 128;

const filter = (description: string) =>
  Type.Optional(Type.String({ description, minLength: 1, maxLength: MAX_FILTER_LENGTH }));

const QUESTION = {
  window: Type.Optional(
    Type.Enum([...KPI_WINDOWS], { description: `${WINDOW_HINT}. 1d when nothing is said` }),
  ),
  from: Type.Optional(instant('First instant')),
  to: Type.Optional(instant('First instant after the window; now when it is not given')),
  step: Type.Optional(
    Type.String({
      description: `Length of the points of the series, such as 15m, 6h or 1d; at most ${MAX_POINTS} points`,
      maxLength: 8,
    }),
  ),
  node_id: filter('Only this node'),
  channel_id: filter('Only this channel'),
  sla_class: filter('Only this service class'),
  dim: filter('Only this value of the further dimension of the KPI'),
  sku_id: filter('Only this SKU; then the window is made of whole days (UTC)'),
};
const Question = Type.Object(QUESTION, { additionalProperties: false });

export function registerKpi(app: FastifyInstance, { kpi }: { kpi: KpiCatalogue }): void {
  const typed = app.withTypeProvider<TypeBoxTypeProvider>();

  typed.get(
    '/v1/kpi',
    {
      schema: {
        tags: ['kpi'],
        summary: 'Every KPI over a window',
        description:
          'Value, numerator, denominator, target, the period before, the course, and how sure it is. ' +
          'Computed once for all who ask the same within a second.',
        querystring: Question,
        response: { 200: KpiCatalogueView, 400: ProblemDocument, 503: ProblemDocument },
      },
    },
    async ({ query }, reply) => {
      void reply.header('cache-control', 'no-cache');
      return readingClickHouse(() => kpi.list(questionOf(query)));
    },
  );

  typed.get(
    '/v1/kpi/:id',
    {
      schema: {
        tags: ['kpi'],
        summary: 'One KPI: series, cuts, definition, lineage, freshness',
        description:
          'The series has each value as restated by late facts and as it was known when its stretch ended.',
        params: Type.Object({ id: Type.String({ description: 'Such as K01b', maxLength: 16 }) }),
        querystring: Type.Object(
          {
            ...QUESTION,
            by: Type.Optional(
              Type.Enum([...KPI_DIMENSIONS], { description: 'Dimension to cut the window by' }),
            ),
          },
          { additionalProperties: false },
        ),
        response: {
          200: KpiDetail,
          400: ProblemDocument,
          404: ProblemDocument,
          503: ProblemDocument,
        },
      },
    },
    async ({ params: { id }, query: { by, ...query } }, reply) => {
      void reply.header('cache-control', 'no-cache');
      return readingClickHouse(() => kpi.detail(id, questionOf(query), by ?? null));
    },
  );
}

function questionOf(query: Static<typeof Question>): KpiQuestion {
  const { from, step, to, window } = query;
  const where = KPI_DIMENSIONS.flatMap((name) => {
    const value = query[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return { window, from, to, step, where: Object.fromEntries(where) };
}
