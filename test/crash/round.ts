/**
 * One round: the real servers, door and processors under load, killed with SIGKILL at random instants,
 * each restarted at once; then the same log once more without interruption, and every table compared.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { NatsError } from 'nats';
import type { LogEvent } from '../../contracts/events.ts';
import { STREAMS } from '../../platform/nats/streams.ts';
import { rngOver, type Rng } from '../../simulator/rng.ts';
import { connect, startRuntime, type Plumbing } from '../support/runtime.ts';
import { traffic } from '../support/traffic.ts';
import { compareDatabases, compareFindings, type TableDifference } from './compare.ts';
import { startSystem, type System, type Victim } from './system.ts';

export interface RoundOptions {
  readonly seed: number;
  /** How long the load lasts (ms). */
  readonly loadMs: number;
}

export interface RoundResult {
  /** What was killed, in order, with the instant (ms from the start of the load). */
  readonly kills: readonly string[];
  /** Messages in the log, and what became of them. */
  readonly logEvents: number;
  readonly movements: number;
  readonly findings: number;
  /** None when every table is equal. */
  readonly differences: readonly TableDifference[];
  /** Where the round's data are kept; null when nothing differed. */
  readonly keptIn: string | null;
}

/** Each is killed once, at the least. */
const VICTIMS = ['processors', 'clickhouse', 'nats'] as const satisfies readonly Victim[];
/** Kills beside those. */
const FURTHER: readonly Victim[] = [...VICTIMS, 'door'];
const MAX_FURTHER_KILLS = 3;
/** About 400 events in a batch, and ten minutes of feed time, after which findings are due, in 40. */
const FEED = { startMs: Date.parse('2026-03-02T08:00:00Z'), ratePerSec: 25, stepMs: 15_000 };
/** However long the door is away, so much is sent: some thousand events. */
const MIN_BATCHES = 15;
const GIVE_UP_MS = 90_000;
const POLL_MS = 50;
const REFERENCE = 'reference';

export async function crashRound(options: RoundOptions): Promise<RoundResult> {
  const dataDir = mkdtempSync(join(tmpdir(), 'stocktide-crash-'));
  let keep = true;
  const system = await startSystem(dataDir);
  try {
    const plumbing = await connectTo(system, 'stocktide');
    try {
      const [kills] = await Promise.all([
        killAll(system, options),
        load(system, plumbing, options),
      ]);
      const lastSeq = await settled(system, plumbing);
      await system.finish();
      const raised = await runReference(system, lastSeq);
      const differences = [
        ...(await compareDatabases(plumbing.clickhouse, REFERENCE)),
        ...(await compareFindings(plumbing, raised)),
      ];
      keep = differences.length > 0;
      const { movements } = await countsOf(plumbing);
      return {
        ...{ kills, movements, differences, logEvents: lastSeq, findings: raised.size },
        keptIn: keep ? dataDir : null,
      };
    } finally {
      await plumbing.close();
    }
  } catch (error) {
    throw new Error(`the round did not come to its end; its data are in ${dataDir}`, {
      cause: error,
    });
  } finally {
    await system.stop();
    if (!keep) rmSync(dataDir, { recursive: true, force: true });
  }
}

const connectTo = ({ env }: System, database: string): Promise<Plumbing> =>
  connect(
    { url: env['NATS_URL'] ?? '', user: env['NATS_USER'] ?? '', pass: env['NATS_PASSWORD'] ?? '' },
    { url: env['CLICKHOUSE_URL'] ?? '' },
    { database, env: { ...env, CLICKHOUSE_DATABASE: database, LOG_LEVEL: 'silent' } },
  );

/** Kills each victim once and some again, at random instants of the load. */
async function killAll(system: System, { loadMs, seed }: RoundOptions): Promise<string[]> {
  const rng = rngOver({ rng: seed });
  const further = Array.from({ length: rng.int(0, MAX_FURTHER_KILLS) }, () => rng.pick(FURTHER));
  const plan: { atMs: number; victim: Victim }[] = [...VICTIMS, ...further]
    .map((victim) => ({ victim, atMs: rng.int(0, loadMs) }))
    .sort((a, b) => a.atMs - b.atMs);
  const kills: string[] = [];
  const startMs = performance.now();
  const elapsedMs = () => Math.round(performance.now() - startMs);
  for (const { atMs, victim } of plan) {
    await sleep(Math.max(0, atMs - elapsedMs()));
    kills.push(`${victim} at ${elapsedMs()} ms`);
    await system.kill(victim);
  }
  return kills;
}

