/**
 * What the set-up step uses to find a program that is no npm package, and to install it where that is
 * possible without asking anybody. What the package managers say goes to stderr: stdout belongs to the
 * program that is about to run.
 */
import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { projectRoot, say } from './project.mjs';

/** Folders in which programs of a machine lie, those of PATH first. @returns {string[]} */
export function programFolders() {
  return [
    ...(process.env.PATH ?? '').split(delimiter).filter(Boolean),
    '/usr/bin',
    '/usr/sbin',
    '/usr/local/bin',
    '/usr/local/sbin',
    ...(process.env.HOMEBREW_PREFIX ? [join(process.env.HOMEBREW_PREFIX, 'bin')] : []),
    '/opt/homebrew/bin',
    '/home/linuxbrew/.linuxbrew/bin',
  ];
}

/**
 * The program that an environment variable names.
 * @param {string} variable @param {string} program its name, for the message
 * @returns {string | undefined} undefined when the variable is not set
 * @throws {Error} when it names no executable file
 */
export function namedProgram(variable, program) {
  const named = process.env[variable];
  if (!named || isExecutable(named)) return named || undefined;
  throw new Error(
    `${variable} is "${named}", which is not an executable file. Set it to the full path of ${program}, or unset it to have it found.`,
  );
}

/**
 * Debian and Ubuntu, as root or with a sudo that asks nothing.
 * @param {string} name of the package @returns {boolean} whether it is installed now
 */
export function installWithApt(name) {
  const prefix = aptPrefix();
  if (prefix === null) return false;
  say(`${name} is missing: installing the package ${name} with apt-get`);
  const apt = [...prefix, 'env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get'];
  const install = [...apt, 'install', '-y', '--no-install-recommends', name];
  // Without fresh package lists the first attempt fails at once; fetching them takes longer than trying.
  return succeeds(...install) || (succeeds(...apt, 'update') && succeeds(...install));
}

/** What makes apt-get run as root; null where nothing does without a question. @returns {string[] | null} */
function aptPrefix() {
  if (!has('apt-get')) return null;
  if (process.getuid?.() === 0) return [];
  return has('sudo') && succeeds('sudo', '-n', 'true') ? ['sudo', '-n'] : null;
}

/** macOS, or Linux with Homebrew. @param {string} name @returns {boolean} whether it is installed now */
export function installWithBrew(name) {
  if (!has('brew')) return false;
  say(`${name} is missing: installing ${name} with Homebrew`);
  return succeeds('brew', 'install', name);
}

/** @param {string} program */
export function has(program) {
  return spawnSync('sh', ['-c', `command -v ${program}`], { stdio: 'ignore' }).status === 0;
}

/** @param {string[]} command */
export function succeeds(...command) {
  return succeedsIn(projectRoot, ...command);
}

/** @param {string} cwd @param {string[]} command */
export function succeedsIn(cwd, ...command) {
  const [program = '', ...args] = command;
  return spawnSync(program, args, { cwd, stdio: ['ignore', 2, 2] }).status === 0;
}

/** @param {string} file */
export function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
