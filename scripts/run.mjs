/**
 * Runs a TypeScript program of the project: `node scripts/run.mjs FILE ARGS…`, behind `npm run
 * replay`, `verify`, `bench` and the like. Sets up first; prints nothing itself when all is in
 * place, and only on stderr otherwise, so that a program's `--json` stays clean.
 */
import { join } from 'node:path';
import { runChild, typeScript } from './child.mjs';
import { buildDashboard } from './dashboard.mjs';
import { giveUp, projectRoot } from './project.mjs';
import { setup } from './setup.mjs';

const [file, ...args] = process.argv.slice(2);
if (!file) giveUp('usage: node scripts/run.mjs FILE [ARGUMENTS]');

// Benchmarks and the crash test start servers of their own; the other programs talk to running ones.
const natsServer = /^(bench|test)\//.test(file);
// These look at the dashboard.
const browser =
  file.startsWith('test/e2e/') || (file.startsWith('bench/') && args[0] === 'dashboard');

try {
  const env = setup({ natsServer, browser });
  if (browser) await buildDashboard();
  process.exitCode = await runChild(process.execPath, typeScript(join(projectRoot, file), args), {
    env,
  });
} catch (error) {
  giveUp(error);
}
