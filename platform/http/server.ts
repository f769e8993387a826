/**
 * The HTTP server that the door, the processors and the API have in common: errors as problem
 * documents, the access gate, health routes, an id for each request, and its duration as a metric.
 *
 * Routes come after `createHttp`; `listen` opens the port last.
 */
import { randomUUID } from 'node:crypto';
import Fastify, { LogController, type FastifyBaseLogger, type FastifyInstance } from 'fastify';
import { ConfigError } from '../config.ts';
import type { Life } from '../lifecycle.ts';
import { HEALTH_RULES } from '../access/rules.ts';
import { registerAccess, type Gate } from './access.ts';
import { registerHealth } from './health.ts';
import { answerError, registerProblems } from './problem.ts';

/** A request id that a client or a proxy may choose. */
const REQUEST_ID = /^[A-Za-z0-9._:-]{1,64}$/;

/** Longest parameter of a path, as it comes in: percent-encoded. */
const MAX_PARAM_LENGTH = 1024;
/** Time for a request to arrive in full. */
const REQUEST_TIMEOUT_MS = 120_000;

/**
 * Creates the app of a process. `bodyLimit` is the largest body as it comes in, in bytes; `gate` says who
 * may call which route. Throws a ConfigError where the process has no secret to be called with.
 */
export function createHttp({
  life,
  bodyLimit,
  gate,
}: {
  life: Pick<Life, 'name' | 'config' | 'log' | 'metrics' | 'readiness'>;
  bodyLimit: number;
  gate: Gate;
}): FastifyInstance {
  if (life.config.access !== 'open' && life.config.accessToken === '') throw noSecret();
  // The app's type names its logger's; the general one keeps it simple for whoever adds routes.
  const loggerInstance: FastifyBaseLogger = life.log;
  const app = Fastify({
    loggerInstance,
    // One line per request would cost more than the request; durations are metrics.
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit,
    // Ids of cases are longer than the 100 characters that a parameter may have by default.
    routerOptions: { maxParamLength: MAX_PARAM_LENGTH },
    // Who sends a request more slowly than this keeps a connection and its memory for nothing.
    requestTimeout: REQUEST_TIMEOUT_MS,
    trustProxy: life.config.trustProxy.length === 0 ? false : life.config.trustProxy,
    genReqId: ({ headers }) => {
      const given = headers['x-request-id'];
      return typeof given === 'string' && REQUEST_ID.test(given) ? given : randomUUID();
    },
    // An unknown field is an error to be told, not something to be dropped in silence.
    ajv: { customOptions: { removeAdditional: false } },
    frameworkErrors: (error, request, reply) => {
      void answerError(error, request, reply, bodyLimit);
    },
  });

  const durations = life.metrics.histogram(
    'stocktide_http_request_duration_seconds',
    'Time from the first byte of a request to the last of its answer',
    ['method', 'route', 'status'],
  );
  app.addHook('onRequest', async (request, reply) => {
    void reply.header('x-request-id', request.id).header('x-content-type-options', 'nosniff');
  });
  app.addHook('onResponse', async (request, reply) => {
    durations
      .labels(request.method, request.routeOptions.url ?? 'unknown', String(reply.statusCode))
      .observe(reply.elapsedTime / 1000);
  });

  registerProblems(app, { bodyLimit });
  registerAccess(app, {
    config: life.config,
    gate: { ...gate, rules: { ...HEALTH_RULES, ...gate.rules } },
  });
  registerHealth(app, life);
  return app;
}

function noSecret(): ConfigError {
  return new ConfigError([
    {
      variable: 'ACCESS_TOKEN',
      value: '',
      allowed: 'a long random text (openssl rand -hex 24), or ACCESS=open on a machine of your own',
    },
  ]);
}

/**
 * Opens the port and returns the URL. Throws a ConfigError that names the variable when the port is
 * taken or the address is not this machine's. `port` 0 picks a free one.
 */
export async function listen(
  app: FastifyInstance,
  { host, port, variable }: { host: string; port: number; variable: string },
): Promise<string> {
  try {
    return await app.listen({ host, port });
  } catch (error) {
    switch ((error as NodeJS.ErrnoException).code) {
      case 'EADDRINUSE':
        throw new ConfigError([
          {
            variable,
            value: String(port),
            allowed: `a free port; another program listens on ${host}:${port} already`,
          },
        ]);
      case 'EACCES':
        throw new ConfigError([
          { variable, value: String(port), allowed: 'a port that this user may open (from 1024)' },
        ]);
      case 'EADDRNOTAVAIL':
      case 'ENOTFOUND':
        throw new ConfigError([
          { variable: 'HOST', value: host, allowed: 'an address of this machine' },
        ]);
      default:
        throw error;
    }
  }
}
