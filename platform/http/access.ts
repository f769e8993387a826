/**
 * Who may speak to a process over HTTP: the one gate before every route, until roles take its place.
 *
 * With ACCESS_TOKEN set, each route but `/healthz` and `/readyz` wants it, as a bearer token (programs)
 * or as the password of any user (a browser asks for it by itself). Without one the process is bound to
 * loopback, and two things are refused there that only a foreign web page in the same machine's browser
 * would do: a request under a foreign host name (DNS rebinding), and, token or not, a change or a socket
 * that the browser marks as cross-site.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { isLoopback } from '../config.ts';
import { ProblemError, sendProblem } from './problem.ts';

/** Probes carry no credentials and tell nothing but up or down. */
const OPEN_PATHS = new Set(['/healthz', '/readyz']);
const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS']);

/** Puts the gate before every route of the app that is registered from here on. */
export function registerAccess(
  app: FastifyInstance,
  { accessToken }: { accessToken: string },
): void {
  const wanted = accessToken === '' ? null : digest(accessToken);

  app.addHook('onRequest', async (request, reply) => {
    if (OPEN_PATHS.has(request.url.split('?')[0] ?? '')) return;
    if (isCrossSite(request)) {
      return sendProblem(
        reply,
        new ProblemError({
          status: 403,
          kind: 'cross-site',
          title: 'Refused',
          detail: 'A page of another site must not send requests here',
        }),
      );
    }
    if (wanted === null) {
      if (isLoopback(hostName(request.headers.host ?? ''))) return;
      return sendProblem(
        reply,
        new ProblemError({
          status: 403,
          kind: 'foreign-host',
          title: 'Refused',
          detail:
            'Without ACCESS_TOKEN only requests to localhost are answered; set it to use a name',
          field: 'host',
          value: request.headers.host,
          allowed: 'localhost, 127.0.0.1 or [::1]',
        }),
      );
    }
    const given = presentedToken(request.headers.authorization ?? '');
    // Digests have one length, so that the comparison takes the same time for every token.
    if (given !== null && timingSafeEqual(digest(given), wanted)) return;
    void reply.header('www-authenticate', 'Basic realm="Stocktide", charset="UTF-8"');
    return sendProblem(
      reply,
      new ProblemError({
        status: 401,
        kind: 'unauthorized',
        title: 'Access token needed',
        detail:
          given === null
            ? 'Send "Authorization: Bearer <ACCESS_TOKEN>", or Basic with it as the password'
            : 'The access token is not the right one',
      }),
    );
  });
}

/** The token of `Bearer <token>` or `Basic base64(any:<token>)`, or null. */
function presentedToken(authorization: string): string | null {
  const [, scheme = '', value = ''] = /^(\S+) +(\S+)$/.exec(authorization.trim()) ?? [];
  switch (scheme.toLowerCase()) {
    case 'bearer':
      return value;
    case 'basic': {
      const pair = Buffer.from(value, 'base64').toString();
      const colon = pair.indexOf(':');
      return colon === -1 ? null : pair.slice(colon + 1);
    }
    default:
      return null;
  }
}

/** Browsers say where a request comes from; programs say nothing and are not meant here. */
function isCrossSite({ headers, method }: FastifyRequest): boolean {
  const changes = !SAFE_METHODS.has(method) || headers.upgrade !== undefined;
  return changes && headers['sec-fetch-site'] === 'cross-site';
}

/** `localhost` of `localhost:8080`, `[::1]` of `[::1]:8080`. */
function hostName(host: string): string {
  return host.replace(/:\d+$/, '');
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
