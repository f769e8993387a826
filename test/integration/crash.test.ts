/** Law 3, exactly-once effect: one round of `npm run crash`. */
import { expect, test } from 'vitest';
import { crashRound } from '../crash/round.ts';

test('after kill -9 of processors, ClickHouse and NATS each table equals an uninterrupted run', async () => {
  const result = await crashRound({ seed: 4711, loadMs: 4_000 });

  expect(result.differences).toEqual([]);
  expect(result.kills.length).toBeGreaterThanOrEqual(3);
  // A round that hardly did anything would prove nothing.
  expect(result.movements).toBeGreaterThan(500);
  expect(result.findings).toBeGreaterThan(0);
});
