/** Cases as their facts tell them: opened, acknowledged, resolved, opened again, corrected. */
import { describe, expect, test } from 'vitest';
import { acknowledged, opened, resolved } from '../../support/cases.ts';
import { corrected, permutations } from '../../support/facts.ts';
import { event, T0, type Given } from '../../support/given.ts';
import { ReducerBench } from '../../support/reducers.ts';

const MINUTE = 60_000;
const DAY = 24 * 60;
const bench = () => new ReducerBench(['cases']);
const ms = (minutes: number) => T0 + minutes * MINUTE;
const standing = (on: ReducerBench) => ({
  cases: on.net('cases'),
  durations: on.net('durations'),
  levels: on.net('levels'),
});

test('a case that was opened, taken and resolved', () => {
  const on = bench().given(
    opened({ exposure_amount: '120.50' }, { at: 0 }),
    acknowledged({}, { at: 30 }),
    resolved({ resolution: 'recounted' }, { at: 90 }),
  );
  expect(standing(on)).toMatchObject({
    cases: [
      {
        ...{ exception_id: 'x1', opening: 1, code: 'SHORT_PICK', severity: 'SEV1', sku_id: 'A' },
        ...{ owner: 'ana', status: 'resolved', exposure: '120.50', root_cause: 'PHANTOM_STOCK' },
        ...{ opened_at: ms(0), acknowledged_at: ms(30), resolved_at: ms(90) },
        ...{ ack_due_at: ms(15), resolve_due_at: ms(240), resolution: 'recounted' },
      },
    ],
    durations: [
      { measure: 'case_acknowledged', at: ms(30), hours: 0.5, dim: 'SHORT_PICK', ref: 'x1' },
      { measure: 'case_resolved', at: ms(90), hours: 1.5 },
    ],
    levels: [
      { measure: 'cases_open', at: ms(0), value: 1, node_id: 'dc', sku_id: 'A' },
      { measure: 'cases_open', at: ms(90), value: -1 },
    ],
  });
});

test('the facts of a case may come in any order', () => {
  const story = [
    opened({}, { at: 0, id: 'o' }),
    acknowledged({}, { at: 5, id: 'a' }),
    resolved({}, { at: 60, id: 'r' }),
    opened({ severity: 'SEV2' }, { at: 90, id: 'o2' }),
  ];
  const told = permutations(story).map((events) => standing(bench().given(...events)));
  const canonical = (one: ReturnType<typeof standing>) =>
    Object.values(one).map((rows) => rows.map((row) => JSON.stringify(row)).sort());
  for (const other of told) {
    expect(canonical(other)).toEqual(canonical(told[0] as ReturnType<typeof standing>));
  }
  expect(told[0]?.cases).toMatchObject([
    { opening: 1, status: 'resolved', severity: 'SEV1' },
    { opening: 2, status: 'open', severity: 'SEV2', opened_at: ms(90) },
  ]);
});

test('what is said again of an open case replaces it; its deadlines only tighten', () => {
  const on = bench().given(
    opened({ severity: 'SEV3' }, { at: 0 }),
    opened({ severity: 'SEV1', exposure_amount: '9' }, { at: 60 }),
    opened({ severity: 'SEV4' }, { at: 70 }),
  );
  expect(on.net('cases')).toMatchObject([
    { opened_at: ms(0), severity: 'SEV4', ack_due_at: ms(75), resolve_due_at: ms(300) },
  ]);
  expect(on.net('levels')).toHaveLength(1);
});

test('the calendar of the node is the one that was known when the case was opened', () => {
  const calendar = (open: number, id: string, at: number): Given =>
    event(
      'policy.set',
      {
        policy: 'calendar',
        scope: { node_id: 'dc' },
        value: {
          utc_offset_min: 0,
          week: Array.from({ length: 7 }, (_, day) => ({
            open_min: 0,
            close_min: day < open ? 1_440 : 0,
          })),
        },
        ...{ actor: 'u', reason: 'r' },
      } as Given['data'],
      { id, at },
    );
  const on = bench().given(
    calendar(1, 'mondays', 0),
    opened({ severity: 'SEV2' }, { at: 1 }),
    calendar(7, 'always', 2),
    acknowledged({}, { at: 3 }),
  );
  expect(on.net('cases')).toMatchObject([
    { resolve_due_at: ms(1 + 7 * DAY), status: 'acknowledged' },
  ]);
});

describe('corrections', () => {
  test('take a resolution back: the case is open', () => {
    const on = bench().given(
      opened({}, { at: 0 }),
      resolved({}, { at: 10, id: 'r' }),
      corrected({ id: 'r' }, { at: 20 }),
    );
    expect(standing(on)).toMatchObject({
      cases: [{ status: 'open', resolved_at: null, root_cause: '' }],
      durations: [],
      levels: [{ value: 1 }],
    });
  });

  test('void an opening, before or after it came', () => {
    const after = bench().given(opened({}, { id: 'o' }), corrected({ id: 'o' }));
    const before = bench().given(corrected({ id: 'o' }), opened({}, { id: 'o' }));
    for (const on of [after, before]) {
      expect(standing(on)).toEqual({ cases: [], durations: [], levels: [] });
    }
  });
});

describe('a case that was never opened', () => {
  test('is flagged once disorder explains it no more, and counts nowhere', () => {
    const on = bench()
      .given(acknowledged({}, { at: 0 }))
      .tick(9);
    expect(on.findings).toEqual([]);
    on.tick(10).tick(30);
    expect(on.findings).toMatchObject([
      { code: 'FLOW_VIOLATION', subtype: 'case_not_opened', entity: 'case/x1' },
    ]);
    expect(on.net('cases')).toEqual([]);
  });

  test('is none when the opening comes in time', () => {
    const on = bench()
      .given(resolved({}, { at: 5 }), opened({}, { at: 1 }))
      .tick(30);
    expect(on.findings).toEqual([]);
    expect(on.net('cases')).toMatchObject([{ status: 'resolved' }]);
  });
});

test('a resolved case is forgotten after 45 days, an open one is not', () => {
  const on = bench()
    .given(opened(), resolved(), opened({ exception_id: 'x2' }))
    .tick(46 * DAY);
  on.given(acknowledged({ exception_id: 'x2' }), acknowledged({ exception_id: 'x1' }));
  expect(on.net('cases')).toMatchObject([
    { exception_id: 'x1', status: 'resolved' },
    { exception_id: 'x2', status: 'acknowledged' },
  ]);
  on.tick(46 * DAY + 20);
  expect(on.findings).toMatchObject([{ entity: 'case/x1' }]);
});

test('a restart anywhere changes nothing', async () => {
  const story = [
    opened({}, { at: 0, id: 'o' }),
    acknowledged({ exception_id: 'x9' }, { at: 1 }),
    acknowledged({}, { at: 5 }),
    resolved({}, { at: 60, id: 'r' }),
    corrected({ id: 'r' }, { at: 61 }),
    resolved({}, { at: 70 }),
  ];
  const whole = bench()
    .given(...story)
    .tick(90);
  for (let at = 0; at <= story.length; at++) {
    const first = await bench()
      .given(...story.slice(0, at))
      .restarted();
    const on = first.given(...story.slice(at)).tick(90);
    for (const table of ['cases', 'durations', 'levels'] as const) {
      expect(JSON.stringify(on.rows(table))).toBe(JSON.stringify(whole.rows(table)));
    }
    expect(on.findings).toEqual(whole.findings);
  }
});
