/**
 * Builds the dashboard with Vite when its sources are newer than the last build, so that a page
 * served by the API is never older than the code beside it.
 */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { runChild } from './child.mjs';
import { projectRoot, say } from './project.mjs';

const folder = join(projectRoot, 'dashboard');
const built = join(folder, 'dist', 'index.html');

/** @returns {Promise<void>} @throws {Error} when the build fails; Vite's message is above it */
export async function buildDashboard() {
  if (!isStale()) return;
  say('building the dashboard');
  const vite = join(projectRoot, 'node_modules', 'vite', 'bin', 'vite.js');
  const code = await runChild(process.execPath, [vite, 'build', folder, '--logLevel', 'warn'], {
    stdio: ['ignore', 2, 2],
  });
  if (code !== 0) throw new Error(`the dashboard could not be built (vite ended with ${code})`);
}

function isStale() {
  if (!existsSync(built)) return true;
  const builtAtMs = statSync(built).mtimeMs;
  const sources = [folder, join(projectRoot, 'contracts'), join(projectRoot, 'package-lock.json')];
  return sources.some((source) => newestMs(source) > builtAtMs);
}

/** Latest change below `path`, folders included (they change when a file is removed). @param {string} path @returns {number} */
function newestMs(path) {
  const status = statSync(path);
  if (!status.isDirectory()) return status.mtimeMs;
  const names = readdirSync(path).filter((name) => name !== 'dist' && name !== 'node_modules');
  // The folder that holds dist/ changes with every build; its files tell enough.
  const own = path === folder ? 0 : status.mtimeMs;
  return Math.max(own, ...names.map((name) => newestMs(join(path, name))));
}
