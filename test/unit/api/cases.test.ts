/** Ranking, options and commands of cases: the pure parts of the API. */
import { describe, expect, test } from 'vitest';
import { CaseBook } from '../../../api/cases/book.ts';
import { commandEvent } from '../../../api/cases/commands.ts';
import { optionsOf, type LiveState } from '../../../api/cases/options.ts';
import { placeOf, rank } from '../../../api/cases/ranking.ts';
import { isOverdue } from '../../../api/cases/view.ts';
import type { AtpView } from '../../../contracts/atp.ts';
import type { CaseRecord, CaseSignal } from '../../../contracts/case-record.ts';
import { caseRecord as record } from '../../support/cases.ts';

const worth = (amount: string) => ({ exposure: { units: 1, amount, orders: 0 } });

describe('ranking', () => {
  const cases = [
    record('late', { ...worth('9.50'), ackDueMs: 50 }),
    record('rich', worth('100.00')),
    record('worst', { severity: 'SEV1' }),
    record('poor', worth('9.50')),
  ];
  const question = { filter: {}, sort: 'rank', limit: 10 } as const;
  const ids = (page: { records: CaseRecord[] }) => page.records.map(({ caseId }) => caseId);

  test('is severity, then money as a number, then due', () => {
    expect(ids(rank(cases, question))).toEqual(['worst', 'rich', 'late', 'poor']);
  });

  test('goes on behind the cursor though its case has left and others have come', () => {
    const [, second] = rank(cases, question).records;
    if (second === undefined) throw new Error('two cases match');
    const after = placeOf(second);
    const now = [
      ...cases.filter(({ caseId }) => caseId !== 'rich'),
      record('new', { severity: 'SEV1' }),
    ];
    expect(ids(rank(now, { ...question, after }))).toEqual(['late', 'poor']);
  });
});

test.each([
  [{}, 100, false],
  [{}, 101, true],
  [{ acknowledgedAtMs: 5 }, 101, false],
  [{ acknowledgedAtMs: 5 }, 1001, true],
  [{ status: 'resolved' }, 1001, false],
] as const)('overdue: %j at %i is %s', (more, nowMs, expected) => {
  expect(isOverdue(record('x', more), nowMs)).toBe(expected);
});

describe('the book', () => {
  const step = (n: number, more: Partial<CaseRecord> = {}): CaseSignal => ({
    ...{ n, caseId: 'x', source: 's', eventId: `e${n}`, hash: '' },
    step: { kind: 'updated', actor: 'a', detail: '', atMs: n },
    record: record('x', more),
  });
  const book = () => new CaseBook({ openCases: 2, steps: 3 });

  test('never lets an older state undo a newer one', () => {
    const one = book();
    one.take(step(7, { status: 'resolved' }));
    one.put(record('x'), 5);
    expect([...one.open()]).toEqual([]);
    expect(one.get('x')?.status).toBe('resolved');
  });

  test('takes a step once, and keeps as many as it may', () => {
    const one = book();
    expect([1, 1, 2, 3, 4].map((n) => one.take(step(n)))).toEqual([true, false, true, true, true]);
    expect(one.stepsOf('x').map(({ n }) => n)).toEqual([2, 3, 4]);
  });

  test('leaves out the longest untouched beyond its limit', () => {
    const one = book();
    for (const [n, id] of ['a', 'b', 'c'].entries()) one.put(record(id), n + 1);
    expect([...one.open()].map(({ caseId }) => caseId)).toEqual(['b', 'c']);
  });
});

describe('options', () => {
  const node = (node_id: string, afs: number, qoh = afs) => ({ node_id, afs, qoh });
  const channel = { channel_id: 'web', nodes: [], share: 1, cap: null, buffer: 2, afs: 6 };
  const state: LiveState = {
    atp: {
      nodes: [node('dc-01', 0, 45), node('dc-02', 4), node('dc-03', 0)],
      channels: [{ ...channel, dedicated_left: 0 }],
    } as unknown as AtpView,
    supply: [
      {
        ...{ kind: 'po', supplier_id: 'acme', document_id: 'PO-1', node_id: 'dc-01', units: 30 },
        ...{ expected_at: '2025-03-01T00:00:00Z', days_overdue: 2.04 },
      },
    ],
    unitCost: '1.250000',
  };

  test('are those of the code, with figures', () => {
    const options = optionsOf(record('x'), state);
    expect(options.map(({ option, units }) => [option, units])).toEqual([
      ['reroute/dc-02', 4],
      ['transfer/dc-02', 4],
      ['expedite/po/PO-1', 30],
      ['buffer/web', 6],
    ]);
    expect(options[0]).toMatchObject({
      effect: '4 of 10 units of A can ship from dc-02 now',
      cost: expect.stringContaining('leaves 0 of 4 for sale at dc-02') as string,
    });
    // 4 × 1.25 and 30 × 1.25.
    expect(options[1]?.amount).toBe('5.00');
    expect(options[2]?.amount).toBe('37.50');
    expect(options[2]?.effect).toContain('overdue since 2025-03-01 (2.0 days)');
    expect(JSON.parse(options[3]?.draft ?? '')).toMatchObject({
      ...{ policy: 'channel', scope: { channel_id: 'web', sku_id: 'A' } },
      value: { share: 1, buffer_units: 8 },
    });
  });

  test('count a bin: 5 minutes and 45 units at 20 a minute', () => {
    const [count] = optionsOf(record('x', { code: 'LOCATION_ERROR', locationId: 'A-1' }), state);
    expect(count).toMatchObject({ option: 'count/A-1', title: 'Count bin A-1 at dc-01' });
    expect(count?.cost).toContain('about 8 minutes');
  });

  test('are none where nothing helps', () => {
    expect(optionsOf(record('x', { code: 'FEED_STALE' }), state)).toEqual([]);
    expect(optionsOf(record('x'), { atp: null, supply: [], unitCost: null })).toEqual([]);
  });
});

describe('a command as an event', () => {
  const sent = (key: string | undefined, caseId = 'c/1', actor = 'ana') =>
    commandEvent({
      ...{ actor, caseId, key, time: '2025-03-01T10:00:00.000Z' },
      body: { command: 'acknowledge', actor: 'somebody else' },
    });

  test('is of who calls, whatever the body says', () => {
    expect(sent(undefined).data).toMatchObject({ actor: 'ana' });
  });

  test('has one id for a key, a case and an actor, and one of its own without', () => {
    expect(sent('k').id).toBe(sent('k').id);
    expect(sent('k').id).not.toBe(sent('k', 'c/2').id);
    expect(sent('k').id).not.toBe(sent('k', 'c/1', 'bo').id);
    expect(sent(undefined).id).not.toBe(sent(undefined).id);
    expect(sent('k').data).toEqual({ command: 'acknowledge', actor: 'ana', case_id: 'c/1' });
  });
});
