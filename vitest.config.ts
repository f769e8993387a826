/**
 * How the tests run. Four projects, so that `npx vitest --project unit` stays fast:
 * - unit: plain data in, plain data out.
 * - laws: fast-check properties over random event histories.
 * - integration: the real nats-server and the real ClickHouse engine, each test file with servers,
 *   ports and data directories of its own.
 * - e2e: a real browser on one whole running system, which its files share one after another.
 *
 * Files run in child processes (the embedded ClickHouse crashes inside worker threads), two at a
 * time: more would only make servers compete for the cores and turn slow into timed out.
 */
import { defineConfig } from 'vitest/config';

const second = 1000;

export default defineConfig({
  test: {
    pool: 'forks',
    maxWorkers: 2,
    environment: 'node',
    // Processes that tests start let everybody in, unless the test guards them (test/support/access.ts).
    env: { TZ: 'UTC', ACCESS: 'open' },
    teardownTimeout: 30 * second,
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['test/unit/**/*.test.ts'],
          testTimeout: 20 * second,
        },
      },
      {
        extends: true,
        test: {
          name: 'laws',
          include: ['test/laws/**/*.test.ts'],
          testTimeout: 120 * second,
        },
      },
      {
        extends: true,
        test: {
          name: 'integration',
          include: ['test/integration/**/*.test.ts'],
          testTimeout: 120 * second,
          hookTimeout: 120 * second,
        },
      },
      {
        extends: true,
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          globalSetup: ['test/e2e/support/shared-system.ts'],
          // After all others: what it looks at is a system at work.
          sequence: { groupOrder: 1 },
          maxWorkers: 1,
          testTimeout: 180 * second,
          hookTimeout: 120 * second,
        },
      },
    ],
  },
});
