import { spawn, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test, vi } from 'vitest';

const program = fileURLToPath(new URL('fixtures/process.ts', import.meta.url));
const running = new Set<ChildProcess>();

afterEach(() => {
  for (const child of running) child.kill('SIGKILL');
});

interface Line {
  level: string;
  msg: string;
  [field: string]: unknown;
}

/** The fixture doing `scenario`: its log, and its end. */
function start(scenario: string, env: NodeJS.ProcessEnv = {}) {
  const child = spawn(process.execPath, ['--import', 'tsx', program, scenario], {
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  let out = '';
  let errors = '';
  child.stdout.on('data', (data: Buffer) => (out += data.toString()));
  child.stderr.on('data', (data: Buffer) => (errors += data.toString()));
  const lines = () =>
    out
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Line);
  const messages = () => lines().map(({ msg }) => msg);
  const ended = new Promise<number | null>((resolve) => {
    child.once('close', (code) => {
      running.delete(child);
      resolve(code);
    });
  });
  const said = (message: string) =>
    vi.waitFor(() => expect(messages()).toContain(message), { timeout: 20_000 });
  return { child, lines, messages, errors: () => errors, ended, said };
}

const CLOSED = ['closed: last opened', 'closed: first opened', 'stopped'];

describe('an orderly end', () => {
  test.each(['SIGTERM', 'SIGINT'] as const)('%s: last opened, first closed', async (signal) => {
    const fixture = start('orderly');
    await fixture.said('ready');
    fixture.child.kill(signal);
    expect(await fixture.ended).toBe(0);
    expect(fixture.messages()).toEqual(['ready', 'stopping', ...CLOSED]);
  });

  test('a launcher that sends SIGTERM after Ctrl-C does not hurry it', async () => {
    const fixture = start('orderly');
    await fixture.said('ready');
    fixture.child.kill('SIGINT');
    fixture.child.kill('SIGTERM');
    fixture.child.kill('SIGTERM');
    expect(await fixture.ended).toBe(0);
    expect(fixture.messages().slice(-3)).toEqual(CLOSED);
  });

  test('a start that waits is ended too', async () => {
    const fixture = start('waits for its end while starting');
    await fixture.said('waiting');
    fixture.child.kill('SIGTERM');
    expect(await fixture.ended).toBe(0);
    expect(fixture.messages()).toEqual(['waiting', 'stopping', ...CLOSED]);
  });
});

describe('an end that fails', () => {
  test('what hangs is named when the time is over', async () => {
    const fixture = start('hangs at the end', { DRAIN_TIMEOUT_MS: '300' });
    await fixture.said('ready');
    fixture.child.kill('SIGTERM');
    expect(await fixture.ended).toBe(1);
    expect(fixture.messages()).toContain('draining stopped: hanging did not close in time');
  });

  test('a second Ctrl-C ends it at once', async () => {
    const fixture = start('hangs at the end');
    await fixture.said('ready');
    fixture.child.kill('SIGINT');
    await fixture.said('stopping');
    fixture.child.kill('SIGINT');
    expect(await fixture.ended).toBe(1);
    expect(fixture.messages().at(-1)).toBe('second interrupt, ending at once');
  });

  test('what fails is named, and the rest is closed all the same', async () => {
    const fixture = start('fails at the end');
    await fixture.said('ready');
    fixture.child.kill('SIGTERM');
    expect(await fixture.ended).toBe(1);
    expect(fixture.messages()).toEqual(['ready', 'stopping', 'failing failed to close', ...CLOSED]);
  });
});

describe('a fatal error', () => {
  test.each([
    ['fails to start', 'no such stream'],
    ['rejects unseen', 'nobody caught this'],
    ['fails twice', 'first'],
  ])('%s: drained, exit code 1', async (scenario, message) => {
    const fixture = start(scenario);
    expect(await fixture.ended).toBe(1);
    expect(fixture.lines().filter(({ level }) => level === 'fatal')).toMatchObject([
      { msg: message, err: { message } },
    ]);
    expect(fixture.messages().slice(-3)).toEqual(CLOSED);
  });
});

describe('a configuration that cannot be used', () => {
  test('in the environment: exit code 2 and every variable on standard error', async () => {
    const fixture = start('orderly', { API_PORT: 'eighty', CLOCK: 'wall' });
    expect(await fixture.ended).toBe(2);
    expect(fixture.errors()).toBe(
      'fixture: the configuration cannot be used\n' +
        'API_PORT="eighty": a whole number from 1 to 65535\n' +
        'CLOCK="wall": one of live, feed, catch-up\n',
    );
    expect(fixture.lines()).toEqual([]);
  });

  test('found while starting: drained, exit code 2', async () => {
    const fixture = start('is misconfigured');
    expect(await fixture.ended).toBe(2);
    expect(fixture.errors()).toContain('API_PORT="80": a free port');
    expect(fixture.messages()).toEqual(CLOSED);
  });
});

test('ready means started, every check holding, and not draining', async () => {
  const fixture = start('checks twice');
  await fixture.said('up');
  fixture.child.kill('SIGTERM');
  await fixture.ended;
  const away = { store: { ok: false, detail: 'away' } };
  const there = { store: { ok: true } };
  expect(fixture.lines().flatMap(({ readiness }) => readiness ?? [])).toEqual([
    { ready: false, checks: away },
    { ready: false, checks: away },
    { ready: true, checks: there },
    { ready: false, checks: there },
  ]);
});
