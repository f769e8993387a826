/**
 * Law 5: a count is compared with the ledger as of its capture time, and later movements are applied
 * again. Whatever comes late, twice or out of order, a state holds in the end what the last count of it
 * states plus the movements after that count. The expectation is computed from the events alone.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PHYSICAL_STATES } from '../../contracts/states.ts';
import { T0, type Given } from '../support/given.ts';
import { LedgerBench } from '../support/ledger.ts';
import { adjusted, snapshot, stateChanged, stocked } from '../support/facts.ts';
import { arriving, journeys, messagesOf, runs } from './histories.ts';

const STATES = ['available', 'damaged', 'on_hold'] as const;
type State = (typeof STATES)[number];

/** A change of states, from the event's own words. */
interface Delta {
  readonly at: number;
  readonly changes: readonly { readonly state: State; readonly units: number }[];
  readonly event: Given;
}
interface Count {
  readonly at: number;
  readonly asOf: number;
  readonly qty: number;
  readonly state: State;
  readonly events: readonly Given[];
}

const minute = fc.integer({ min: 0, max: 300 });
const state = fc.constantFrom(...STATES);

const delta: fc.Arbitrary<(id: string) => Delta> = fc
  .record({
    at: minute,
    units: fc.integer({ min: 1, max: 9 }),
    kind: fc.constantFrom('in', 'out', 'move'),
    from: state,
    to: state,
  })
  .map(({ at, from, kind, to, units }) => (id) => {
    if (kind === 'move' && from !== to) {
      const changes = [
        { state: from, units: -units },
        { state: to, units },
      ];
      return { at, changes, event: stateChanged(units, { from, to }, { at, id }) };
    }
    const signed = kind === 'out' ? -units : units;
    const one = adjusted(signed, { at, id });
    const event = { ...one, data: { ...one.data, state: from } };
    return { at, changes: [{ state: from, units: signed }], event };
  });

/** A count of one state; its rows arrive together, `lag` minutes after they were captured. */
const count: fc.Arbitrary<(id: string) => Count> = fc
  .record({
    asOf: minute,
    lag: fc.integer({ min: 0, max: 120 }),
    qty: fc.integer({ min: 0, max: 50 }),
    state,
  })
  .map((it) => (id) => {
    const at = it.asOf + it.lag;
    const events = snapshot({ snapshot: id, asOf: it.asOf, at }, { qty: it.qty, state: it.state });
    return { ...it, at, events: events.map((one, index) => ({ ...one, id: `${id}/${index}` })) };
  });

/** The last count of a state; of two of one instant, the one that arrived later. */
const lastOf = (counts: readonly Count[], wanted: State): Count | null =>
  counts
    .filter(({ state }) => state === wanted)
    .reduce<Count | null>((best, it) => (best && it.asOf < best.asOf ? best : it), null);

/** What each state holds in the end: the last count of it, and what moved after that instant. */
function expectation(deltas: readonly Delta[], counts: readonly Count[]): Record<State, number> {
  return Object.fromEntries(
    STATES.map((wanted) => {
      const last = lastOf(counts, wanted);
      const units = deltas
        .filter(({ at }) => last === null || at > last.asOf)
        .flatMap(({ changes }) => changes)
        .filter(({ state }) => state === wanted)
        .reduce((sum, change) => sum + change.units, 0);
      return [wanted, (last?.qty ?? 0) + units];
    }),
  ) as Record<State, number>;
}

/** Deltas and counts on their way, and the counts in the order in which they arrive. */
const history = fc
  .record({
    deltas: fc.array(delta, { maxLength: 25 }),
    counts: fc.array(count, { minLength: 1, maxLength: 6 }),
    ways: journeys,
  })
  .map(({ ways, ...made }) => {
    const deltas = made.deltas.map((make, index) => make(`d${index}`));
    const counts = made.counts.map((make, index) => make(`f${index}`));
    const all = [...deltas.map(({ event }) => event), ...counts.flatMap(({ events }) => events)];
    const events = arriving(
      [...all].sort((a, b) => (a.at ?? 0) - (b.at ?? 0)),
      ways,
    );
    // A count arrives with the last of its events to arrive first.
    const first = new Map<string, number>();
    for (const [index, { id = '' }] of events.entries()) {
      if (!first.has(id)) first.set(id, index);
    }
    const arrives = ({ events: own }: Count) =>
      Math.max(...own.map(({ id = '' }) => first.get(id) ?? 0));
    return { deltas, events, counts: counts.sort((a, b) => arrives(a) - arrives(b)) };
  });

describe('law 5', () => {
  it('a state holds its last count and what moved after it', () => {
    fc.assert(
      fc.property(history, ({ counts, deltas, events }) => {
        const bench = new LedgerBench().feed(...messagesOf(events));
        const { available = 0, damaged = 0, on_hold = 0 } = bench.accounts('A', 'dc');
        expect({ available, damaged, on_hold }).toEqual(expectation(deltas, counts));
        expect(bench.codes()).not.toContain('SNAPSHOT_REJECTED');
      }),
      runs(1_500),
    );
  });

  it('replayed to the instant of its last count, a state held what was counted', () => {
    fc.assert(
      fc.property(history, ({ counts, events }) => {
        const bench = new LedgerBench().feed(...messagesOf(events));
        for (const wanted of STATES) {
          const last = lastOf(counts, wanted);
          if (last === null) continue;
          const held = bench
            .rows('stock_movements')
            .filter(({ time }) => Number(time) <= T0 + last.asOf * 60_000)
            .reduce((sum, { from_account, qty, to_account }) => {
              const sign = Number(to_account === wanted) - Number(from_account === wanted);
              return sum + sign * Number(qty);
            }, 0);
          expect([wanted, held]).toEqual([wanted, last.qty]);
        }
        for (const { book, stated, variance } of bench.rows('stock_reconciliations')) {
          expect(variance).toBe(Number(stated) - Number(book));
        }
      }),
      runs(500),
    );
  });

  it('on hand holds its last count and what moved in or out after it', () => {
    const stated = fc
      .record({
        asOf: minute,
        lag: fc.integer({ min: 0, max: 120 }),
        qty: fc.integer({ min: 0, max: 50 }),
      })
      .map(({ asOf, lag, qty }) => (id: string) => {
        const events = snapshot({ snapshot: id, asOf, at: asOf + lag }, { qty, qualifier: '17' });
        return {
          asOf,
          qty,
          events: events.map((one, index) => ({ ...one, id: `${id}/${index}` })),
        };
      });
    fc.assert(
      fc.property(
        fc.array(delta, { maxLength: 25 }),
        stated,
        journeys,
        (makeDeltas, makeCount, ways) => {
          const deltas = makeDeltas.map((make, index) => make(`d${index}`));
          const { asOf, events, qty } = makeCount('f');
          const all = [stocked(5, { at: 0, id: 'o' }), ...deltas.map((it) => it.event), ...events];
          const ordered = [...all].sort((a, b) => (a.at ?? 0) - (b.at ?? 0));
          const bench = new LedgerBench().feed(...messagesOf(arriving(ordered, ways)));
          const accounts = bench.accounts('A', 'dc');
          const onHand = PHYSICAL_STATES.reduce((sum, name) => sum + (accounts[name] ?? 0), 0);
          const after = deltas
            .filter(({ at }) => at > asOf)
            .flatMap(({ changes }) => changes)
            .reduce((sum, { units }) => sum + units, 0);
          expect(onHand).toBe(qty + after);
        },
      ),
      runs(800),
    );
  });
});
