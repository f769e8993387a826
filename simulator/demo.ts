/**
 * The built-in demo feed: the shell around the brand. It alone knows the wall clock, the disk and the
 * network.
 *
 *   node --import tsx simulator/demo.ts --url http://127.0.0.1:8081
 *
 *   founded ──▶ its past, as fast as the door takes them (--history-minutes) ──▶ live
 *
 * Past and present are lived at the same tempo, so that what is learned of the one holds in the other.
 *
 * State is saved before the events that follow from it are sent, every SAVE_EVERY_MS of feed time. After a
 * crash that stretch is made again, the same under the same ids, and the log drops what it has. A
 * longer standstill, of this process or of the door, is skipped rather than caught up.
 */
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { createBrand, createState, EVENTS_PER_ORDER, openingEvents, type Brand } from './brand.ts';
import { DAY, MINUTE, SECOND } from './calendar.ts';
import { kindsOf } from './incidents/inject.ts';
import { createDoor, DoorRefusal, type Door } from './door.ts';
import { readState, writeState } from './state-file.ts';
import type { SimEvent } from './world.ts';

const USAGE = `Sends the events of a simulated brand to the door, for ever, in real time.

  node --import tsx simulator/demo.ts --url URL [--rate 20] [--tempo 360] [--history-minutes 90]
                                      [--seed 1] [--state FILE]

  --url URL          the door, or the API in front of it
  --rate N           events a second to aim at, 1 to 1000 (20)
  --tempo N          how much faster than real the brand lives, 1 to 1440 (360: a day in 4 minutes)
  --history-minutes N  minutes of its past to send first, 0 to 1440 (90)
  --seed N           seed of the brand (1)
  --state FILE       where the brand goes on after a restart (<STOCKTIDE_HOME>/demo.json)

Rate, tempo, history and seed count when the brand is founded.`;

/** Most feed time between two saves: what is made again after a crash. */
const SAVE_EVERY_MS = 10_000;
/** A standstill longer than this is skipped. */
const MAX_CATCH_UP_MS = 10_000;
const STEP_MS = 250;
/** Days of the brand between two incidents of a kind: one of some kind every three minutes or so. */
const INCIDENT_GAP_DAYS = 20;
/** Feed time of the past that is made at a time. */
const PAST_STEP_MS = 10 * SECOND;
/** Events of one request. */
const MAX_BATCH = 500;

interface Options {
  readonly url: string;
  readonly ratePerSec: number;
  readonly tempo: number;
  readonly historyMinutes: number;
  readonly seed: number;
  readonly stateFile: string;
}

const stop = new AbortController();
process.once('SIGTERM', () => stop.abort());
process.once('SIGINT', () => stop.abort());

const options = readOptions();
if (options !== null) {
  try {
    await run(options);
    say('stopped');
  } catch (error) {
    if (!(error instanceof DoorRefusal)) throw error;
    say(error.message);
    process.exitCode = 1;
  }
}

async function run(options: Options): Promise<void> {
  const { stateFile, url } = options;
  const door = createDoor({
    url,
    accessToken: process.env['ACCESS_TOKEN'] ?? '',
    stop: stop.signal,
    onChange: say,
  });
  const saved = readState(stateFile);
  const brand = createBrand(saved ?? found(options));
  const save = () => writeState(stateFile, brand.state());

  if (saved === null) save();
  else say(`going on with the brand of ${new Date(saved.openedAtMs).toISOString()}`);
  if (!(await deliver(door, openingEvents(brand.state())))) return;

  if (brand.state().liveAtMs === null) {
    if (!(await tellThePast(brand, door, save))) return;
    brand.goLive();
    save();
  }
  say(`sending about ${options.ratePerSec} events/s to ${url}`);
  await live(brand, door, save);
}

