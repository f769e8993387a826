/**
 * The API described for programs and people: OpenAPI at `/v1/openapi.json`, to be browsed and tried at
 * `/v1/docs`, and the event contract as AsyncAPI at `/v1/asyncapi.json`. Nothing is loaded from elsewhere.
 */
import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance } from 'fastify';
import { asyncApi } from '../contracts/asyncapi.ts';

/** The pages bring their own files; their parts set styles on elements. */
const POLICY = [
  "default-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const DESCRIPTION =
  'Live inventory with its reasons, orders, suppliers, returns, cases, KPIs and SQL. Every refusal is a problem ' +
  'document (RFC 9457). JSON answers carry an ETag; lists come in pages with a cursor. Events are sent to ' +
  '/v1/events, which /v1/events/types and /v1/asyncapi.json describe.';

/** Before the routes that it describes. */
export async function registerDocs(app: FastifyInstance): Promise<void> {
  await app.register(swagger, {
    hideUntagged: true,
    openapi: {
      info: { title: 'Stocktide', version: '1', description: DESCRIPTION },
      components: {
        securitySchemes: {
          bearer: { type: 'http', scheme: 'bearer' },
          basic: { type: 'http', scheme: 'basic' },
        },
      },
      security: [{ bearer: [] }, { basic: [] }],
    },
  });
  await app.register(swaggerUi, {
    routePrefix: '/v1/docs',
    staticCSP: POLICY,
    uiConfig: { docExpansion: 'list', deepLinking: true, tryItOutEnabled: true },
  });
}

export function registerDescriptions(app: FastifyInstance): void {
  app.get('/v1/openapi.json', async () => app.swagger());
  const events = JSON.stringify(asyncApi());
  app.get('/v1/asyncapi.json', async (_request, reply) =>
    reply.type('application/json; charset=utf-8').send(events),
  );
}