/** Sends the traffic as fast as the door takes it; what it cannot take now is sent again. */
async function load(
  system: System,
  plumbing: Plumbing,
  { loadMs, seed }: RoundOptions,
): Promise<void> {
  const rng = rngOver({ rng: seed });
  const endMs = performance.now() + loadMs;
  let batches = 0;
  let echoing: Promise<void> | null = null;
  for (const batch of traffic({ seed, ...FEED })) {
    const body = batch.map((event) => JSON.stringify(event)).join('\n');
    const giveUpMs = performance.now() + GIVE_UP_MS;
    while (!(await post(system.doorUrl, body))) {
      if (performance.now() > giveUpMs) throw new Error(`no door\n${system.output()}`);
      await sleep(POLL_MS);
    }
    // Not waited for here: while NATS is away it takes long.
    echoing ??= echo(plumbing, rng).finally(() => {
      echoing = null;
    });
    batches += 1;
    if (performance.now() > endMs && batches >= MIN_BATCHES) break;
  }
  await echoing;
}

/**
 * Puts an earlier event into the log once more, as when it is sent again after JetStream's window: the
 * runtime alone can tell. Sometimes with another hash of its data: an id in conflict.
 */
async function echo({ link }: Plumbing, rng: Rng): Promise<void> {
  try {
    const { state } = await link.jsm.streams.info(STREAMS.log);
    const message = await link.jsm.streams.getMessage(STREAMS.log, {
      seq: rng.int(1, state.last_seq),
    });
    const event = message.json<LogEvent>();
    if (event.type.startsWith('stocktide.finding.')) return;
    const again = rng.chance(0.2) ? { ...event, datahash: '00000000' } : event;
    await link.js.publish(message.subject, JSON.stringify(again));
  } catch (error) {
    // NATS is away; whether it was stored does not matter.
    if (!(error instanceof NatsError)) throw error;
  }
}

/** Sends a batch; false when it is to be sent again. */
async function post(doorUrl: string, body: string): Promise<boolean> {
  const headers = { 'content-type': 'application/x-ndjson' };
  try {
    const answer = await fetch(`${doorUrl}/v1/events?results=rejected`, {
      ...{ method: 'POST', headers, body },
      signal: AbortSignal.timeout(GIVE_UP_MS),
    });
    await answer.arrayBuffer();
    return answer.ok;
  } catch {
    return false;
  }
}

interface Rest {
  readonly lastSeq: number;
  readonly flushed: number | null;
  readonly findings: number | null;
  readonly inbox: number;
}

/** Waits until the whole log is flushed and no finding is on its way; the log's end. */
async function settled(system: System, plumbing: Plumbing): Promise<number> {
  const deadlineMs = performance.now() + GIVE_UP_MS;
  let before: Rest | null = null;
  for (;;) {
    // NATS may still be on its way back from its last kill.
    const now = await lookAt(system, plumbing).catch(() => null);
    const isAtRest = now?.flushed === now?.lastSeq && now?.findings === 0 && now.inbox === 0;
    if (isAtRest && before?.lastSeq === now.lastSeq) return now.lastSeq;
    if (performance.now() > deadlineMs) {
      throw new Error(`no rest: ${JSON.stringify(now)}\n${system.output()}`);
    }
    before = now;
    await sleep(POLL_MS);
  }
}

async function lookAt(system: System, { link }: Plumbing): Promise<Rest> {
  const { state: inbox } = await link.jsm.streams.info(STREAMS.inbox);
  const flushed = await system.measured('stocktide_flushed_seq');
  const findings = await system.measured('stocktide_unconfirmed_findings');
  const { state: log } = await link.jsm.streams.info(STREAMS.log);
  return { lastSeq: log.last_seq, flushed, findings, inbox: inbox.messages };
}

/** Runs the log once more, without interruption, into a database of its own; the findings it raises. */
async function runReference(system: System, lastSeq: number): Promise<Set<string>> {
  const plumbing = await connectTo(system, REFERENCE);
  const raised = new Set<string>();
  try {
    const reference = await startRuntime(plumbing, {
      name: REFERENCE,
      rehearse: ({ id }) => raised.add(id),
    });
    await reference.flushed(lastSeq);
    await reference.stop();
  } finally {
    await plumbing.close();
  }
  return raised;
}

async function countsOf({ clickhouse }: Plumbing): Promise<{ movements: number }> {
  const result = await clickhouse.query({
    query: 'SELECT toUInt32(count()) AS movements FROM stock_movements',
    format: 'JSONEachRow',
  });
  const [row] = await result.json<{ movements: number }>();
  return row ?? { movements: 0 };
}
