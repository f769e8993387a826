/** Cases on the page: clocks, arrivals without a jump, what became of decisions. */
import { describe, expect, test } from 'vitest';
import type { CaseSummary, CommandOutcome } from '../../../contracts/cases.ts';
import {
  addressOf,
  clockOf,
  filterOf,
  filtersSet,
  moved,
  outcomeText,
  readable,
  settle,
} from '../../../dashboard/src/lib/cases.ts';
import { createFormats } from '../../../dashboard/src/lib/format.ts';
import { caseHref, parseRoute } from '../../../dashboard/src/lib/route.ts';

const one = (case_id: string, detail = '') => ({ case_id, detail }) as CaseSummary;
const FROM = '2025-03-01T10:00:00Z';
const DUE = '2025-03-01T11:00:00Z';
const at = (time: string) => Date.parse(`2025-03-01T${time}Z`);

test('a clock says what is left, what is over, and whether it was in time', () => {
  const clock = (doneAt: string | null, now: string) =>
    clockOf('resolve', { from: FROM, dueAt: DUE, doneAt }, at(now));
  expect(clock(null, '10:15:00')).toMatchObject({
    used: 0.25,
    state: 'running',
    text: '45 min left',
  });
  expect(clock(null, '11:30:00')).toMatchObject({ used: 1, state: 'late', text: '30 min over' });
  expect(clock('2025-03-01T10:30:00Z', '12:00:00')).toMatchObject({
    ...{ used: 0.5, state: 'done', text: 'done in time' },
  });
  expect(clock('2025-03-01T11:10:00Z', '12:00:00').text).toBe('done 10 min late');
});

test('newcomers wait, the shown stay at their places, the gone leave', () => {
  const settled = settle([one('b'), one('gone'), one('a')], [one('new'), one('a', 'x'), one('b')]);
  expect(settled).toEqual({ shown: [one('b'), one('a', 'x')], arrived: 1 });
});

test('what became of decisions is a sentence', () => {
  const became = (outcome: string, detail = '') => ({ outcome, detail }) as CommandOutcome;
  expect(outcomeText([became('changed')], 'Acknowledged')).toBe('Acknowledged.');
  expect(outcomeText([became('refused', 'it is closed')], 'x')).toBe('Refused: it is closed.');
  expect(outcomeText([became('changed'), became('refused')], 'Assigned')).toBe(
    '1 assigned, 1 refused.',
  );
});

test('the cursor stays in the list', () => {
  expect([moved(0, -1, 3), moved(1, 1, 3), moved(2, 1, 3), moved(0, 1, 0)]).toEqual([0, 2, 2, 0]);
});

test('the address of a case holds its slashes', () => {
  const id = 'SHORT_PICK/sku/A/node/dc-01/7';
  expect(parseRoute(caseHref(id))).toEqual({ view: 'case', path: [id], query: {} });
  expect(parseRoute('#/cases')).toEqual({ view: 'cases', path: [], query: {} });
});

describe('the filter of the inbox', () => {
  test('comes back from its address', () => {
    const filter = filterOf({
      team: 'returns',
      severity: 'SEV2',
      mine: '1',
      status: 'all',
      q: 'mug',
    });
    expect(filterOf(addressOf(filter))).toEqual(filter);
    expect(filtersSet(filter)).toBe(4);
  });

  test('is that of open cases where the address says nothing, and then stands nowhere in it', () => {
    const filter = filterOf({});
    expect(filter).toMatchObject({ status: 'open', mine: false });
    expect(Object.values(addressOf(filter)).every((value) => value === '')).toBe(true);
    expect(filtersSet(filter)).toBe(0);
  });
});

test.each([
  ['no scan for 139975 hours after dispatch', 'no scan for 16 years after dispatch'],
  ['no scan for 100 hours', 'no scan for 4 days'],
  ['no scan for 48 hours', 'no scan for 48 hours'],
  ['3 units of A100 were received 12 h before', '3 units of A100 were received 12 h before'],
  ['due at 2026-01-01T11:05:00.839Z, late', 'due at 12:05:00, late'],
])('%s reads as %s', (detail, text) => {
  const berlin = createFormats('en-GB', 'Europe/Berlin');
  expect(readable(detail, Date.parse('2026-01-01T12:00:00Z'), berlin)).toBe(text);
});
