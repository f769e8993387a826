/** `npm start`: everything on one machine. Set up, build the dashboard, hand over to the launcher. */
import { join } from 'node:path';
import { runGroup, typeScript } from './child.mjs';
import { buildDashboard } from './dashboard.mjs';
import { giveUp, projectRoot } from './project.mjs';
import { setup } from './setup.mjs';

const args = process.argv.slice(2);
const justAsking = args.includes('--help') || args.includes('-h');

try {
  const env = setup({ natsServer: !justAsking && !process.env.NATS_URL });
  if (!justAsking) await buildDashboard();
  const launcher = join(projectRoot, 'platform', 'launcher', 'main.ts');
  process.exitCode = await runGroup(process.execPath, typeScript(launcher, args), { env });
} catch (error) {
  giveUp(error);
}
