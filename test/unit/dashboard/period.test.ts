import { expect, test } from 'vitest';
import { addressOf, daysOf, periodOf, queryOf, spanOf } from '../../../dashboard/src/lib/period.ts';

const span = { from: '2026-03-01T00:00:00.000Z', to: '2026-03-08T00:00:00.000Z' };

test('an address names a window or a span; anything else is the last day', () => {
  expect(periodOf({ window: '7d' })).toEqual({ kind: 'window', window: '7d' });
  expect(periodOf(span)).toEqual({ kind: 'span', ...span });
  for (const query of [
    {},
    { window: '9y' },
    { from: span.to, to: span.from },
    { from: 'x', to: 'y' },
  ]) {
    expect(periodOf(query as Record<string, string>)).toEqual({ kind: 'window', window: '1d' });
  }
});

test('a period comes back from its address', () => {
  for (const period of [periodOf({ window: '28d' }), periodOf(span), periodOf({})]) {
    expect(periodOf(addressOf(period))).toEqual(period);
  }
  expect(addressOf(periodOf({}))).toEqual({});
  expect(queryOf(periodOf({}))).toEqual({ window: '1d' });
});

test('days are local ones, both included', () => {
  const made = spanOf('2026-03-01', '2026-03-03');
  expect(made).toMatchObject({ kind: 'span' });
  if (made?.kind !== 'span') throw new Error('no span');
  expect(new Date(made.from).getHours()).toBe(0);
  expect(daysOf(made)).toEqual({ first: '2026-03-01', last: '2026-03-03' });
});

test.each([
  ['', '2026-03-01'],
  ['2026-03-02', '2026-03-01'],
  ['yesterday', '2026-03-01'],
])('%s to %s is no span', (first, last) => {
  expect(spanOf(first, last)).toBeNull();
});
