/** Suppliers over REST: scorecards, one supplier, its PO lines and its receipts. */
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import { ref } from '../../contracts/fields.ts';
import { KPI_WINDOWS } from '../../contracts/kpi.ts';
import {
  PO_STATUSES,
  PoLineList,
  ReceiptList,
  SupplierDetail,
  SupplierList,
} from '../../contracts/supplier-views.ts';
import { pageQuery } from '../page.ts';
import type { SupplierDesk } from '../suppliers/desk.ts';
import { ProblemDocument, readingClickHouse } from './problems.ts';

const Params = Type.Object({ id: ref('Supplier') });
const Window = Type.Object(
  { window: Type.Enum([...KPI_WINDOWS], { default: '28d', description: 'It ends now' }) },
  { additionalProperties: false },
);

export function registerSuppliers(
  app: FastifyInstance,
  { suppliers }: { suppliers: SupplierDesk },
): void {
  const typed = app.withTypeProvider<TypeBoxTypeProvider>();
  const problems = { 400: ProblemDocument, 503: ProblemDocument };

  typed.get(
    '/v1/suppliers',
    {
      schema: {
        tags: ['suppliers'],
        summary: 'A scorecard of each supplier',
        description:
          'Shares and lead times are the KPIs K20 to K24 over the window; what is open is as of now.',
        querystring: Window,
        response: { 200: SupplierList, ...problems },
      },
    },
    async ({ query: { window } }) => readingClickHouse(() => suppliers.list(window)),
  );

  typed.get(
    '/v1/suppliers/:id',
    {
      schema: {
        tags: ['suppliers'],
        summary: 'One supplier: scorecard, lead times, drift',
        params: Params,
        querystring: Window,
        response: { 200: SupplierDetail, 404: ProblemDocument, ...problems },
      },
    },
    async ({ params: { id }, query: { window } }) =>
      readingClickHouse(() => suppliers.detail(id, window)),
  );

  typed.get(
    '/v1/suppliers/:id/po-lines',
    {
      schema: {
        tags: ['suppliers'],
        summary: 'Lines of its purchase orders',
        params: Params,
        querystring: Type.Object(
          {
            status: Type.Enum([...PO_STATUSES], { default: 'open', description: 'Which ones' }),
            ...pageQuery({ limit: 50, maxLimit: 200 }),
          },
          { additionalProperties: false },
        ),
        response: { 200: PoLineList, ...problems },
      },
    },
    async ({ params: { id }, query }) => readingClickHouse(() => suppliers.poLines(id, query)),
  );

  typed.get(
    '/v1/suppliers/:id/receipts',
    {
      schema: {
        tags: ['suppliers'],
        summary: 'Its receipts, expected beside received',
        params: Params,
        querystring: Type.Object(pageQuery({ limit: 100, maxLimit: 200 }), {
          additionalProperties: false,
        }),
        response: { 200: ReceiptList, ...problems },
      },
    },
    async ({ params: { id }, query }) => readingClickHouse(() => suppliers.receipts(id, query)),
  );
}
