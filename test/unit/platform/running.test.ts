import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawnSync } from 'node:child_process';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { credentialFor, readRunning, requireRunning, runFile } from '../../../platform/running.ts';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'stocktide-running-'));
});
afterEach(() => rmSync(home, { recursive: true }));

const running = {
  apiUrl: 'http://127.0.0.1:8080',
  doorUrl: 'http://127.0.0.1:8081',
  clickhouseUrl: 'http://127.0.0.1:8123',
  natsUrl: 'nats://127.0.0.1:4222',
  natsUser: 'stocktide',
  natsPassword: 'secret',
  accessToken: 'own-secret',
  pid: process.pid,
};
const write = (value: unknown) => writeFileSync(runFile(home), JSON.stringify(value));

it('finds the system that runs on a home', () => {
  write(running);
  expect(readRunning(home)).toEqual(running);
});

it('says what to do when nothing runs', () => {
  expect(readRunning(home)).toBeNull();
  expect(() => requireRunning(home)).toThrow('Start it with `npm start`');
});

it('does not take the file of a launcher that died for a running system', () => {
  const { pid } = spawnSync(process.execPath, ['-e', '']);
  write({ ...running, pid });
  expect(readRunning(home)).toBeNull();
});

it('says what is wrong with a damaged file', () => {
  write({ ...running, doorUrl: 8081 });
  expect(() => readRunning(home)).toThrow('doorUrl is missing');
  writeFileSync(runFile(home), '{"pid":');
  expect(() => readRunning(home)).toThrow('it is not JSON');
});

it('gives the secret of a system to that system only', () => {
  write(running);
  const of = (url: string, env = {}) => credentialFor(url, { env, home });
  expect(of('http://127.0.0.1:8081/v1/events')).toBe('own-secret');
  expect(of('http://127.0.0.1:8080')).toBe('own-secret');
  expect(of('https://stocktide.example')).toBe('');
  expect(of('http://127.0.0.1:9999')).toBe('');
  expect(of('https://stocktide.example', { ACCESS_TOKEN: 'theirs' })).toBe('theirs');
});