function found({ historyMinutes, ratePerSec, seed, tempo }: Options) {
  const nowMs = Date.now();
  const ordersPerSec = ratePerSec / EVENTS_PER_ORDER;
  return createState({
    run: nowMs.toString(36),
    seed,
    openedAtMs: nowMs - historyMinutes * MINUTE,
    incidents: kindsOf('all'),
    incidentGapDays: INCIDENT_GAP_DAYS,
    ordersPerDay: Math.max(1, Math.round((ordersPerSec * DAY) / SECOND / tempo)),
    ...{ tempo, steady: true },
  });
}

/** What was before now, as fast as the door takes them; false when it was stopped. */
async function tellThePast(brand: Brand, door: Door, save: () => void): Promise<boolean> {
  while (brand.clockMs < Date.now()) {
    save();
    const events = brand.advance(Math.min(brand.clockMs + PAST_STEP_MS, Date.now()));
    if (!(await deliver(door, events))) return false;
  }
  return true;
}

async function live(brand: Brand, door: Door, save: () => void): Promise<void> {
  // What may have been sent after the last save: made again, exactly, before anything else.
  let savedMs = brand.clockMs;
  const toMs = Math.min(savedMs + SAVE_EVERY_MS, Date.now());
  if (!(await deliver(door, brand.advance(toMs)))) return;

  while (!stop.signal.aborted) {
    const standstillMs = Date.now() - brand.clockMs;
    if (standstillMs > MAX_CATCH_UP_MS) brand.shift(standstillMs);
    const nowMs = Date.now();
    if (nowMs - savedMs >= SAVE_EVERY_MS) {
      save();
      brand.takeLabels();
      savedMs = brand.clockMs;
    }
    if (!(await deliver(door, brand.advance(nowMs)))) return;
    await sleep(STEP_MS, undefined, { signal: stop.signal }).catch(() => {});
  }
  // Everything up to the clock has been answered.
  save();
}

/** Sends events in order; false when it was stopped before all were answered. */
async function deliver(door: Door, events: readonly SimEvent[]): Promise<boolean> {
  for (let at = 0; at < events.length; at += MAX_BATCH) {
    const answer = await door.send(events.slice(at, at + MAX_BATCH));
    if (answer === null) return false;
    for (const result of answer.results) {
      if (result.outcome === 'rejected') say(`rejected ${result.id ?? ''}: ${result.detail}`);
    }
  }
  return true;
}

function readOptions(): Options | null {
  try {
    const { values } = parseArgs({
      options: {
        url: { type: 'string' },
        rate: { type: 'string', default: '20' },
        tempo: { type: 'string', default: '360' },
        'history-minutes': { type: 'string', default: '90' },
        seed: { type: 'string', default: '1' },
        state: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    });
    if (values.help === true) {
      console.log(USAGE);
      return null;
    }
    const { url } = values;
    if (url === undefined || !/^https?:/.test(url) || !URL.canParse(url)) {
      throw new Error(
        `--url ${url ?? '(absent)'}: must be an address such as http://127.0.0.1:8081`,
      );
    }
    return {
      url,
      ratePerSec: integer('--rate', values.rate, 1, 1_000),
      tempo: integer('--tempo', values.tempo, 1, 1_440),
      historyMinutes: integer('--history-minutes', values['history-minutes'], 0, 1_440),
      seed: integer('--seed', values.seed, 0, 4_294_967_295),
      stateFile: resolve(
        values.state ?? join(process.env['STOCKTIDE_HOME'] || '.stocktide', 'demo.json'),
      ),
    };
  } catch (error) {
    console.error(`demo: ${(error as Error).message}\n\n${USAGE}`);
    process.exitCode = 2;
    return null;
  }
}

function integer(name: string, value: string, min: number, max: number): number {
  const number = Number(value);
  if (/^\d+$/.test(value) && number >= min && number <= max) return number;
  throw new Error(`${name} ${value}: must be a whole number from ${min} to ${max}`);
}

function say(message: string): void {
  console.error(`demo: ${message}`);
}
