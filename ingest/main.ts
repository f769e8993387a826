/**
 * The door's process: composition root. Nothing is decided here.
 *
 *   HTTP /v1/events ─┐                  ┌─▶ LOG
 *   NATS in.>       ─┼─▶ door (accept) ─┤
 *   dead letters    ─┘                  └─▶ DEAD
 *   clock ──────────────────────────────▶ LOG
 *
 * It listens from the first moment and answers 503 until NATS is there. When it stops, HTTP goes first,
 * then what was taken is settled, and the connection goes last.
 */
import { randomUUID } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { Access } from '../platform/access/access.ts';
import { AccessAudit } from '../platform/access/audit.ts';
import { createClickHouse } from '../platform/clickhouse/client.ts';
import { createHttp, listen } from '../platform/http/server.ts';
import { runProcess, type Life } from '../platform/lifecycle.ts';
import { connectNats, type NatsLink } from '../platform/nats/connect.ts';
import { createPublisher } from '../platform/nats/publisher.ts';
import { DOOR_RULES } from './access.ts';
import { startClock } from './clock/clock.ts';
import { createLetterReader, type LetterReader } from './dead/reader.ts';
import { registerDeadRoutes } from './dead/routes.ts';
import { createSettlements, type Settlements } from './dead/settle.ts';
import { createDeadLetters } from './dead/writer.ts';
import { createDoor, type Door } from './door/accept.ts';
import { registerCatalogue } from './door/http/catalogue.ts';
import { createHeldBytes } from './door/http/held-bytes.ts';
import { registerEventRoutes } from './door/http/routes.ts';
import { doorLimits } from './door/limits.ts';
import { createDoorMetrics } from './door/metrics.ts';
import { createRecentIds } from './door/recent-ids.ts';
import { Tallies, tellTallies } from './door/tally.ts';
import { tellStatus } from './door/status.ts';
import { awaitStreams, createStoredHash } from './door/streams.ts';
import { DoorUnavailable } from './door/unavailable.ts';
import { startInbox } from './inbox/inbox.ts';

/** What there is once NATS is connected. */
interface Opened {
  readonly door: Door;
  readonly letters: LetterReader;
  readonly settlements: Settlements;
  /** Settles what was taken. */
  close(): Promise<void>;
}

await runProcess({ name: 'door', start });

async function start(life: Life): Promise<void> {
  const { config, log, metrics, signal } = life;
  // Each request that is being read listens to it.
  setMaxListeners(0, signal);
  let link: NatsLink | null = null;
  let opened: Opened | null = null;
  const now = (): Opened => {
    if (opened !== null) return opened;
    throw new DoorUnavailable(
      'unavailable',
      'The log cannot be written: NATS is not connected yet',
    );
  };
  life.onStop('nats', () => link?.close());
  life.onStop('door', () => opened?.close());
  life.addCheck('nats', () => ({ ok: link?.connected === true }));

  const limits = doorLimits(config);
  const access = new Access({ config, nowMs: Date.now });
  const clickhouse = createClickHouse(config);
  life.onStop('clickhouse', () => clickhouse.close());
  const audit = new AccessAudit({
    ...{ process: 'door', client: clickhouse, log, metrics, nowMs: Date.now },
  });
  life.onStop('audit', () => audit.stop());
  const app = createHttp({
    life,
    bodyLimit: limits.maxBodyBytes,
    gate: {
      access,
      rules: DOOR_RULES,
      onDecision: audit.keep,
    },
  });
  const routes = {
    door: { accept: (...args) => now().door.accept(...args) } satisfies Door,
    letters: {
      list: (options) => now().letters.list(options),
      read: (seq) => now().letters.read(seq),
      remove: (seq) => now().letters.remove(seq),
    } satisfies LetterReader,
    settlements: { note: (...args) => now().settlements.note(...args) } satisfies Settlements,
    limits,
    held: createHeldBytes(limits.maxHeldBytes, metrics),
    signal,
  };
  registerEventRoutes(app, routes);
  registerCatalogue(app);
  registerDeadRoutes(app, routes);
  const { host, doorPort: port } = config;
  const url = await listen(app, { host, port, variable: 'DOOR_PORT' });
  life.onStop('http', () => app.close());
  log.info({ url }, 'listening');

  link = await connectNats({
    url: config.natsUrl,
    user: config.natsUser,
    pass: config.natsPassword,
    name: 'stocktide-door',
    log,
    signal,
  });
  await awaitStreams(link.jsm, config, { log, signal });
  void access.run(link, signal);
  opened = open(life, link);
  life.ready();
}

/** Wires what needs NATS. */
function open(life: Life, link: NatsLink): Opened {
  const { config, log, metrics, signal } = life;
  const { nc, jsm } = link;
  const publisher = createPublisher({
    link,
    maxInFlight: config.maxInFlight,
    maxBytes: config.maxInFlightBytes,
    timeoutMs: config.publishTimeoutMs,
    metrics,
  });
  const clock = startClock({
    mode: config.clock,
    publisher,
    now: Date.now,
    onMissed: (error) => log.debug({ err: error }, 'a tick was not stored'),
    onLive: () => log.info('the feed has caught up; on wall time from now on'),
  });
  const doorMetrics = createDoorMetrics(metrics);
  const tallies = new Tallies();
  const door = createDoor({
    publisher,
    clock,
    recentIds: createRecentIds(config.recentIds),
    limits: doorLimits(config),
    metrics: doorMetrics,
    dead: createDeadLetters({ publisher, maxEventBytes: config.maxEventBytes, now: Date.now }),
    storedHash: createStoredHash(jsm),
    onAccepted: clock.observe,
    onSettled: (value, outcome) => tallies.note(value, outcome, Date.now()),
  });
  const name = randomUUID();
  const stopTallies = tellTallies({
    door: name,
    eventMs: clock.nowMs,
    now: Date.now,
    onMissed: (error) => log.debug({ err: error }, 'a tally was not stored'),
    publisher,
    tallies,
  });
  const inbox = startInbox({ link, door, log, metrics, signal });
  life.addCheck('inbox', () =>
    inbox.attached ? { ok: true } : { ok: false, detail: inbox.trouble },
  );
  const stopTelling = tellStatus({ nc, door: name, publisher, metrics: doorMetrics });

  return {
    door,
    letters: createLetterReader(jsm),
    settlements: createSettlements({ eventMs: clock.nowMs, now: Date.now, publisher }),
    async close() {
      stopTelling();
      clock.stop();
      await inbox.drained();
      stopTallies();
      await publisher.drain();
      publisher.close();
    },
  };
}
