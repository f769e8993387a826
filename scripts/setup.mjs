/**
 * The set-up step in front of start, test, check and run: a fresh clone needs Node and npm, nothing
 * else. It uses no package itself, changes nothing that is in place already (then it takes a few
 * milliseconds and prints nothing), and says what it does on stderr.
 *
 *   node scripts/setup.mjs      the same by hand (npm run setup)
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ensureChromium } from './chromium.mjs';
import { ensureNatsServer } from './nats-server.mjs';
import { giveUp, projectRoot, say } from './project.mjs';

/**
 * @param {{ natsServer: boolean, browser?: boolean }} needs whether the program to run starts a
 *   nats-server, or a browser
 * @returns {NodeJS.ProcessEnv} variables to hand to that program
 * @throws {Error} with what to do, when this machine cannot be made ready
 */
export function setup({ natsServer, browser = false }) {
  checkNode();
  installPackages();
  return {
    ...(natsServer ? { NATS_SERVER: ensureNatsServer() } : {}),
    ...(browser ? { CHROMIUM: ensureChromium() } : {}),
  };
}

/** The range is package.json's `engines.node`, of the form `^20.19.0 || >=24`. */
function checkNode() {
  /** @type {{ engines: { node: string } }} */
  const { engines } = JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8'));
  const have = process.versions.node.split('.').map(Number);
  const fits = engines.node.split('||').some((alternative) => {
    const want = alternative
      .replace(/[^\d.]/g, '')
      .split('.')
      .map(Number);
    if (alternative.includes('^') && have[0] !== want[0]) return false;
    const differing = [0, 1, 2].find((part) => have[part] !== (want[part] ?? 0));
    return differing === undefined || (have[differing] ?? 0) > (want[differing] ?? 0);
  });
  if (fits) return;
  throw new Error(
    `This is Node ${process.versions.node}; Stocktide runs on ${engines.node}. Install a current Node from https://nodejs.org and try again.`,
  );
}

/**
 * Installs what package-lock.json names, once per content of that file and kind of machine (the
 * packages hold native code). An installation made by hand is recognised and kept.
 */
function installPackages() {
  const lockFile = join(projectRoot, 'package-lock.json');
  const stampFile = join(projectRoot, 'node_modules', '.stocktide-setup');
  const locked = existsSync(lockFile);
  const lock = locked ? readFileSync(lockFile, 'utf8') : '';
  const machine = `${process.platform}-${process.arch}`;
  const stamp = `${createHash('sha256').update(lock).digest('hex')} ${machine}\n`;

  const stampedFor = existsSync(stampFile) ? readFileSync(stampFile, 'utf8') : undefined;
  if (stampedFor === stamp) return;
  const sameMachine = stampedFor === undefined || stampedFor.endsWith(` ${machine}\n`);
  if (!(sameMachine && locked && matchesInstalled(lock))) {
    say('installing packages (about 200 MB the first time; most of it is the ClickHouse engine)');
    // `npm ci` wants a lock file that covers every platform; a registry mirror may lack some. The
    // plain install takes the same versions from the lock file and forgives that.
    if (!((locked && npm('ci')) || npm('install', '--no-save'))) {
      throw new Error(
        'npm could not install the packages; its message is above. Stocktide needs the npm registry once, on its first start.',
      );
    }
  }
  if (existsSync(lockFile)) writeFileSync(stampFile, stamp);
}

/** @param {string[]} command @returns {boolean} whether npm succeeded */
function npm(...command) {
  const { status } = spawnSync('npm', [...command, '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: projectRoot,
    stdio: ['ignore', 2, 2],
  });
  return status === 0;
}

/**
 * Whether node_modules holds exactly the versions of the lock file, by npm's own record of what it
 * installed. Optional packages may be missing: npm leaves out those for other machines.
 * @param {string} lock
 */
function matchesInstalled(lock) {
  const record = join(projectRoot, 'node_modules', '.package-lock.json');
  if (!existsSync(record)) return false;
  /** @typedef {Record<string, { version?: string, optional?: boolean }>} Packages */
  /** @type {Packages} */
  const wanted = JSON.parse(lock).packages ?? {};
  /** @type {Packages} */
  const installed = JSON.parse(readFileSync(record, 'utf8')).packages ?? {};
  return Object.entries(wanted).every(([path, { version, optional }]) => {
    const have = installed[path];
    return path === '' || (have ? have.version === version : optional === true);
  });
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  try {
    const { CHROMIUM, NATS_SERVER } = setup({ natsServer: true, browser: true });
    const programs = `nats-server at ${NATS_SERVER}, Chromium at ${CHROMIUM}`;
    say(`ready: Node ${process.versions.node}, packages installed, ${programs}`);
  } catch (error) {
    giveUp(error);
  }
}
