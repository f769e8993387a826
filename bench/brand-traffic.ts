/**
 * Traffic of the simulated brand for the benches: everything that a mid-market shop's systems send, with its
 * lateness, duplicates and disorder, in the order in which it arrives. Endless and seeded.
 */
import type { ProducerEvent } from '../contracts/envelope.ts';
import { createBrand, createState, openingEvents } from '../simulator/brand.ts';

const START_MS = Date.UTC(2025, 0, 6);
const HOUR_MS = 3_600_000;

export function* brandTraffic(seed: number): Generator<ProducerEvent, never> {
  const brand = createBrand(
    createState({ run: `bench${seed}`, seed, openedAtMs: START_MS, ordersPerDay: 20_000 }),
  );
  yield* openingEvents(brand.state());
  for (let hour = 1; ; hour++) yield* brand.advance(START_MS + hour * HOUR_MS);
}
