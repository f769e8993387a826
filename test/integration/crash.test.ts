/** Law 3, exactly-once effect: one round of `npm run crash`. */
import { expect, test } from 'vitest';
import { crashRound } from '../crash/round.ts';

test('after kill -9 of processors, ClickHouse and NATS every table equals an uninterrupted run', async () => {
  const result = await crashRound({ seed: 4711, lengthMs: 4_000, events: 3_000 });

  expect(result.differences).toEqual([]);
  expect(result.kills.length).toBeGreaterThanOrEqual(3);
  expect(result.movements).toBeGreaterThan(1_000);
  expect(result.findings).toBeGreaterThan(0);
});
