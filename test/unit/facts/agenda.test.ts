/** What is due when. */
import { expect, test } from 'vitest';
import { Agenda } from '../../../processors/facts/agenda.ts';

test('what is due comes once, the earliest first, of equal ones by key', () => {
  const agenda = new Agenda();
  for (const [key, atMs] of Object.entries({ d: 30, b: 10, c: 20, a: 20 })) agenda.set(key, atMs);
  expect([...agenda.due(9)]).toEqual([]);
  expect([...agenda.due(20)]).toEqual(['b', 'a', 'c']);
  expect([...agenda.due(100)]).toEqual(['d']);
  expect([...agenda.due(100)]).toEqual([]);
});

test('a key has the instant that was set last, and none when it was taken off', () => {
  const agenda = new Agenda();
  agenda.set('moved', 10);
  agenda.set('moved', 50);
  agenda.set('back', 10);
  agenda.set('back', 50);
  agenda.set('back', 10);
  agenda.set('off', 10);
  agenda.set('off', null);
  expect([...agenda.due(10)]).toEqual(['back']);
  expect([...agenda.due(50)]).toEqual(['moved']);
});

test('what was superseded many times over is still right', () => {
  const agenda = new Agenda();
  for (let atMs = 5_000; atMs > 100; atMs--) agenda.set('one', atMs);
  agenda.set('two', 102);
  expect([...agenda.due(100)]).toEqual([]);
  expect([...agenda.due(5_000)]).toEqual(['one', 'two']);
});
