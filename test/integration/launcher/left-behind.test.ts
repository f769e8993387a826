/**
 * Nothing stays behind: what the launcher started ends when the launcher does, however it ends.
 * Parents and children here are real processes; the parent is killed with SIGKILL.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { processExists } from '../../../platform/local/processes.ts';

const nodeProcess = new URL('../../../platform/launcher/node-process.ts', import.meta.url).href;
const childScript = new URL('../../../scripts/child.mjs', import.meta.url).href;
const projectRoot = fileURLToPath(new URL('../../../', import.meta.url));

const spawned: ChildProcess[] = [];
const pids: number[] = [];

afterEach(() => {
  for (const child of spawned.splice(0)) child.kill('SIGKILL');
  for (const pid of pids.splice(0)) if (processExists(pid)) process.kill(pid, 'SIGKILL');
});

/** Runs `code` as a module and resolves with the pids that it prints, one line. */
async function run(code: string): Promise<{ child: ChildProcess; printed: number[] }> {
  const child = spawn(
    process.execPath,
    ['--import', 'tsx', '--input-type=module', '--eval', code],
    { cwd: projectRoot, stdio: ['ignore', 'pipe', 'inherit'] },
  );
  spawned.push(child);
  let output = '';
  child.stdout?.on('data', (chunk: Buffer) => (output += chunk.toString()));
  await expect.poll(() => output, { timeout: 20_000 }).toMatch(/\n/);
  const printed = output.trim().split(' ').map(Number);
  pids.push(...printed);
  return { child, printed };
}

const gone = (pid: number) =>
  expect.poll(() => processExists(pid), { timeout: 20_000 }).toBe(false);

describe('a process started by the launcher', () => {
  const start = (args: string) => `
    import { startNodeProcess } from '${nodeProcess}';
    const file = 'test/integration/launcher/sleeper.ts';
    const child = await startNodeProcess({ name: 'sleeper', file, args: ${args}, env: process.env, drainTimeoutMs: 5_000 });
    process.exitCode = (await child.exited) === 0 ? 0 : 1;`;

  it('ends when the launcher is killed', async () => {
    const { child, printed } = await run(start('[]'));
    const [sleeper] = printed as [number];
    expect(processExists(sleeper)).toBe(true);
    child.kill('SIGKILL');
    await gone(sleeper);
  });

  it('may end by itself all the same', async () => {
    const { child } = await run(start(`['done']`));
    await expect.poll(() => child.exitCode, { timeout: 20_000 }).toBe(0);
  });
});

describe('the group of the start script', () => {
  it('is swept when its leader is killed, plain programs included', async () => {
    const { printed } = await run(`
      import { runGroup } from '${childScript}';
      const leader = \`
        const { spawn } = require('node:child_process');
        const plain = spawn('sleep', ['600'], { stdio: 'ignore' });
        console.log(process.pid, plain.pid);
        setInterval(() => undefined, 1000);
      \`;
      process.exitCode = await runGroup(process.execPath, ['--eval', leader]);
    `);
    const [leader, plain] = printed as [number, number];
    expect(processExists(plain)).toBe(true);
    process.kill(leader, 'SIGKILL');
    await gone(plain);
  });
});
