/**
 * The floor: its rows do not depend on the order in which facts arrive, an event that is declared wrong
 * leaves them as if it had never come, and a restart anywhere changes nothing.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { corrected } from '../support/facts.ts';
import * as floor from '../support/floor.ts';
import type { Given } from '../support/given.ts';
import { ReducerBench } from '../support/reducers.ts';
import { runs } from './histories.ts';

/** What the rows are measured with comes first: it is for later facts. */
const MASTER = [floor.item('A', '2.50', { abc_class: 'A' }, { at: 0, id: 'item' })];
const END = 5_000;

const line = fc.constantFrom('1', '2');
const order_id = fc.constantFrom('o1', 'o2');
const location_id = fc.constantFrom('B1', 'B2');
const units = fc.integer({ min: 0, max: 4 });
/** A fact once it is given its time and id. */
type Told = (envelope: { readonly at: number; readonly id: string }) => Given;
const told = <T>(
  arbitrary: fc.Arbitrary<T>,
  tell: (it: T, envelope: Parameters<Told>[0]) => Given,
) =>
  arbitrary.map(
    (it): Told =>
      (envelope) =>
        tell(it, envelope),
  );
const fact: fc.Arbitrary<Told> = fc.oneof(
  told(
    fc.record({ order_id, line_id: line, location_id, units }),
    ({ units: picked, ...it }, envelope) => floor.pick({ asked: 4, picked }, it, envelope),
  ),
  told(fc.record({ order: order_id, line: fc.option(line, { nil: null }) }), floor.claim),
  told(fc.record({ book: units, counted: units }), (it, envelope) =>
    floor.counted(it, {}, envelope),
  ),
  told(fc.integer({ min: -5, max: 5 }), (delta, envelope) => floor.adjustment(delta, {}, envelope)),
  told(fc.constant({}), floor.scanFailed),
  told(fc.constant(30), (minutes, envelope) => floor.worked(minutes, {}, envelope)),
);
const facts = fc
  .array(fc.record({ fact, at: fc.integer({ min: 1, max: 300 }) }), { minLength: 1, maxLength: 20 })
  .map((all) => all.map(({ at, fact: tell }, index) => tell({ at, id: `f${index}` })));
const shuffled = facts.chain((events) =>
  fc.tuple(
    fc.constant(events),
    fc.shuffledSubarray(events, { minLength: events.length, maxLength: events.length }),
  ),
);

const standing = (events: readonly Given[]) =>
  new ReducerBench(['floor'])
    .given(...MASTER, ...events)
    .net('floor_events')
    .map((row) => JSON.stringify(row))
    .sort();

describe('the floor', () => {
  it('says the same in whatever order it hears', () => {
    fc.assert(
      fc.property(shuffled, ([events, others]) => {
        // Two picks of a line at one instant: the later in the log is the last. Then order does matter.
        const times = events.filter(({ name }) => name.startsWith('pick')).map(({ at }) => at);
        const claims = events.filter(({ name }) => name === 'return.authorized');
        fc.pre(new Set(times).size === times.length);
        fc.pre(new Set(claims.map(({ at }) => at)).size === claims.length);
        expect(standing(others)).toEqual(standing(events));
      }),
      runs(400),
    );
  });

  it('forgets what was declared wrong, before or after it came', () => {
    fc.assert(
      fc.property(facts, fc.nat(), fc.nat(), (events, which, when) => {
        const wrong = events[which % events.length] as Given;
        const at = when % (events.length + 1);
        const correction = corrected({ id: wrong.id ?? '' }, { id: 'correction', at: END });
        const without = standing(events.filter((one) => one !== wrong));
        const known = [...events.slice(0, at), { ...correction, at: 0 }, ...events.slice(at)];
        expect(standing(known)).toEqual(without);
        expect(standing([...events, correction])).toEqual(without);
      }),
      runs(400),
    );
  });

  it('goes on after a restart as if nothing had happened', async () => {
    await fc.assert(
      fc.asyncProperty(facts, fc.nat(), fc.nat(), async (events, which, where) => {
        const wrong = events[which % events.length]?.id ?? '';
        const log = [
          ...MASTER,
          floor.measured({ count_tolerance_a: 0.3 }, { id: 'policy', at: 0 }),
          ...events,
          corrected({ id: wrong }, { id: 'correction', at: END }),
        ];
        const at = where % (log.length + 1);
        const whole = new ReducerBench(['floor']).given(...log);
        const first = await new ReducerBench(['floor']).given(...log.slice(0, at)).restarted();
        const restarted = first.given(...log.slice(at));
        expect(JSON.stringify(restarted.rows('floor_events'))).toBe(
          JSON.stringify(whole.rows('floor_events')),
        );
      }),
      runs(150),
    );
  });
});
