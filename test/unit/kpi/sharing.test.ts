/** One computation for all who ask the same, and so many queries at once. */
import { expect, test } from 'vitest';
import { Gate, GateFull } from '../../../api/kpi/gate.ts';
import { SharedAnswers } from '../../../api/kpi/shared.ts';

/** A promise that a test settles when it likes. */
function pending<T>() {
  let resolve: (value: T) => void = () => undefined;
  let reject: (error: Error) => void = () => undefined;
  const promise = new Promise<T>((yes, no) => ([resolve, reject] = [yes, no]));
  return { promise, resolve, reject };
}

test('an answer under way, and one that is fresh, is shared', async () => {
  let now = 0;
  let computed = 0;
  const answers = new SharedAnswers<number>({ freshMs: 1000, answers: 4 }, () => now);
  const ask = () => answers.get('a', async () => ++computed);
  expect(await Promise.all([ask(), ask()])).toEqual([1, 1]);
  now = 999;
  expect(await ask()).toBe(1);
  now = 1000;
  expect(await ask()).toBe(2);
});

test('a failure is told to all who wait, and not kept', async () => {
  const answers = new SharedAnswers<number>({ freshMs: 1000, answers: 4 }, () => 0);
  await expect(answers.get('a', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(await answers.get('a', async () => 7)).toBe(7);
});

test('so many answers are kept; the oldest leaves', async () => {
  const answers = new SharedAnswers<number>({ freshMs: 1000, answers: 2 }, () => 0);
  let computed = 0;
  const ask = (key: string) => answers.get(key, async () => ++computed);
  for (const key of ['a', 'b', 'c']) await ask(key);
  expect(await ask('c')).toBe(3);
  expect(await ask('a')).toBe(4);
});

test('the gate runs so many, lets others wait in order, and refuses the rest', async () => {
  const gate = new Gate({ running: 1, waiting: 1 });
  const first = pending<string>();
  const started: string[] = [];
  const run = (name: string, task: Promise<string>) =>
    gate.run(() => {
      started.push(name);
      return task;
    });
  const one = run('one', first.promise);
  const two = run('two', Promise.resolve('2'));
  await expect(run('three', Promise.resolve('3'))).rejects.toThrow(GateFull);
  expect(started).toEqual(['one']);
  first.resolve('1');
  expect(await Promise.all([one, two])).toEqual(['1', '2']);
  expect(started).toEqual(['one', 'two']);
});

test('a task that fails makes room', async () => {
  const gate = new Gate({ running: 1, waiting: 0 });
  await expect(gate.run(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(await gate.run(async () => 'yes')).toBe('yes');
});
