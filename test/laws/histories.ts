/**
 * Histories: stories that run beside each other, and what happens to their events on the way to the LOG:
 * some come late, some twice, some out of order, some are declared wrong.
 */
import fc from 'fast-check';
import { corrected } from '../support/facts.ts';
import { at as instant, event, type Given } from '../support/given.ts';
import { LedgerBench, type DumpRow } from '../support/ledger.ts';
import { anyStories, SPAN, type Story } from './stories.ts';

/** How many histories a law is tried on, and from which seed; a failure prints the seed and the path. */
export const runs = (numRuns: number) => ({
  numRuns: Number(process.env['LAWS_RUNS'] ?? numRuns),
  seed: Number(process.env['LAWS_SEED'] ?? 20_260_302),
});

/** What the way to the LOG does to an event. */
export interface Journey {
  /** Minutes between happening and arriving. */
  readonly delay: number;
  /** Minutes until it arrives once more, null when it does not. */
  readonly again: number | null;
}

const journey: fc.Arbitrary<Journey> = fc.record({
  delay: fc.oneof(
    { weight: 5, arbitrary: fc.constant(0) },
    { weight: 2, arbitrary: fc.integer({ min: 1, max: 9 }) },
    { weight: 1, arbitrary: fc.integer({ min: 10, max: 300 }) },
  ),
  again: fc.oneof(
    { weight: 5, arbitrary: fc.constant(null) },
    { weight: 1, arbitrary: fc.integer({ min: 0, max: 200 }) },
  ),
});
/** Journeys for any number of events, in turn. */
export const journeys = fc.array(journey, { minLength: 1, maxLength: 30 });

/** The events of several stories, in the order in which they happen. */
export function happening(stories: readonly Story[]): Given[] {
  const events = stories.flatMap((story, index) => story(`s${index}`));
  return inOrderOf(events, ({ at = 0 }) => at);
}

/** The order in which events arrive; repeats included. */
export function arriving(events: readonly Given[], ways: readonly Journey[]): Given[] {
  const arrivals = events.flatMap((one, index) => {
    const { again, delay } = ways[index % ways.length] as Journey;
    const arrives = (one.at ?? 0) + delay;
    const first = { one, arrives };
    return again === null ? [first] : [first, { one, arrives: arrives + again }];
  });
  return inOrderOf(arrivals, ({ arrives }) => arrives).map(({ one }) => one);
}

/** Messages of the LOG for events, the same whenever it is asked. */
export function messagesOf(events: readonly Given[]): string[] {
  const door = new LedgerBench();
  return events.flatMap((one) => door.messages(one));
}

/** A tick of the clock every ten minutes. */
const CLOCK: Story = () =>
  Array.from({ length: SPAN / 10 }, (_, index) => ticked((index + 1) * 10));
/** What time alone does afterwards: claims lapse, waiting ends, what is closed is forgotten. */
export const AFTERWARDS = [1, 2, 8, 31, 62].map((days) => ticked(SPAN + days * 24 * 60));

function ticked(minutes: number): Given {
  return event(
    'clock.ticked',
    { tick: instant(minutes), clock: 'feed' },
    { at: minutes, id: `tick/${minutes}`, source: 'urn:test:clock' },
  );
}

/** Anything that may happen, as messages of the LOG. */
export const anyHistory: fc.Arbitrary<string[]> = fc
  .record({
    stories: anyStories,
    ways: journeys,
    wrong: fc.array(fc.record({ which: fc.nat(), after: fc.integer({ min: -60, max: 120 }) }), {
      maxLength: 4,
    }),
  })
  .map(({ stories, ways, wrong }) => {
    const events = happening([...stories, CLOCK]);
    const corrections = wrong.map(({ after, which }, index) => {
      const { at = 0, id = '', source } = events[which % events.length] as Given;
      return corrected(
        { id, ...(source === undefined ? {} : { source }) },
        { id: `correction-${index}`, at: Math.max(0, at + after) },
      );
    });
    const all = inOrderOf([...events, ...corrections], ({ at = 0 }) => at);
    return messagesOf([...arriving(all, ways), ...AFTERWARDS]);
  });

/** Positions that hold anything; one that was only ever named says nothing. */
export const filled = (dump: readonly DumpRow[]) =>
  dump.filter(([, , ...balances]) => balances.some((units) => units !== 0));

function inOrderOf<T>(items: readonly T[], when: (item: T) => number): T[] {
  return [...items].sort((a, b) => when(a) - when(b));
}
