/** Feeds: the same log gives the same rows and statuses, and a restart anywhere changes nothing. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { event, tickAt, type Given } from '../support/given.ts';
import { ReducerBench } from '../support/reducers.ts';
import { runs } from './histories.ts';

const spoken = fc.record({
  source: fc.constantFrom('urn:shop', 'urn:3pl', 'urn:erp'),
  at: fc.integer({ min: 0, max: 3_000 }),
  beat: fc.option(fc.integer({ min: 1, max: 90 }), { nil: null, freq: 5 }),
});
const history = fc
  .array(spoken, { minLength: 1, maxLength: 60 })
  .map((all) =>
    all.flatMap(({ at, beat, source }, index): Given[] => [
      beat === null
        ? event('scan.failed', scan, { at, source, id: `s${index}` })
        : event('feed.heartbeat', heartbeat(at + beat), { at, source, id: `s${index}` }),
      ...(index % 3 === 0 ? [tickAt(index * 60)] : []),
    ]),
  );
const scan = {
  node_id: 'dc',
  location_id: 'B1',
  raw_barcode: '123',
  failure: 'unreadable',
} as const;
const heartbeat = (nextAt: number) => ({
  feed_id: 'f',
  last_record_at: '2026-03-02T08:00:00.000Z',
  records: 1,
  expected_next_at: new Date(
    Date.parse('2026-03-02T08:00:00.000Z') + nextAt * 60_000,
  ).toISOString(),
});
const outcome = (bench: ReducerBench) => ({
  rows: JSON.stringify(bench.rows('feed_stats')),
  status: JSON.stringify(bench.slice.feeds?.status(bench.nowMs)),
});

it('a restart anywhere changes nothing, and neither does running it again', async () => {
  await fc.assert(
    fc.asyncProperty(history, fc.nat(), async (events, where) => {
      const whole = new ReducerBench(['feeds']).given(...events);
      const at = where % (events.length + 1);
      const first = await new ReducerBench(['feeds']).given(...events.slice(0, at)).restarted();
      const restarted = first.given(...events.slice(at));
      expect(outcome(restarted)).toEqual(outcome(whole));
    }),
    runs(150),
  );
});
