/**
 * The connection to NATS: every process has one, and it outlives any outage of the server.
 *
 * At the start it is tried quickly a few times, then once a second for as long as the process wants to
 * live, which reports itself as not ready meanwhile. Once connected it reconnects for ever, within
 * half a second of the server's return. Publishing while disconnected is dropped by the client without
 * a word, so that `publisher.ts` and `consume.ts` watch the connection themselves.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import {
  connect,
  DebugEvents,
  ErrorCode,
  Events,
  type JetStreamClient,
  type JetStreamManager,
  NatsError,
  type NatsConnection,
} from 'nats';
import type { Log } from '../log.ts';

/** An open connection with its JetStream clients. */
export interface NatsLink {
  readonly nc: NatsConnection;
  readonly js: JetStreamClient;
  readonly jsm: JetStreamManager;
  /** False while the client is looking for the server. */
  readonly connected: boolean;
  readonly log: Log;
  /** Has `listener` told of every change of the connection; returns how to end that. */
  watch(listener: (change: LinkChange) => void): () => void;
  close(): Promise<void>;
}

/** `lost` and `back` alternate; after `closed` nothing follows. */
export type LinkChange = 'lost' | 'back' | 'closed';

const CONNECT_TIMEOUT_MS = 5000;
const REQUEST_TIMEOUT_MS = 5000;
const QUICK_TRIES = 20;
const QUICK_WAIT_MS = 100;
const SLOW_WAIT_MS = 1000;
const RECONNECT_WAIT_MS = 250;
/** A server that answers no ping for twice this time counts as gone. */
const PING_INTERVAL_MS = 10_000;

/** The server does not let this user in; trying again would not help. */
export class NatsAccessError extends Error {
  override readonly name = 'NatsAccessError';
}

/**
 * Connects, waiting for the server as long as it takes. `url` may list several servers of a cluster
 * with commas between. Throws a NatsAccessError when the server refuses the credentials, and the
 * signal's reason when aborted.
 */
export async function connectNats({
  url,
  user,
  pass,
  name,
  log,
  signal,
}: {
  url: string;
  user: string;
  pass: string;
  name: string;
  log: Log;
  signal?: AbortSignal | undefined;
}): Promise<NatsLink> {
  const servers = url.split(',').map((server) => server.trim());
  for (let tries = 1; ; tries++) {
    signal?.throwIfAborted();
    try {
      const nc = await connect({
        servers,
        name,
        ...(user === '' ? {} : { user, pass }),
        ...(url.startsWith('tls:') ? { tls: {} } : {}),
        timeout: CONNECT_TIMEOUT_MS,
        maxReconnectAttempts: -1,
        reconnectTimeWait: RECONNECT_WAIT_MS,
        reconnectJitter: RECONNECT_WAIT_MS / 5,
        // Credentials may be wrong for a moment while a server restarts with a new configuration.
        ignoreAuthErrorAbort: true,
        pingInterval: PING_INTERVAL_MS,
        maxPingOut: 2,
      });
      if (signal?.aborted) {
        await nc.close();
        signal.throwIfAborted();
      }
      return await openLink(nc, log);
    } catch (error) {
      const code = error instanceof NatsError ? error.code : undefined;
      if (code === String(ErrorCode.AuthorizationViolation)) {
        throw new NatsAccessError(
          `NATS at ${url} refuses user "${user}": check NATS_USER and NATS_PASSWORD`,
        );
      }
      if (signal?.aborted) throw error;
      if (tries === QUICK_TRIES) log.warn({ url, code }, 'NATS does not answer, still trying');
      const waitMs = tries < QUICK_TRIES ? QUICK_WAIT_MS : SLOW_WAIT_MS;
      await sleep(waitMs, undefined, signal ? { signal } : {});
    }
  }
}

async function openLink(nc: NatsConnection, log: Log): Promise<NatsLink> {
  let connected = true;
  const listeners = new Set<(change: LinkChange) => void>();
  const changed = (change: LinkChange) => {
    connected = change === 'back';
    for (const listener of [...listeners]) listener(change);
  };

  void (async () => {
    for await (const status of nc.status()) {
      if (status.type === Events.Disconnect && connected) {
        log.warn({ server: status.data }, 'NATS is gone, reconnecting');
        changed('lost');
      } else if (status.type === Events.Reconnect) {
        log.info({ server: status.data }, 'NATS is back');
        changed('back');
      } else if (status.type === Events.Error) {
        log.error({ code: status.data, context: status.permissionContext }, 'NATS error');
      } else if (status.type === DebugEvents.StaleConnection) {
        log.warn('NATS answers no pings');
      }
    }
  })();
  // The client's own iterator of statuses does not end with the connection.
  void nc.closed().then(() => changed('closed'));

  const js = nc.jetstream({ timeout: REQUEST_TIMEOUT_MS });
  // Without the check a server whose JetStream is still starting counts as connected; who needs a
  // stream waits for the stream.
  const jsm = await nc.jetstreamManager({ checkAPI: false, timeout: REQUEST_TIMEOUT_MS });
  return {
    nc,
    js,
    jsm,
    log,
    get connected() {
      return connected;
    },
    watch(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async close() {
      if (!nc.isClosed()) await nc.close();
    },
  };
}
