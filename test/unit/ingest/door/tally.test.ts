import { expect, test } from 'vitest';
import type { EventOutcome } from '../../../../contracts/rejections.ts';
import { Tallies, tellTallies } from '../../../../ingest/door/tally.ts';

const MINUTE = 60_000;
const of = (source: unknown) => ({ source });
const accepted: EventOutcome = { index: 0, outcome: 'accepted', seq: 1 };
const duplicate: EventOutcome = { index: 0, outcome: 'duplicate' };
const refused = (reason: 'invalid_data' | 'future_time'): EventOutcome => ({
  ...{ index: 0, outcome: 'rejected', reason, field: 'data.x', value: '', detail: '' },
});

test('a tally is due a minute after the first of its events, by source', () => {
  const tallies = new Tallies();
  tallies.note(of('urn:a'), accepted, 0);
  tallies.note(of('urn:a'), refused('invalid_data'), 1_000);
  tallies.note(of('urn:a'), refused('future_time'), 2_000);
  tallies.note(of('urn:a'), refused('invalid_data'), 2_000);
  tallies.note(of('urn:b'), duplicate, 30_000);
  expect(tallies.due(MINUTE - 1)).toEqual([]);
  expect(tallies.due(MINUTE)).toEqual([
    {
      ...{ source: 'urn:a', since: '1970-01-01T00:00:00.000Z' },
      ...{ accepted: 1, duplicates: 0, rejected: 3 },
      reasons: { invalid_data: 2, future_time: 1 },
    },
  ]);
  expect(tallies.due(2 * MINUTE)).toMatchObject([{ source: 'urn:b', duplicates: 1 }]);
});

test('a tally that was told is counted anew', () => {
  const tallies = new Tallies();
  tallies.note(of('urn:a'), accepted, 0);
  tallies.due(MINUTE);
  tallies.note(of('urn:a'), accepted, MINUTE);
  expect(tallies.due(2 * MINUTE)).toMatchObject([{ accepted: 1, rejected: 0 }]);
});

test.each([[undefined], [7], ['no uri'], ['urn:a b'], [`urn:${'x'.repeat(300)}`]])(
  'an event of the source %j is nobody’s',
  (source) => {
    const tallies = new Tallies();
    tallies.note(of(source), refused('invalid_data'), 0);
    tallies.note(null, refused('invalid_data'), 0);
    expect(tallies.due(MINUTE)).toEqual([]);
  },
);

test('of too many sources the further ones are not counted', () => {
  const tallies = new Tallies();
  for (let n = 0; n < 600; n++) tallies.note(of(`urn:${n}`), accepted, 0);
  expect(tallies.due(MINUTE)).toHaveLength(500);
});

test('a door that stops tells what it has counted since', () => {
  const tallies = new Tallies();
  const told: string[] = [];
  const stop = tellTallies({
    ...{ door: 'door-1', tallies, now: () => MINUTE, eventMs: () => MINUTE },
    onMissed: (error) => expect.fail(String(error)),
    publisher: {
      publish: (message) => {
        told.push(Buffer.from(message.payload).toString());
        return Promise.resolve({ seq: told.length, duplicate: false });
      },
    },
  });
  tallies.note(of('urn:a'), refused('invalid_data'), MINUTE - 1);
  stop();
  expect(told.map((text) => JSON.parse(text) as unknown)).toMatchObject([
    { type: 'stocktide.feed.tallied.v1', data: { source: 'urn:a', rejected: 1 } },
  ]);
});
