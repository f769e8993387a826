/**
 * `npm run simulate`: composition root. Arguments, brand, target, pace and signals are wired here; events
 * go to the target, everything else to stderr.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import {
  readArguments,
  USAGE,
  UsageError,
  type Rate,
  type SimulateArguments,
} from './arguments.ts';
import { createBrand, createState, openingEvents, type Brand } from './brand.ts';
import { DAY, MINUTE } from './calendar.ts';
import { DoorRefusal } from './door.ts';
import { doorSink, lineSink, type Sink } from './sinks.ts';

const EXIT = { done: 0, failed: 1, usage: 2, interrupted: 130 } as const;
/** Feed time that is made at a time. */
const STEP_MS = 10 * MINUTE;
/** Finer when a clock is followed. */
const REAL_STEP_MS = 250;
const PROGRESS_EVERY_MS = 2_000;

const stop = new AbortController();
process.once('SIGINT', () => stop.abort());
process.once('SIGTERM', () => stop.abort());

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  const { code, message } = error as NodeJS.ErrnoException;
  // Whoever read stdout has gone: that is an end like any other.
  if (code === 'EPIPE') process.exitCode = EXIT.done;
  else if (error instanceof UsageError) {
    say(`${message}\n\n${USAGE}`);
    process.exitCode = EXIT.usage;
  } else if (error instanceof DoorRefusal || code !== undefined) {
    say(message);
    process.exitCode = EXIT.failed;
  } else throw error;
}

async function main(argv: readonly string[]): Promise<number> {
  const args = readArguments(argv);
  if (args === 'help') {
    console.log(USAGE);
    return EXIT.done;
  }
  const { incidentGapDays, incidents, ordersPerDay, peak, seed, skuCount, startMs } = args;
  const brand = createBrand(
    createState({
      run: `s${seed}`,
      seed,
      openedAtMs: startMs,
      ordersPerDay,
      skuCount,
      peak,
      incidents,
      incidentGapDays,
    }),
  );
  const door =
    'url' in args.target ? doorSink({ url: args.target.url, stop: stop.signal, say }) : null;
  const events = door ?? (await lineSink('file' in args.target ? args.target.file : '-'));
  const labels = args.labelsFile === null ? null : await lineSink(args.labelsFile);

  const sent = await simulate({ args, brand, events, labels });
  await events.close();
  await labels?.close();
  const days = ((brand.clockMs - startMs) / DAY).toFixed(1);
  say(`${sent} events of ${days} days${stop.signal.aborted ? ', stopped' : ''}`);
  if (stop.signal.aborted) return EXIT.interrupted;
  return door !== null && door.rejected > 0 ? EXIT.failed : EXIT.done;
}

/** Makes and sends until the end of the span or until it is stopped; the number of events. */
async function simulate(parts: {
  args: SimulateArguments;
  brand: Brand;
  events: Sink;
  labels: Sink | null;
}): Promise<number> {
  const { args, brand, events, labels } = parts;
  const endMs = args.startMs + args.spanMs;
  const stepMs = args.rate === 'max' ? STEP_MS : REAL_STEP_MS;
  const pace = createPace(args.rate, args.startMs);
  const progress = createProgress(args);
  let sent = 0;

  const opening = openingEvents(brand.state());
  await events.write(opening);
  sent += opening.length;
  while (brand.clockMs < endMs && !stop.signal.aborted) {
    const made = brand.advance(Math.min(brand.clockMs + stepMs, endMs));
    await events.write(made);
    await labels?.write(brand.takeLabels());
    sent += made.length;
    progress(brand.clockMs, sent);
    await pace(brand.clockMs, sent);
  }
  return sent;
}

/** Waits until it is time for more. */
function createPace(rate: Rate, startMs: number): (clockMs: number, sent: number) => Promise<void> {
  const began = performance.now();
  return async (clockMs, sent) => {
    if (rate === 'max') return;
    const dueMs = rate === 'real' ? clockMs - startMs : (sent / rate) * 1_000;
    const waitMs = dueMs - (performance.now() - began);
    if (waitMs > 0) await sleep(waitMs, undefined, { signal: stop.signal }).catch(() => {});
  };
}

function createProgress({ startMs, spanMs }: SimulateArguments) {
  const began = performance.now();
  let nextMs = PROGRESS_EVERY_MS;
  return (clockMs: number, sent: number) => {
    const passedMs = performance.now() - began;
    if (passedMs < nextMs) return;
    nextMs = passedMs + PROGRESS_EVERY_MS;
    const day = ((clockMs - startMs) / DAY).toFixed(1);
    const of = Number.isFinite(spanMs) ? ` of ${spanMs / DAY}` : '';
    say(`day ${day}${of}, ${sent} events, ${Math.round((1_000 * sent) / passedMs)}/s`);
  };
}

function say(message: string): void {
  console.error(`simulate: ${message}`);
}
