/**
 * `npm start` as a person uses it, without the demo feed: it comes up, survives the death of its
 * parts, keeps its data over a restart, leaves nothing behind, and says what it cannot do.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { pickPort } from '../../../platform/local/ports.ts';
import { processCommand } from '../../../platform/local/processes.ts';
import { readRunning, requireRunning } from '../../../platform/running.ts';

const projectRoot = fileURLToPath(new URL('../../../', import.meta.url));
/** Who is left is read from /proc. */
const onLinux = it.skipIf(process.platform !== 'linux');
const within = { timeout: 60_000, interval: 100 };

let home: string;
const open: Started[] = [];
/** Ports of this test's processes that have no `--port`. */
let ports: NodeJS.ProcessEnv;

beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'stocktide-start-'));
  ports = { DOOR_PORT: String(await pickPort()), PROCESSORS_PORT: String(await pickPort()) };
});

afterEach(async () => {
  for (const { child } of open.splice(0)) child.kill('SIGKILL');
  await expect.poll(ownProcesses, within).toEqual([]);
  rmSync(home, { recursive: true });
});

interface Started {
  child: ChildProcess;
  output: () => string;
  /** Exit code, once it has ended. */
  ended: Promise<number | null>;
}

function npmStart(...args: string[]): Started {
  const child = spawn(
    process.execPath,
    ['scripts/start.mjs', '--data', home, '--no-demo', ...args],
    {
      cwd: projectRoot,
      env: { ...process.env, ACCESS: '', ...ports },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => (output += chunk.toString()));
  }
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const started = { child, output: () => output, ended };
  open.push(started);
  return started;
}

async function untilRunning({ child, output }: Started): Promise<void> {
  const state = () => (child.exitCode === null ? output() : `it ended:\n${output()}`);
  await expect.poll(state, within).toMatch(/Ctrl-C stops everything|it ended/);
  expect(state()).not.toContain('it ended');
}

/** The token of the sign-in link that a first start prints. */
const tokenOf = (output: string) => /#\/sign-in\?token=(\S+)/.exec(output)?.[1];

/** Processes whose command line names this test's home. */
function ownProcesses(): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => processCommand(Number(pid)) ?? '')
    .filter((command) => command.includes(home));
}

async function sql(query: string): Promise<string> {
  const { clickhouseUrl } = requireRunning(home);
  const response = await fetch(`${clickhouseUrl}/?query=${encodeURIComponent(query)}`, {
    method: 'POST',
  });
  return (await response.text()).trim();
}

onLinux('runs, stops on a signal with exit code 0, and keeps its data', async () => {
  const first = npmStart('--port', '0');
  await untilRunning(first);
  const { apiUrl, natsUrl, clickhouseUrl } = requireRunning(home);
  expect((await fetch(`${apiUrl}/readyz`)).status).toBe(200);
  expect(await (await fetch(apiUrl)).text()).toContain('<html');
  const token = tokenOf(first.output());
  const session = await fetch(`${apiUrl}/v1/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ token }),
  });
  expect(await session.json()).toMatchObject({ identity: { roles: ['admin'] } });
  expect((await fetch(`${apiUrl}/v1/system`)).status).toBe(401);
  await sql('CREATE TABLE stocktide.kept (n UInt8) ENGINE = MergeTree ORDER BY n');
  await sql('INSERT INTO stocktide.kept SELECT 7');

  first.child.kill('SIGINT');
  expect(await first.ended).toBe(0);
  expect(ownProcesses()).toEqual([]);
  expect(readRunning(home)).toBeNull();

  const second = npmStart('--port', '0');
  await untilRunning(second);
  expect(requireRunning(home)).toMatchObject({ apiUrl, natsUrl, clickhouseUrl });
  expect(await sql('SELECT n FROM stocktide.kept')).toBe('7');
  // Shown once; and it still counts.
  expect(tokenOf(second.output())).toBeUndefined();
  const headers = { authorization: `Bearer ${token}` };
  expect((await fetch(`${apiUrl}/v1/system`, { headers })).status).toBe(200);
  second.child.kill('SIGTERM');
  expect(await second.ended).toBe(0);
});

onLinux('starts again what dies, and leaves nothing behind when it is killed itself', async () => {
  const first = npmStart('--port', '0');
  await untilRunning(first);
  const { apiUrl, pid } = requireRunning(home);

  const api = await ownPid('api/main.ts', pid);
  process.kill(api, 'SIGKILL');
  await expect.poll(() => ready(apiUrl), within).toBe(true);
  expect(await ownPid('api/main.ts', pid)).not.toBe(api);

  const nats = natsPid();
  process.kill(nats, 'SIGKILL');
  await expect.poll(natsPid, within).not.toBe(nats);
  await expect.poll(() => ready(apiUrl), within).toBe(true);

  process.kill(pid, 'SIGKILL');
  expect(await first.ended).toBe(128 + 9);
  await expect.poll(ownProcesses, within).toEqual([]);
  await untilRunning(npmStart('--port', '0'));
});

describe.skipIf(process.platform !== 'linux')('what it cannot do', () => {
  it('a second start on the same home', async () => {
    await untilRunning(npmStart('--port', '0'));
    const second = npmStart('--port', '0');
    expect(await second.ended).toBe(1);
    expect(second.output()).toContain(`${home} is in use by process`);
  });

  it('a port that another program has', async () => {
    const other = createServer();
    await new Promise<void>((listening) => other.listen(0, '127.0.0.1', listening));
    const { port } = other.address() as AddressInfo;
    const started = npmStart('--port', String(port));
    expect(await started.ended).toBe(1);
    expect(started.output()).toContain(`port ${port} (--port) is taken by another program`);
    await new Promise((closed) => other.close(closed));
  });

  it('an argument it does not know', async () => {
    const started = npmStart('--prot', '1');
    expect(await started.ended).toBe(2);
    expect(started.output()).toContain("'--prot'");
  });
});

async function ready(url: string): Promise<boolean> {
  return await fetch(`${url}/readyz`).then(
    (response) => response.ok,
    () => false,
  );
}

/** What the server itself wrote at its last start. */
function natsPid(): number {
  return Number(readFileSync(join(home, 'nats', 'nats-server.pid'), 'utf8'));
}

/** Pid of the launcher's child that runs `file`. */
async function ownPid(file: string, launcher: number): Promise<number> {
  const children = `/proc/${launcher}/task/${launcher}/children`;
  const find = () =>
    readFileSync(children, 'utf8')
      .trim()
      .split(' ')
      .map(Number)
      .find((pid) => processCommand(pid)?.includes(file));
  await expect.poll(find, within).toBeDefined();
  return find() ?? 0;
}
