/**
 * The data-directory lock: one holder, freed by death, also when several want it at that moment.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { acquireLock, LockedError, lockHolder } from '../../../platform/local/lock.ts';
import { processBirth, processCommand, processExists } from '../../../platform/local/processes.ts';

const directory = mkdtempSync(join(tmpdir(), 'stocktide-lock-'));
let path = '';
let count = 0;

beforeEach(() => {
  path = join(directory, String(++count), 'test.lock');
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** A process that tries to take the lock, says `held` or `refused`, and then waits to be killed. */
async function contender(): Promise<{ answer: string; pid: number; kill(): Promise<void> }> {
  const file = fileURLToPath(new URL('./hold-lock.ts', import.meta.url));
  const child = spawn(process.execPath, ['--import', 'tsx', file, path], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [text] = (await once(child.stdout, 'data')) as [Buffer];
  return {
    answer: text.toString().trim(),
    pid: child.pid ?? 0,
    async kill() {
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}

test('is held once, also against its own process, and freed by release', () => {
  expect(lockHolder(path)).toBe(undefined);
  const lock = acquireLock(path);
  expect(lockHolder(path)).toBe(process.pid);
  expect(() => acquireLock(path)).toThrow(LockedError);
  expect(() => acquireLock(path)).toThrow(`in use by process ${process.pid}`);
  lock.release();
  lock.release();
  const again = acquireLock(path);
  // A second release of the first lock must not free the second.
  lock.release();
  expect(() => acquireLock(path)).toThrow(LockedError);
  again.release();
});

test('leaves one small file, however often it is taken', () => {
  for (let i = 0; i < 5; i++) acquireLock(path).release();
  expect(readdirSync(join(path, '..'))).toEqual(['test.lock.5']);
});

test('of several that want it one gets it; after kill -9 again exactly one', async () => {
  for (let round = 0; round < 2; round++) {
    const contenders = await Promise.all([contender(), contender(), contender(), contender()]);
    const holders = contenders.filter(({ answer }) => answer === 'held');
    expect(contenders.map(({ answer }) => answer).sort()).toEqual([
      'held',
      'refused',
      'refused',
      'refused',
    ]);
    expect(lockHolder(path)).toBe(holders[0]?.pid);
    await Promise.all(contenders.map((one) => one.kill()));
    expect(lockHolder(path)).toBe(undefined);
  }
});

test('a pid that was given to another process does not hold it', () => {
  acquireLock(path).release();
  const birth = processBirth(process.pid);
  expect(birth).toBeDefined();
  writeFileSync(`${path}.2`, JSON.stringify({ pid: process.pid, birth }));
  expect(lockHolder(path)).toBe(process.pid);
  writeFileSync(`${path}.2`, JSON.stringify({ pid: process.pid, birth: `${birth}-before` }));
  expect(lockHolder(path)).toBe(undefined);
});

test('what a power cut left of it does not hold it', () => {
  acquireLock(path).release();
  for (const rest of ['', '{"pid":', '[]', 'null']) {
    writeFileSync(`${path}.2`, rest);
    expect(lockHolder(path)).toBe(undefined);
  }
  acquireLock(path).release();
});

test('processes are told apart', async () => {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)', 'a-mark']);
  await once(child, 'spawn');
  const pid = child.pid ?? 0;
  expect(processExists(pid)).toBe(true);
  expect(processCommand(pid)).toContain('a-mark');
  expect(processBirth(pid)).not.toBe(processBirth(process.pid));
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(processExists(pid)).toBe(false);
  expect(processCommand(pid)).toBe(undefined);
});
