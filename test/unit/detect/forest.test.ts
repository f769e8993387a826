/** The isolation forest: its normaliser, what it isolates, and that training repeats itself. */
import { describe, expect, test } from 'vitest';
import {
  ForestError,
  meanPath,
  scoreOf,
  trainForest,
} from '../../../processors/detect/forest/forest.ts';
import { seededRandom } from '../../../processors/detect/forest/random.ts';

const features = ['x', 'y'];

/** A cloud of 500 points around the origin. */
function cloud(seed: number): number[][] {
  const random = seededRandom(seed);
  const near = () => random() + random() + random() - 1.5;
  return Array.from({ length: 500 }, () => [near(), near()]);
}

test('c(256) = 10.245 (REFERENCE §5.1), c(2) = 1', () => {
  expect(meanPath(256)).toBeCloseTo(10.245, 3);
  expect([meanPath(0), meanPath(1), meanPath(2)]).toEqual([0, 0, 1]);
});

test('what lies far out scores higher than what lies within', () => {
  const forest = trainForest(cloud(1), { features, seed: 7 });
  const far = scoreOf(forest, [6, -6]);
  expect(far).toBeGreaterThan(0.7);
  expect(scoreOf(forest, [0, 0])).toBeLessThan(0.5);
  for (const row of cloud(2)) expect(scoreOf(forest, row)).toBeLessThan(far);
});

test('the same rows and seed give the same forest; another seed another one', () => {
  const train = (seed: number) => JSON.stringify(trainForest(cloud(1), { features, seed }));
  expect(train(7)).toBe(train(7));
  expect(train(7)).not.toBe(train(8));
});

test('scoring survives the way through JSON', () => {
  const forest = trainForest(cloud(1), { features, seed: 7 });
  const read = JSON.parse(JSON.stringify(forest)) as typeof forest;
  for (const row of cloud(3)) expect(scoreOf(read, row)).toBe(scoreOf(forest, row));
});

describe('a column that does not vary', () => {
  test('is passed over', () => {
    const forest = trainForest(
      cloud(1).map(([x = 0]) => [x, 5]),
      { features, seed: 1 },
    );
    for (const { feature } of forest.trees) expect(feature).not.toContain(1);
  });

  test('in rows that are all alike everything is ordinary', () => {
    const forest = trainForest(
      Array.from({ length: 10 }, () => [1, 1]),
      { features, seed: 1 },
    );
    expect(scoreOf(forest, [9, 9])).toBeCloseTo(0.5, 10);
  });
});

test.each([
  ['too few rows', [[1, 2]], /too few/],
  ['a short row', [[1, 2], [1]], /row 1 is not 2 finite numbers/],
  [
    'no number',
    [
      [1, 2],
      [1, Number.NaN],
    ],
    /row 1/,
  ],
])('%s is refused', (_name, rows, message) => {
  expect(() => trainForest(rows, { features, seed: 1 })).toThrow(ForestError);
  expect(() => trainForest(rows, { features, seed: 1 })).toThrow(message);
});
