/**
 * The built-in demo feed: the shell around the brand. It alone knows the wall clock, the disk and the
 * network.
 *
 *   node --import tsx simulator/demo.ts --url http://127.0.0.1:8081
 *
 * State is saved before the events that follow from it are sent, every SAVE_EVERY_MS of feed time. After a
 * crash that stretch is made again, the same under the same ids, and the log drops what it has. A
 * longer standstill, of this process or of the door, is skipped rather than caught up.
 */
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { createBrand, createState, openingEvents } from './brand.ts';
import { createDoor, DoorRefusal, type Door } from './door.ts';
import { readState, writeState } from './state-file.ts';
import type { DemoEvent } from './world.ts';

const USAGE = `Sends the events of a small made-up brand to the door, for ever, in real time.

  node --import tsx simulator/demo.ts --url URL [--rate 20] [--seed 1] [--state FILE]

  --url URL     the door, or the API in front of it
  --rate N      events a second to aim at, 1 to 1000 (20); counts when the brand is founded
  --seed N      seed of the brand (1); counts when the brand is founded
  --state FILE  where the brand goes on after a restart (<STOCKTIDE_HOME>/demo.json)`;

/** Most feed time between two saves: what is made again after a crash. */
const SAVE_EVERY_MS = 10_000;
/** A standstill longer than this is skipped. */
const MAX_CATCH_UP_MS = 10_000;
const STEP_MS = 250;
/** Events of one request. */
const MAX_BATCH = 500;

interface Options {
  readonly url: string;
  readonly ratePerSec: number;
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

async function run({ url, ratePerSec, seed, stateFile }: Options): Promise<void> {
  const door = createDoor({
    url,
    accessToken: process.env['ACCESS_TOKEN'] ?? '',
    stop: stop.signal,
    onChange: say,
  });
  const saved = readState(stateFile);
  const foundedMs = Date.now();
  const state =
    saved ?? createState({ run: foundedMs.toString(36), seed, ratePerSec, openedAtMs: foundedMs });
  const brand = createBrand(state);
  let savedMs = brand.clockMs;
  const save = () => {
    writeState(stateFile, brand.state());
    savedMs = brand.clockMs;
  };

  if (saved === null) save();
  else say(`going on with the brand of ${new Date(state.openedAtMs).toISOString()}`);
  if (!(await deliver(door, openingEvents(state)))) return;

  // What may have been sent after the last save: made again, exactly, before anything else.
  const toMs = Math.min(brand.clockMs + SAVE_EVERY_MS, Date.now());
  if (!(await deliver(door, brand.advance(toMs)))) return;
  say(`sending about ${state.ratePerSec} events/s to ${url}`);

  while (!stop.signal.aborted) {
    const standstillMs = Date.now() - brand.clockMs;
    if (standstillMs > MAX_CATCH_UP_MS) brand.shift(standstillMs);
    const nowMs = Date.now();
    if (nowMs - savedMs >= SAVE_EVERY_MS) save();
    if (!(await deliver(door, brand.advance(nowMs)))) return;
    await sleep(STEP_MS, undefined, { signal: stop.signal }).catch(() => {});
  }
  // Everything up to the clock has been answered.
  save();
}

/** Sends events in order; false when it was stopped before all were answered. */
async function deliver(door: Door, events: readonly DemoEvent[]): Promise<boolean> {
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
