/**
 * `/v1/live`: the WebSocket side of the hub. The gate (platform/http/access.ts) refuses a page of another
 * origin before the upgrade; who is nobody, or must not, is let in to be told so: closed with 4401, 4403 or
 * 4429 before anything else, since a page cannot read the answer to a refused upgrade.
 *
 * A socket ends (4401) with the session or the token that it was opened with.
 *
 * Bounds: a message longer than `messageBytes` closes the socket, and so do more than `messagesPerSec` of
 * them; while too much is unsent nothing more is read from the client, so that answers cannot pile up
 * either; a client that answers no ping for a whole heartbeat is cut off.
 */
import type { WebSocket } from '@fastify/websocket';
import type { FastifyInstance } from 'fastify';
import { LIVE_PATH } from '../../contracts/live.ts';
import type { Access } from '../../platform/access/access.ts';
import type { Caller } from '../../platform/access/identity.ts';
import { callerOf } from '../../platform/http/access.ts';
import { ProblemError } from '../../platform/http/problem.ts';
import { topicRefusal } from '../access/topics.ts';
import { ACCESS_LIMITS, type LiveLimits } from '../limits.ts';
import type { LiveHub } from './hub.ts';

const CLOSE_UNSUPPORTED = 1003;
const CLOSE_TOO_MUCH = 1008;
const CLOSE_TRY_LATER = 1013;
/** Of the range for applications: the HTTP status of the same refusal, such as 4401. */
const CLOSE_REFUSED = 4000;

const AS_TEXT = { binary: false };

/** Adds the route. `@fastify/websocket` is registered already, with the same limit of a message. */
export function registerLive(
  app: FastifyInstance,
  { access, hub, limits }: { access: Access; hub: LiveHub; limits: LiveLimits },
): void {
  /** Open sockets, and whether each has answered the last ping. */
  const answered = new Map<WebSocket, boolean>();
  const callers = new Map<WebSocket, Caller>();
  /** Closes the sockets of whoever counts no more. */
  const endSockets = () => {
    for (const [socket, caller] of callers) {
      if (!access.holds(caller)) socket.close(CLOSE_REFUSED + 401, 'The session is over');
    }
  };
  const stopWatching = access.watch(endSockets);
  const check = setInterval(endSockets, ACCESS_LIMITS.socketCheckMs);
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
  app.addHook('onClose', async () => {
    stopWatching();
    clearInterval(check);
    clearInterval(heartbeat);
  });

  app.route({
    method: 'GET',
    url: LIVE_PATH,
    schema: {
      tags: ['live'],
      summary: 'Live topics over a WebSocket',
      description:
        'Topics `system`, `feeds`, `cases`, `alerts`, `kpi` and `atp:<sku>`: a snapshot, then numbered deltas; JSON text frames.',
    },
    handler: async () => {
      throw new ProblemError({
        status: 426,
        kind: 'upgrade-required',
        title: 'A WebSocket is needed',
        detail: `${LIVE_PATH} speaks WebSocket; connect with ws:// or wss://`,
      });
    },
    wsHandler: (socket, request) => {
      const { refusal } = request;
      if (refusal !== null) {
        return socket.close(CLOSE_REFUSED + refusal.problem.status, refusal.problem.title);
      }
      const caller = callerOf(request);
      const client = hub.connect(
        {
          send: (message) => socket.send(message, AS_TEXT, onSent),
          bufferedBytes: () => socket.bufferedAmount,
        },
        { refusal: (topic) => topicRefusal(caller, topic), scope: caller.scope },
      );
      if (client === null) return socket.close(CLOSE_TRY_LATER, 'as many clients as can be served');
      answered.set(socket, true);
      callers.set(socket, caller);

      function onSent() {
        if (client === null) return;
        hub.drained(client);
        if (socket.isPaused && !hub.isSaturated(client)) socket.resume();
      }
      const isWithinRate = rateGate(limits.messagesPerSec);
      socket.on('message', (data: Buffer, isBinary: boolean) => {
        // What arrives after the goodbye was on its way.
        if (socket.readyState !== socket.OPEN) return;
        if (!isWithinRate()) {
          return socket.close(
            CLOSE_TOO_MUCH,
            `more than ${limits.messagesPerSec} messages in a second`,
          );
        }
        if (isBinary) return socket.close(CLOSE_UNSUPPORTED, 'messages are JSON text');
        hub.receive(client, data.toString());
        if (hub.isSaturated(client)) socket.pause();
      });
      socket.on('pong', () => answered.set(socket, true));
      socket.on('close', () => {
        answered.delete(socket);
        callers.delete(socket);
        hub.disconnect(client);
      });
      // A broken connection also closes, which is all that matters here.
      socket.on('error', () => {});
    },
  });
}

/** Tells of each message whether it is within the limit of its second. */
function rateGate(perSec: number): () => boolean {
  let second = 0;
  let count = 0;
  return () => {
    const now = Math.floor(performance.now() / 1000);
    count = now === second ? count + 1 : 1;
    second = now;
    return count <= perSec;
  };
}
