/**
 * The API described for programs and people: OpenAPI at `/v1/openapi.json`, to be browsed and tried at
 * `/v1/docs`, and the event contract as AsyncAPI at `/v1/asyncapi.json`. Nothing is loaded from elsewhere.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
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

/** By operation, such as `GET /v1/cases/{id}`: what a system that played the demo was asked, and answered. */
type Examples = Readonly<
  Record<
    string,
    { readonly body?: unknown; readonly responses?: Readonly<Record<string, unknown>> }
  >
>;
const EXAMPLES = fileURLToPath(new URL('./openapi-examples.json', import.meta.url));

/** Before the routes that it describes. */
export async function registerDocs(app: FastifyInstance): Promise<void> {
  const examples = JSON.parse(readFileSync(EXAMPLES, 'utf8')) as Examples;
  await app.register(swagger, {
    hideUntagged: true,
    transformObject: (document) => {
      if (!('openapiObject' in document)) return document.swaggerObject;
      addExamples(document.openapiObject.paths ?? {}, examples);
      return document.openapiObject;
    },
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

/** The part of an operation of OpenAPI that examples go to. */
interface Media {
  content?: Record<string, { schema?: object; example?: unknown }>;
}
interface Operation {
  readonly requestBody?: Media;
  readonly responses?: Readonly<Record<string, Media>>;
}

function addExamples(paths: object, examples: Examples): void {
  for (const [path, operations] of Object.entries(paths)) {
    for (const [method, operation] of Object.entries(operations as Record<string, Operation>)) {
      const { body, responses = {} } = examples[`${method.toUpperCase()} ${path}`] ?? {};
      show(operation.requestBody, body);
      for (const [status, answer] of Object.entries(responses)) {
        show(operation.responses?.[status], answer);
      }
    }
  }
}

function show(media: Media | undefined, example: unknown): void {
  const json = media?.content?.['application/json'];
  if (json?.schema !== undefined && example !== undefined) json.example = example;
}

export function registerDescriptions(app: FastifyInstance): void {
  app.get('/v1/openapi.json', async () => app.swagger());
  const events = JSON.stringify(asyncApi());
  app.get('/v1/asyncapi.json', async (_request, reply) =>
    reply.type('application/json; charset=utf-8').send(events),
  );
}
