/**
 * Finds the nats-server program, and installs it where that is possible without asking anybody.
 * No npm package ships it, so this is the one thing besides Node that a machine must bring.
 * The path found is handed on to every process in NATS_SERVER.
 */
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import {
  has,
  installWithApt,
  installWithBrew,
  isExecutable,
  namedProgram,
  programFolders,
  succeedsIn,
} from './install.mjs';
import { projectRoot, say } from './project.mjs';

const NAME = 'nats-server';
/** Where a nats-server that this script unpacked itself lives; ignored by git. */
const toolsFolder = join(projectRoot, '.tools');
const unpacked = join(toolsFolder, NAME, 'usr', 'sbin', NAME);

/**
 * @returns {string} path of an executable nats-server
 * @throws {Error} whose message tells what to do on this machine
 */
export function ensureNatsServer() {
  const found = findNatsServer();
  if (found) return found;
  for (const attempt of [installWithApt, unpackWithApt, installWithBrew]) {
    if (!attempt(NAME)) continue;
    const installed = findNatsServer();
    if (installed) return installed;
  }
  throw new Error(whatToDo);
}

/** @returns {string | undefined} */
export function findNatsServer() {
  const candidates = programFolders().map((folder) => join(folder, NAME));
  return namedProgram('NATS_SERVER', NAME) ?? [...candidates, unpacked].find(isExecutable);
}

/** Fetching and unpacking a package needs no rights; only installing it does. */
function unpackWithApt() {
  if (!has('apt-get') || !has('dpkg-deb')) return false;
  say('nats-server is missing: fetching the package nats-server with apt-get into .tools/');
  const folder = join(toolsFolder, 'download');
  mkdirSync(folder, { recursive: true });
  try {
    if (!succeedsIn(folder, 'apt-get', 'download', NAME)) return false;
    const file = readdirSync(folder).find((name) => name.endsWith('.deb'));
    return (
      file !== undefined && succeedsIn(folder, 'dpkg-deb', '-x', file, join(toolsFolder, NAME))
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const whatToDo = `nats-server was not found (looked at NATS_SERVER, PATH, /usr/sbin, /usr/local/bin, Homebrew) and could not be installed from here.
Do one of these, then run the command again:
  Debian, Ubuntu   sudo apt-get install nats-server
  macOS            brew install nats-server
  elsewhere        download nats-server from https://nats.io/download, unpack it,
                   and set NATS_SERVER=/path/to/nats-server
  your own server  set NATS_URL (and NATS_USER, NATS_PASSWORD) to a NATS server with JetStream`;
