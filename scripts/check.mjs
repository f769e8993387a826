/**
 * `npm run check`: types, lint, format, import arrows, unused code, then the tests.
 * `npm run check -- --static` leaves the tests out. All steps run even when one fails.
 */
import { buildDashboard } from './dashboard.mjs';
import { giveUp } from './project.mjs';
import { setup } from './setup.mjs';
import { runStep, runTests, staticSteps } from './steps.mjs';

try {
  const withTests = !process.argv.includes('--static');
  Object.assign(process.env, setup({ natsServer: withTests, browser: withTests }));
  if (withTests) await buildDashboard();
  let failedSteps = 0;
  for (const step of staticSteps) if (!(await runStep(step))) failedSteps++;
  if (withTests && (await runTests({ browser: true })).failed > 0) failedSteps++;
  process.stdout.write(
    failedSteps === 0 ? 'all checks passed\n' : `${failedSteps} checks failed\n`,
  );
  process.exitCode = failedSteps === 0 ? 0 : 1;
} catch (error) {
  giveUp(error);
}
