/**
 * `npm start`: Stocktide on one machine, supervised. This file is the command line, the signals and
 * the exit code; launch.ts says what is started.
 *
 *   exit 0  stopped as asked      1  something could not be started      2  wrong arguments or settings
 */
import './tether.ts';
import { relative } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ConfigError, readConfig, type Config } from '../config.ts';
import { LockedError } from '../local/lock.ts';
import { createLog, type Log } from '../log.ts';
import { signInLink } from './first-token.ts';
import { launch, StartError, type Launched, type Started } from './launch.ts';
import { parseOptions, usage, UsageError, type LauncherOptions } from './options.ts';
import { PortTakenError } from './ports.ts';

/** One Ctrl-C arrives several times: from the terminal, from npm and from the start script. */
const SAME_INTERRUPT_MS = 1000;
/** They stop one after another, each within its time to drain. */
const PROCESSES = 6;
/** Room for all that has nothing to drain. */
const STOP_ROOM_MS = 30_000;

process.exitCode = await main();
process.exit();

async function main(): Promise<number> {
  let options: LauncherOptions;
  let config: Config;
  const env: NodeJS.ProcessEnv = { ...process.env };
  env['LOG_FORMAT'] ||= 'pretty';
  try {
    options = parseOptions(process.argv.slice(2));
    if (options.help) {
      process.stdout.write(usage);
      return 0;
    }
    if (options.data !== undefined) env['STOCKTIDE_HOME'] = options.data;
    config = readConfig(env);
    env['STOCKTIDE_HOME'] = config.stocktideHome;
  } catch (error) {
    if (!(error instanceof UsageError || error instanceof ConfigError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return 2;
  }
  const log = createLog({ name: 'launcher', level: config.logLevel, format: config.logFormat });
  return run(options, config, env, log);
}

async function run(
  { port, demo }: LauncherOptions,
  config: Config,
  env: NodeJS.ProcessEnv,
  log: Log,
): Promise<number> {
  const started: Started[] = [];
  const stopping = new AbortController();
  const stopped = new Promise((resolve) => stopping.signal.addEventListener('abort', resolve));
  onStopRequest(stopping, started, log);
  let exitCode = 0;
  try {
    const wantedPorts = {
      api: port === undefined ? asked(env, 'API_PORT') : { value: port, from: '--port' },
      door: asked(env, 'DOOR_PORT'),
      processors: asked(env, 'PROCESSORS_PORT'),
    };
    const launching = { config, env, wantedPorts, demo, log, signal: stopping.signal };
    const running = await launch(launching, started);
    process.stdout.write(banner(running, config, env));
    await stopped;
  } catch (error) {
    if (!stopping.signal.aborted) {
      exitCode = 1;
      reportFailure(error, log);
    }
  }
  const timeoutMs = PROCESSES * config.drainTimeoutMs + STOP_ROOM_MS;
  return (await stopAll(started, log, timeoutMs)) ? exitCode : 1;
}

function asked(env: NodeJS.ProcessEnv, variable: string) {
  return { value: env[variable] || undefined, from: variable };
}

/** Stops on SIGINT, SIGTERM, SIGHUP, and when nobody reads the output; a second Ctrl-C kills. */
function onStopRequest(stopping: AbortController, started: Started[], log: Log): void {
  let firstMs = 0;
  const stop = (why: string) => {
    if (!stopping.signal.aborted) {
      firstMs = performance.now();
      log.info(`stopping (${why})`);
      stopping.abort(new Error(`stopped while starting (${why})`));
    } else if (why === 'SIGINT' && performance.now() - firstMs > SAME_INTERRUPT_MS) {
      log.warn('second interrupt: ending everything at once; the data is safe');
      killAll(started);
      process.exit(1);
    }
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop);
  process.stdout.on('error', () => stop('its output is closed'));
  process.stderr.on('error', () => stop('its output is closed'));
}

function killAll(started: Started[]): void {
  for (const { pid } of [...started].reverse()) {
    try {
      if (pid !== undefined) process.kill(pid(), 'SIGKILL');
    } catch {
      // It was gone already.
    }
  }
}

/** Stops the parts, last first. False when one could not be stopped in time. */
async function stopAll(started: Started[], log: Log, timeoutMs: number): Promise<boolean> {
  const late = sleep(timeoutMs, 'late', { ref: false });
  for (const part of [...started].reverse()) {
    const stopping = (async () => part.stop())().catch((error: unknown) => error);
    const outcome = await Promise.race([stopping, late]);
    if (outcome === undefined) continue;
    log.error({ err: outcome }, `${part.name} could not be stopped; ending everything at once`);
    killAll(started);
    return false;
  }
  log.info('stopped');
  return true;
}

/** What a person can mend is said in a sentence; anything else with its stack. */
function reportFailure(error: unknown, log: Log): void {
  const mendable = [LockedError, PortTakenError, StartError].some((kind) => error instanceof kind);
  if (mendable && error instanceof Error) {
    log.fatal(error.message);
  } else {
    log.fatal({ err: error }, error instanceof Error ? error.message : String(error));
  }
}

function banner(running: Launched, config: Config, env: NodeJS.ProcessEnv): string {
  const { apiUrl, token } = running;
  const home = relative(process.cwd(), config.stocktideHome) || '.';
  const credentials = env['NATS_URL'] ? 'as configured' : `${home}/nats/server.json`;
  return `
  Stocktide is running.

    Dashboard   ${token === null ? apiUrl : signInLink(apiUrl, token)}
                ${signInHint(token, config)}
    Events in   ${apiUrl}/v1/events   (POST; the door itself: ${running.doorUrl})
    SQL tools   ${running.clickhouseUrl}   (ClickHouse HTTP, database ${config.clickhouseDatabase}, user ${config.clickhouseUser})
    NATS        ${running.natsUrl}   (user and password: ${credentials})
    Data        ${config.stocktideHome}

  Ctrl-C stops everything; the data stays.

`;
}

function signInHint(token: string | null, { access }: Config): string {
  if (access === 'open') return '(ACCESS=open: everybody on this machine is let in as admin)';
  return token === null
    ? '(sign in with a token; `npm run access -- link` prints a link that signs in)'
    : '(signs you in as admin; its token is shown this once)';
}
