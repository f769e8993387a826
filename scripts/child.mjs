/**
 * Runs another program as if it were this one: same terminal, same signals, same exit code.
 * Every script that hands over to a second process goes through here, so that Ctrl-C or a SIGTERM
 * from a service manager reaches the program that can drain, and its exit code reaches the caller.
 */
import { spawn } from 'node:child_process';
import { constants } from 'node:os';

/**
 * @typedef {object} ChildOptions
 * @property {NodeJS.ProcessEnv} [env] added to this process's environment
 * @property {import('node:child_process').StdioOptions} [stdio] default: shared with this process
 */

/**
 * Starts `command`, forwards SIGINT, SIGTERM and SIGHUP to it and waits for its end.
 * A signal from the terminal may reach the child twice (directly and from here); programs of ours
 * take the second one within their first moments as a repeat.
 *
 * @param {string} command
 * @param {string[]} args
 * @param {ChildOptions} [options]
 * @returns {Promise<number>} its exit code, or 128 + signal number when a signal ended it
 */
export function runChild(command, args, { env = {}, stdio = 'inherit' } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio, env: { ...process.env, ...env } });
    /** @type {NodeJS.Signals[]} */
    const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
    const forward = (/** @type {NodeJS.Signals} */ signal) => void child.kill(signal);
    for (const signal of signals) process.on(signal, forward);
    const done = () => {
      for (const signal of signals) process.off(signal, forward);
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

/**
 * Starts a TypeScript program of the project under this Node with the same arguments to come.
 *
 * @param {string} file
 * @param {string[]} args
 * @param {ChildOptions} [options]
 */
export function runTypeScript(file, args, options) {
  // Resolved from here, not from the working directory, so that relative file arguments keep
  // meaning what they mean to the caller.
  const loader = import.meta.resolve('tsx');
  return runChild(process.execPath, ['--import', loader, file, ...args], options);
}
