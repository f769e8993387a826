/**
 * Finds the nats-server program, and installs it where that is possible without asking anybody.
 * No npm package ships it, so this is the one thing besides Node that a machine must bring.
 * The path found is handed on to every process in NATS_SERVER.
 */
import { spawnSync } from 'node:child_process';
import { accessSync, constants, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { say, projectRoot } from './project.mjs';

/** Where a nats-server that this script unpacked itself lives; ignored by git. */
const toolsFolder = join(projectRoot, '.tools');
const unpacked = join(toolsFolder, 'nats-server', 'usr', 'sbin', 'nats-server');

/**
 * @returns {string} path of an executable nats-server
 * @throws {Error} whose message tells what to do on this machine
 */
export function ensureNatsServer() {
  const found = findNatsServer();
  if (found) return found;
  for (const attempt of [installWithApt, installWithBrew]) {
    if (!attempt()) continue;
    const installed = findNatsServer();
    if (installed) return installed;
  }
  throw new Error(whatToDo);
}

/** @returns {string | undefined} */
export function findNatsServer() {
  const named = process.env.NATS_SERVER;
  if (named) {
    if (isExecutable(named)) return named;
    throw new Error(
      `NATS_SERVER is "${named}", which is not an executable file. Set it to the full path of nats-server, or unset it to have it found.`,
    );
  }
  const folders = [
    ...(process.env.PATH ?? '').split(delimiter).filter(Boolean),
    '/usr/sbin',
    '/usr/local/bin',
    '/usr/local/sbin',
    ...(process.env.HOMEBREW_PREFIX ? [join(process.env.HOMEBREW_PREFIX, 'bin')] : []),
    '/opt/homebrew/bin',
    '/home/linuxbrew/.linuxbrew/bin',
  ];
  return [...folders.map((folder) => join(folder, 'nats-server')), unpacked].find(isExecutable);
}

/** Debian and Ubuntu: as root or with a sudo that asks nothing; otherwise unpacked beside the project. */
function installWithApt() {
  if (!has('apt-get')) return false;
  const prefix =
    process.getuid?.() === 0
      ? []
      : has('sudo') && succeeds('sudo', '-n', 'true')
        ? ['sudo', '-n']
        : null;
  if (!prefix) return unpackWithApt();
  say('nats-server is missing: installing the package nats-server with apt-get');
  const install = [
    ...prefix,
    'env',
    'DEBIAN_FRONTEND=noninteractive',
    'apt-get',
    'install',
    '-y',
    '--no-install-recommends',
    'nats-server',
  ];
  // Without fresh package lists the first attempt fails at once; fetching them takes longer than trying.
  return succeeds(...install) || (succeeds(...prefix, 'apt-get', 'update') && succeeds(...install));
}

/** Fetching and unpacking a package needs no rights; only installing it does. */
function unpackWithApt() {
  if (!has('dpkg-deb')) return false;
  say('nats-server is missing: fetching the package nats-server with apt-get into .tools/');
  const folder = join(toolsFolder, 'download');
  mkdirSync(folder, { recursive: true });
  try {
    if (!succeedsIn(folder, 'apt-get', 'download', 'nats-server')) return false;
    const file = readdirSync(folder).find((name) => name.endsWith('.deb'));
    return (
      file !== undefined &&
      succeedsIn(folder, 'dpkg-deb', '-x', file, join(toolsFolder, 'nats-server'))
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** macOS, or Linux with Homebrew. */
function installWithBrew() {
  if (!has('brew')) return false;
  say('nats-server is missing: installing nats-server with Homebrew');
  return succeeds('brew', 'install', 'nats-server');
}

const whatToDo = `nats-server was not found (looked at NATS_SERVER, PATH, /usr/sbin, /usr/local/bin, Homebrew) and could not be installed from here.
Do one of these, then run the command again:
  Debian, Ubuntu   sudo apt-get install nats-server
  macOS            brew install nats-server
  elsewhere        download nats-server from https://nats.io/download, unpack it,
                   and set NATS_SERVER=/path/to/nats-server
  your own server  set NATS_URL (and NATS_USER, NATS_PASSWORD) to a NATS server with JetStream`;

/** @param {string} program */
function has(program) {
  return spawnSync('sh', ['-c', `command -v ${program}`], { stdio: 'ignore' }).status === 0;
}

/** @param {string[]} command */
function succeeds(...command) {
  return succeedsIn(projectRoot, ...command);
}

/** Output goes to stderr: stdout belongs to the program that is about to run. @param {string} cwd @param {string[]} command */
function succeedsIn(cwd, ...command) {
  const [program = '', ...args] = command;
  return spawnSync(program, args, { cwd, stdio: ['ignore', 2, 2] }).status === 0;
}

/** @param {string} file */
function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
