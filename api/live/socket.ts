/**
 * `/v1/live`: the WebSocket side of the hub. A page of another origin is refused before the upgrade.
 *
 * Bounds: a message longer than `messageBytes` closes the socket; while too much is unsent nothing more
 * is read from the client, so that answers cannot pile up either; a client that answers no ping for a
 * whole heartbeat is cut off.
 */
import type { WebSocket } from '@fastify/websocket';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { LIVE_PATH } from '../../contracts/live.ts';
import { ProblemError } from '../../platform/http/problem.ts';
import type { LiveLimits } from '../limits.ts';
import type { LiveHub } from './hub.ts';

const CLOSE_UNSUPPORTED = 1003;
const CLOSE_TRY_LATER = 1013;

/** Adds the route. `@fastify/websocket` is registered already, with the same limit of a message. */
export function registerLive(
  app: FastifyInstance,
  { hub, limits }: { hub: LiveHub; limits: LiveLimits },
): void {
  /** Open sockets, and whether each has answered the last ping. */
  const answered = new Map<WebSocket, boolean>();
  const heartbeat = setInterval(() => {
    for (const [socket, isAlive] of answered) {
      if (!isAlive) {
        socket.terminate();
        continue;
      }
      answered.set(socket, false);
      socket.ping();
    }
    hub.sweep();
  }, limits.heartbeatMs);
  app.addHook('onClose', async () => clearInterval(heartbeat));

  app.route({
    method: 'GET',
    url: LIVE_PATH,
    schema: {
      tags: ['live'],
      summary: 'Live topics over a WebSocket',
      description:
        'Topics `system`, `cases`, `alerts`, `kpi` and `atp:<sku>`: a snapshot, then numbered deltas; JSON text frames.',
    },
    preValidation: async (request) => {
      if (!isSameOrigin(request)) throw foreignOrigin(request);
    },
    handler: async () => {
      throw new ProblemError({
        status: 426,
        kind: 'upgrade-required',
        title: 'A WebSocket is needed',
        detail: `${LIVE_PATH} speaks WebSocket; connect with ws:// or wss://`,
      });
    },
    wsHandler: (socket) => {
      const client = hub.connect({
        send: (text) => socket.send(text, onSent),
        bufferedBytes: () => socket.bufferedAmount,
      });
      if (client === null) return socket.close(CLOSE_TRY_LATER, 'as many clients as can be served');
      answered.set(socket, true);

      function onSent() {
        if (client === null) return;
        hub.drained(client);
        if (socket.isPaused && !hub.isSaturated(client)) socket.resume();
      }
      socket.on('message', (data: Buffer, isBinary: boolean) => {
        if (isBinary) return socket.close(CLOSE_UNSUPPORTED, 'messages are JSON text');
        hub.receive(client, data.toString());
        if (hub.isSaturated(client)) socket.pause();
      });
      socket.on('pong', () => answered.set(socket, true));
      socket.on('close', () => {
        answered.delete(socket);
        hub.disconnect(client);
      });
      // A broken connection also closes, which is all that matters here.
      socket.on('error', () => {});
    },
  });
}

/** Programs send no Origin; a browser's must be the host that it speaks to. */
function isSameOrigin({ headers }: FastifyRequest): boolean {
  const { origin, host } = headers;
  return origin === undefined || (URL.canParse(origin) && new URL(origin).host === host);
}

function foreignOrigin({ headers }: FastifyRequest): ProblemError {
  return new ProblemError({
    status: 403,
    kind: 'foreign-origin',
    title: 'Refused',
    detail: 'A page of another origin must not open the live socket',
    field: 'origin',
    value: headers.origin,
    allowed: `the origin of ${headers.host ?? 'this host'}, or none`,
  });
}
