/** The ring of recent movements: what it forgets, and what it finds again. */
import { describe, expect, it } from 'vitest';
import { History } from '../../../processors/stock/history.ts';

/** A movement of 1 unit at `nowMs` by the event `identity`, of one position. */
function pushed(history: History, at: { nowMs: number; identity?: number; timeMs?: number }) {
  const { identity = 0, nowMs, timeMs = nowMs } = at;
  const entry = { row: 0, from: 1, to: 2, units: 1, timeMs, identity, record: `r${nowMs}` };
  return history.push(entry, {
    nowMs,
    source: 3,
    previous: history.size === 0 ? -1 : lastOf(history),
  });
}
const newest = new WeakMap<History, number>();
const lastOf = (history: History) => newest.get(history) ?? -1;
function push(history: History, at: Parameters<typeof pushed>[1]): void {
  newest.set(history, pushed(history, at));
}
const since = (history: History, asOfMs: number) =>
  [...history.since(lastOf(history), asOfMs)].map(({ timeMs }) => timeMs);

function restored(history: History): History {
  const copy = new History(history.capacity);
  for (const part of history.snapshot()) copy.restore(part);
  copy.restored();
  newest.set(copy, lastOf(history));
  return copy;
}

describe('the history', () => {
  it('gives the entries of a position after an instant, newest first', () => {
    const history = new History(10);
    for (const nowMs of [10, 20, 30]) push(history, { nowMs });
    expect(since(history, 10)).toEqual([30, 20]);
    expect(since(history, 30)).toEqual([]);
  });

  it('finds late entries by their own time', () => {
    const history = new History(10);
    push(history, { nowMs: 10 });
    push(history, { nowMs: 30, timeMs: 5 });
    push(history, { nowMs: 30, timeMs: 25 });
    expect(since(history, 20)).toEqual([25]);
    expect(since(history, 0)).toEqual([25, 5, 10]);
  });

  it('forgets the oldest at its capacity, and says how far it reaches', () => {
    const history = new History(3);
    for (const nowMs of [10, 20, 30]) push(history, { nowMs });
    expect(history.reaches(0)).toBe(true);
    push(history, { nowMs: 40 });
    push(history, { nowMs: 50 });
    expect(since(history, 0)).toEqual([50, 40, 30]);
    expect([history.reaches(19), history.reaches(20)]).toEqual([false, true]);
    expect(history.size).toBe(3);
  });

  it('takes the entries of an event back once, oldest first', () => {
    const history = new History(10);
    for (const [nowMs, identity] of [
      [10, 7],
      [20, 8],
      [30, 7],
    ] as const) {
      push(history, { nowMs, identity });
    }
    expect(history.takeBack(7)).toMatchObject([
      { nowMs: 10, identity: 7, source: 3, from: 1, to: 2, units: 1, record: 'r10' },
      { nowMs: 30, record: 'r30' },
    ]);
    expect(history.takeBack(7)).toEqual([]);
    expect(history.takeBack(8)).toHaveLength(1);
    expect(history.takeBack(9)).toEqual([]);
  });

  it('tells identities of one bucket apart, also after entries were lost', () => {
    const history = new History(4);
    const other = 7 + 2 ** 32;
    for (const nowMs of [1, 2, 3, 4, 5, 6]) {
      push(history, { nowMs, identity: nowMs % 2 === 0 ? 7 : other });
    }
    expect(history.takeBack(7).map(({ nowMs }) => nowMs)).toEqual([4, 6]);
    expect(history.takeBack(other).map(({ nowMs }) => nowMs)).toEqual([3, 5]);
  });

  it('names the positions that moved last', () => {
    const history = new History(10);
    for (const row of [4, 5, 4, -1, 6]) {
      const entry = { row, from: 1, to: 2, units: 1, timeMs: 1, identity: 0, record: '' };
      history.push(entry, { nowMs: 1, source: 0, previous: -1 });
    }
    expect(history.recentRows(10)).toEqual([6, 4, 5]);
    expect(history.recentRows(2)).toEqual([6, 4]);
  });

  it('is the same after a restart, whatever was lost or taken back', () => {
    const history = new History(5);
    for (let nowMs = 1; nowMs <= 12; nowMs++) push(history, { nowMs, identity: 1 + (nowMs % 3) });
    history.takeBack(2);
    const copy = restored(history);
    for (const one of [history, copy]) {
      push(one, { nowMs: 13, identity: 2 });
      push(one, { nowMs: 14, identity: 1 });
      expect(one.takeBack(2).map(({ nowMs }) => nowMs)).toEqual([13]);
      expect(one.takeBack(1).map(({ nowMs }) => nowMs)).toEqual([12, 14]);
      expect(one.reaches(8)).toBe(false);
      expect(one.reaches(9)).toBe(true);
    }
    const bytes = (one: History) =>
      [...one.snapshot()].map(({ bytes, name }) => [name, Buffer.from(bytes).toString('hex')]);
    expect(bytes(copy)).toEqual(bytes(history));
  });
});
