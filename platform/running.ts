/**
 * Where the running system is: the launcher writes `<home>/run.json` once everything answers and
 * removes it when it stops; command-line programs read it, so that nobody has to type a port.
 *
 * A file whose launcher has died counts as nothing running: what it points at may be gone, or be
 * somebody else's by now.
 */
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { readConfig, type Config } from './config.ts';

/** Addresses and access of a running system. */
export interface Running {
  /** The public URL: API and dashboard; it forwards `/v1/events` to the door. */
  readonly apiUrl: string;
  readonly doorUrl: string;
  readonly clickhouseUrl: string;
  readonly natsUrl: string;
  readonly natsUser: string;
  readonly natsPassword: string;
  /** The deployment's own secret; empty where everybody is let in. */
  readonly accessToken: string;
  /** Process of the launcher. */
  readonly pid: number;
}

const TEXTS = [
  'apiUrl',
  'doorUrl',
  'clickhouseUrl',
  'natsUrl',
  'natsUser',
  'natsPassword',
  'accessToken',
] as const satisfies readonly (keyof Running)[];

/** The file that the launcher keeps in `home` while it runs. */
export const runFile = (home: string): string => join(resolve(home), 'run.json');

/** Nothing runs, or its file cannot be used; the message says what to do. */
export class NotRunningError extends Error {
  override readonly name = 'NotRunningError';
}

/** The system that runs on `home`, or null when none does. Throws on a damaged file. */
export function readRunning(home: string): Running | null {
  const file = runFile(home);
  let content: string;
  try {
    content = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
  const running = parse(file, content);
  return isAlive(running.pid) ? running : null;
}

/** The system that runs on `home`; throws a NotRunningError that says what to do when none does. */
export function requireRunning(home: string): Running {
  const running = readRunning(home);
  if (running !== null) return running;
  throw new NotRunningError(
    `Stocktide is not running on ${resolve(home)}. Start it with \`npm start\`, ` +
      'or set STOCKTIDE_HOME to the home of the one that runs.',
  );
}

function parse(file: string, content: string): Running {
  let value: unknown;
  try {
    value = JSON.parse(content);
  } catch {
    throw damaged(file, 'it is not JSON');
  }
  if (value === null || typeof value !== 'object') throw damaged(file, 'it is not an object');
  const fields = value as Record<string, unknown>;
  for (const name of TEXTS) {
    if (typeof fields[name] !== 'string') throw damaged(file, `${name} is missing`);
  }
  if (!Number.isSafeInteger(fields['pid'])) throw damaged(file, 'pid is missing');
  return value as Running;
}

function damaged(file: string, why: string): NotRunningError {
  return new NotRunningError(`${file} cannot be used: ${why}. Stop Stocktide and start it again.`);
}

/** True when a process has this id; one that belongs to somebody else counts. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Configuration of the running system, unless the environment names servers of its own (NATS_URL). */
export function systemConfig(env: NodeJS.ProcessEnv): Config {
  const config = readConfig(env);
  if (env['NATS_URL']) return config;
  const { clickhouseUrl, natsPassword, natsUrl, natsUser } = requireRunning(config.stocktideHome);
  return { ...config, clickhouseUrl, natsPassword, natsUrl, natsUser };
}

/**
 * The credential for the door or API at `url`: ACCESS_TOKEN, or the secret of the system that runs on `home`
 * when it is that one, and nobody else's.
 */
export function credentialFor(
  url: string,
  { env, home }: { env: NodeJS.ProcessEnv; home: string },
): string {
  if (env['ACCESS_TOKEN']) return env['ACCESS_TOKEN'];
  const running = readRunning(home);
  if (running === null || !URL.canParse(url)) return '';
  const isOwn = [running.apiUrl, running.doorUrl].some(
    (own) => new URL(own).origin === new URL(url).origin,
  );
  return isOwn ? running.accessToken : '';
}
