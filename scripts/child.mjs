/**
 * Runs another program as if it were this one: same terminal, same signals, same exit code.
 * Every script that hands over to a second process goes through here, so that Ctrl-C or a SIGTERM
 * from a service manager reaches the program that can drain, and its exit code reaches the caller.
 */
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';

/** Longer than any process of ours takes to drain. */
const END_TIMEOUT_MS = 20_000;

/**
 * @typedef {object} ChildOptions
 * @property {NodeJS.ProcessEnv} [env] added to this process's environment
 * @property {import('node:child_process').StdioOptions} [stdio] default: shared with this process
 */

/**
 * Starts `command` and waits for its end. SIGTERM and SIGHUP are passed on; a Ctrl-C reaches the
 * child from the terminal itself, and is passed on only where there is none.
 *
 * @param {string} command
 * @param {string[]} args
 * @param {ChildOptions} [options]
 * @returns {Promise<number>} its exit code, or 128 + signal number when a signal ended it
 */
export async function runChild(command, args, { env = {}, stdio = 'inherit' } = {}) {
  const child = spawn(command, args, { stdio, env: { ...process.env, ...env } });
  return ending(child, { passInterrupts: !process.stdin.isTTY });
}

/**
 * Starts `command` as the leader of a process group of its own and waits for its end. Ctrl-C reaches
 * only the leader, which can then stop what it started in order; and whatever the leader leaves
 * behind, killed or not, is ended before this returns: its group, and programs outside the group whose
 * pids it has announced (`process.send({ started: name, pid })`). By the same channel the leader
 * notices that this process is gone.
 *
 * @param {string} command
 * @param {string[]} args
 * @param {{ env?: NodeJS.ProcessEnv }} [options]
 * @returns {Promise<number>} as runChild
 */
export async function runGroup(command, args, { env = {} } = {}) {
  const child = spawn(command, args, {
    detached: true,
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    env: { ...process.env, ...env },
  });
  /** @type {Map<string, number>} */
  const announced = new Map();
  child.on('message', (/** @type {{ started: string, pid: number }} */ { started, pid }) => {
    announced.set(started, pid);
  });
  const code = await ending(child, { passInterrupts: true });
  // A negative number is a process group. After a clean end there is nobody, and pids are not touched.
  const left = [...(child.pid ? [-child.pid] : []), ...(code === 0 ? [] : announced.values())];
  await Promise.all(left.map(end));
  return code;
}

/**
 * @param {import('node:child_process').ChildProcess} child
 * @param {{ passInterrupts: boolean }} options
 * @returns {Promise<number>}
 */
function ending(child, { passInterrupts }) {
  return new Promise((resolve, reject) => {
    const pass = (/** @type {NodeJS.Signals} */ signal) => {
      if (signal !== 'SIGINT' || passInterrupts) child.kill(signal);
    };
    /** @type {NodeJS.Signals[]} */
    const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
    for (const signal of signals) process.on(signal, pass);
    const done = () => {
      for (const signal of signals) process.off(signal, pass);
    };
    child.on('error', (error) => {
      done();
      reject(error);
    });
    child.on('exit', (code, signal) => {
      done();
      resolve(code ?? 128 + (signal ? constants.signals[signal] : 0));
    });
  });
}

/** Ends a process or a group: SIGTERM, then SIGKILL. @param {number} target */
async function end(target) {
  const deadlineMs = performance.now() + END_TIMEOUT_MS;
  for (let there = signalTo(target, 'SIGTERM'); there; there = signalTo(target, 0)) {
    if (performance.now() > deadlineMs) signalTo(target, 'SIGKILL');
    await sleep(50);
  }
}

/** @param {number} target @param {NodeJS.Signals | 0} signal @returns {boolean} whether anybody is there */
function signalTo(target, signal) {
  try {
    return process.kill(target, signal);
  } catch {
    return false;
  }
}

/**
 * The arguments for Node that run a TypeScript program of the project. The loader is resolved from
 * here, not from the working directory, so that file arguments keep meaning what the caller means.
 *
 * @param {string} file
 * @param {string[]} args
 */
export function typeScript(file, args) {
  return ['--import', import.meta.resolve('tsx'), file, ...args];
}
