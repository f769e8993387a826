/**
 * Security headers of every answer, and what keeps one caller from taking the API for themselves.
 *
 * Answers of the API may load and run nothing. The page may load its own files and nothing else: no inline
 * script, and inline styles only with the nonce of its answer, which an editor that makes its own styles
 * finds in `<meta name="csp-nonce">` (dashboard/src/lib/nonce.ts).
 */
import { randomBytes } from 'node:crypto';
import helmet from '@fastify/helmet';
import rateLimit, { normalizeIP } from '@fastify/rate-limit';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { ProblemError } from '../platform/http/problem.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** What an inline style of the page's answer must carry. */
    styleNonce: string;
  }
}

const API_POLICY =
  "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const pagePolicy = (nonce: string) =>
  [
    "default-src 'self'",
    `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self' data:",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');

const isApi = ({ url }: FastifyRequest) => url.startsWith('/v1/');

/** Adds the headers to every route that is registered from here on; one may set a policy of its own. */
export async function registerHeaders(app: FastifyInstance): Promise<void> {
  await app.register(helmet, {
    // Made below: it differs between the page and the API.
    contentSecurityPolicy: false,
    referrerPolicy: { policy: 'same-origin' },
    frameguard: { action: 'deny' },
  });
  app.decorateRequest('styleNonce', '');
  app.addHook('onRequest', async (request, reply) => {
    if (isApi(request)) {
      void reply.header('content-security-policy', API_POLICY);
      return;
    }
    request.styleNonce = randomBytes(16).toString('base64');
    void reply.header('content-security-policy', pagePolicy(request.styleNonce));
  });
}

const MINUTE_MS = 60_000;
/** Callers and addresses that are counted; the least recent one is forgotten. */
const COUNTED = 10_000;
/** Events have the bounds of the door, which pushes back by itself. */
const UNLIMITED = /^\/v1\/events(\/|$|\?)/;

/** Limits requests per minute of one caller, or of one address that is nobody. */
export async function registerRateLimit(
  app: FastifyInstance,
  { perMinute }: { perMinute: number },
): Promise<void> {
  await app.register(rateLimit, {
    max: perMinute,
    timeWindow: MINUTE_MS,
    cache: COUNTED,
    allowList: ({ caller, url }) =>
      UNLIMITED.test(url) || caller?.credential === 'service' || caller?.credential === 'open',
    keyGenerator: ({ caller, ip }) =>
      caller === null
        ? `address ${normalizeIP(ip)}`
        : `caller ${caller.credential} ${caller.subject}`,
    errorResponseBuilder: (_request, { max, ttl }) =>
      new ProblemError({
        status: 429,
        kind: 'too-many-requests',
        title: 'Too many requests',
        detail: `More than ${max} requests in a minute; come again later`,
        allowed: `${max} a minute`,
        retryAfterS: Math.ceil(ttl / 1000),
      }),
  });
}
