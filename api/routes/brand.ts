/** `GET /v1/brand`: what every view needs to know of the brand to show its numbers. */
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { ClickHouseClient } from '@clickhouse/client';
import type { FastifyInstance } from 'fastify';
import { BrandView } from '../../contracts/brand.ts';
import { readHouseCurrency } from '../clickhouse/brand.ts';
import { ProblemDocument, readingClickHouse } from './problems.ts';

export function registerBrand(
  app: FastifyInstance,
  { clickhouse }: { clickhouse: ClickHouseClient },
): void {
  app.withTypeProvider<TypeBoxTypeProvider>().get(
    '/v1/brand',
    {
      schema: {
        tags: ['system'],
        summary: 'The brand: its house currency',
        response: { 200: BrandView, 503: ProblemDocument },
      },
    },
    async () => ({ currency: await readingClickHouse(() => readHouseCurrency(clickhouse)) }),
  );
}
