/** The one system that all tests in a browser look at: started before the first, stopped after the last. */
import type { TestProject } from 'vitest/node';
import { buildDashboard } from '../../../scripts/dashboard.mjs';
import { startSystem, type SystemAddress } from './system.ts';

declare module 'vitest' {
  interface ProvidedContext {
    system: SystemAddress;
  }
}

/** A brand that lives a day in a minute, so that something of everything happens soon. */
const BRAND = { historyMinutes: 15, tempo: 1440, rate: 40 };

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  // What is looked at is what is in the tree, however the tests are started.
  await buildDashboard();
  const system = await startSystem(BRAND);
  const { apiUrl, doorUrl, home } = system;
  project.provide('system', { apiUrl, doorUrl, home });
  return () => system.stop();
}
