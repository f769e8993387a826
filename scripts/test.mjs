/**
 * `npm test`, which is also what CI runs: set up a machine that has nothing but Node and npm, build
 * the dashboard, check the code, run every test, those in a real browser last. The build and each check
 * count as one test, and so does a browser that is missing.
 * The last line is `N passed, N failed`; the exit code is 0 only when nothing failed.
 */
import { buildDashboard } from './dashboard.mjs';
import { giveUp, say } from './project.mjs';
import { setup } from './setup.mjs';
import { runStep, runTests, staticSteps } from './steps.mjs';

try {
  Object.assign(process.env, setup({ natsServer: true }));
} catch (error) {
  giveUp(error);
}

const results = [];
let browser = true;
try {
  Object.assign(process.env, setup({ natsServer: false, browser }));
} catch (error) {
  // Everything else can still be tested; what cannot counts as failed.
  say(error instanceof Error ? error.message : String(error));
  browser = false;
  results.push(false);
}
try {
  await buildDashboard();
  results.push(true);
} catch (error) {
  say(error instanceof Error ? error.message : String(error));
  results.push(false);
}
for (const step of staticSteps) results.push(await runStep(step));
const tests = await runTests({ browser });

const passed = tests.passed + results.filter(Boolean).length;
const failed = tests.failed + results.filter((result) => !result).length;
process.stdout.write(`${passed} passed, ${failed} failed\n`);
process.exitCode = failed === 0 ? 0 : 1;
