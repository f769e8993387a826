/**
 * A whole running system for tests in a browser: the launcher as `npm start` runs it, on ports and a home
 * of its own, and the simulated brand in front of its door.
 *
 *   launcher ─▶ ready ─▶ brand: its past at full speed, then live ─▶ processors have caught up
 *
 * It ends with whoever started it, and its home is removed by `stop`.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SystemView } from '../../../contracts/live.ts';
import { pickPort } from '../../../platform/local/ports.ts';
import { readRunning, type Running } from '../../../platform/running.ts';
import { startChild, type Child } from '../../support/child.ts';
import { until } from '../../support/until.ts';

const START_MS = 120_000;
const CAUGHT_UP_MS = 240_000;
/** What a live system may be behind at any moment. */
const FEW_EVENTS = 500;

export interface BrandOptions {
  /** Of its past. */
  readonly historyMinutes: number;
  /** How much faster than real it lives. */
  readonly tempo: number;
  /** Events a second to aim at. */
  readonly rate: number;
}

/** Where a test finds the system; plain data, so that it can be handed to another process. */
export interface SystemAddress {
  readonly apiUrl: string;
  readonly doorUrl: string;
  /** Where it keeps its data, and says what else of it runs where. */
  readonly home: string;
}

export interface RunningSystem extends SystemAddress {
  stop(): Promise<void>;
}

/** Starts everything; resolves when the brand's past is in ClickHouse and it lives. */
export async function startSystem(brand: BrandOptions): Promise<RunningSystem> {
  const home = mkdtempSync(join(tmpdir(), 'stocktide-e2e-'));
  const children: Child[] = [];
  const stop = async () => {
    for (const child of children.reverse()) await child.end('SIGTERM');
    rmSync(home, { recursive: true, force: true });
  };
  try {
    const env = {
      ACCESS: 'open',
      CLOCK: 'catch-up',
      LOG_LEVEL: 'warn',
      STOCKTIDE_HOME: home,
      DOOR_PORT: String(await pickPort()),
      PROCESSORS_PORT: String(await pickPort()),
    };
    const args = ['--data', home, '--port', '0', '--no-demo'];
    const launcher = startChild({ file: 'platform/launcher/main.ts', args, env });
    children.push(launcher);
    const { apiUrl, doorUrl } = await untilRunning(home, launcher);
    const demo = startChild({ file: 'simulator/demo.ts', args: demoArgs(doorUrl, brand), env });
    children.push(demo);
    await whileRunning(
      demo,
      until(() => demo.output().includes('sending'), CAUGHT_UP_MS),
    );
    await whileRunning(
      launcher,
      until(() => hasCaughtUp(apiUrl), CAUGHT_UP_MS),
    );
    return { apiUrl, doorUrl, home, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function untilRunning(home: string, launcher: Child): Promise<Running> {
  let running: Running | null = null;
  await whileRunning(
    launcher,
    until(() => (running = readRunning(home)) !== null, START_MS),
  );
  if (running === null) throw new Error('the launcher runs and has not said where');
  return running;
}

/** What is waited for, or what the process said when it ended instead. */
async function whileRunning<T>(child: Child, waiting: Promise<T>): Promise<T> {
  const ended = child.exited.then((code) => {
    throw new Error(`it ended with ${code}:\n${child.output()}`);
  });
  return Promise.race([waiting, ended]);
}

function demoArgs(url: string, { historyMinutes, rate, tempo }: BrandOptions): string[] {
  const options = { url, 'history-minutes': historyMinutes, tempo, rate };
  return Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
}

async function hasCaughtUp(apiUrl: string): Promise<boolean> {
  const { runtimes } = (await (await fetch(`${apiUrl}/v1/system`)).json()) as SystemView;
  return (
    runtimes.length > 0 &&
    runtimes.every(({ lagEvents, phase }) => phase === 'live' && lagEvents < FEW_EVENTS)
  );
}
