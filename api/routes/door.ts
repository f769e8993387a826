/**
 * Forwards `/v1/events` and `/v1/dead` to the door, so that one URL serves people and producers alike.
 * Bodies and answers are streamed through untouched; the door itself limits and checks them.
 */
import proxy from '@fastify/http-proxy';
import type { FastifyInstance } from 'fastify';
import { callerOf } from '../../platform/http/access.ts';
import { ProblemError, sendProblem } from '../../platform/http/problem.ts';
import { doorHeaders, type DoorAccess } from '../cases/door.ts';

const PREFIXES = ['/v1/events', '/v1/dead'];

export async function registerDoor(
  app: FastifyInstance,
  { accessToken, url }: DoorAccess,
): Promise<void> {
  for (const prefix of PREFIXES) {
    await app.register(proxy, {
      upstream: url,
      prefix,
      rewritePrefix: prefix,
      httpMethods: ['GET', 'HEAD', 'POST'],
      replyOptions: {
        // The client behind the proxy refuses `expect`, which curl sends with each larger body; Node
        // has answered it by now.
        // The credential of whoever asks is the API's to check; the door is told who it is.
        rewriteRequestHeaders: (
          request,
          { authorization: _authorization, cookie: _cookie, expect: _expect, ...headers },
        ) => ({
          ...headers,
          'x-request-id': request.id,
          ...doorHeaders(accessToken, callerOf(request)),
        }),
        // The door is restarting, or gone: nothing was taken that was not acknowledged.
        onError: (reply) => {
          // The proxy types its reply more generally than Fastify does.
          void sendProblem(reply as Parameters<typeof sendProblem>[0], doorUnavailable());
        },
      },
    });
  }
}

function doorUnavailable(): ProblemError {
  return new ProblemError({
    status: 503,
    kind: 'door-unavailable',
    title: 'The door does not answer',
    detail: 'The process that takes events cannot be reached; send the request again',
    retryAfterS: 1,
  });
}
