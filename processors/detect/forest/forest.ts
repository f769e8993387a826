/**
 * An isolation forest (Liu, Ting & Zhou 2008; REFERENCE §5.1): 100 trees on samples of 256 rows, score
 * 2^(−E[h]/c(256)). It ranks; what is paged is decided by the alert budget.
 *
 * A forest is plain data: it is trained beside the stream and enters the log as `model.trained` with the
 * hash of its bytes, so that scoring replays exactly. Training is seeded.
 *
 *   node i:  inner  feature[i] ≥ 0, split[i], children left[i] and left[i] + 1
 *            leaf   feature[i] = −1, split[i] = path length that the rows in it still had, c(size)
 */
import { seededRandom } from './random.ts';

export interface Forest {
  readonly version: 1;
  /** Names of the columns, in the order of a row. */
  readonly features: readonly string[];
  readonly sampleSize: number;
  readonly seed: number;
  readonly trees: readonly Tree[];
}

export interface Tree {
  readonly feature: readonly number[];
  readonly split: readonly number[];
  readonly left: readonly number[];
}

export interface TrainingOptions {
  readonly features: readonly string[];
  readonly trees?: number;
  readonly sampleSize?: number;
  readonly seed: number;
}

/** The features do not fit the rows, or there is nothing to train on. */
export class ForestError extends Error {
  override readonly name = 'ForestError';
}

const EULER = 0.5772156649015329;

/** c(n): mean path length of an unsuccessful search among n rows; c(256) = 10.245. */
export function meanPath(n: number): number {
  if (n <= 1) return 0;
  return n === 2 ? 1 : 2 * (Math.log(n - 1) + EULER) - (2 * (n - 1)) / n;
}

/** Trains a forest on rows of finite numbers. Throws a ForestError. */
export function trainForest(
  rows: readonly (readonly number[])[],
  { features, sampleSize = 256, seed, trees = 100 }: TrainingOptions,
): Forest {
  if (rows.length < 2) throw new ForestError(`${rows.length} rows are too few to train on`);
  rows.forEach((row, index) => {
    if (row.length === features.length && row.every(Number.isFinite)) return;
    throw new ForestError(`row ${index} is not ${features.length} finite numbers`);
  });
  const random = seededRandom(seed);
  const size = Math.min(sampleSize, rows.length);
  const depth = Math.ceil(Math.log2(size));
  return {
    ...{ version: 1, features, sampleSize: size, seed },
    trees: Array.from({ length: trees }, () => grow(sampleOf(rows, size, random), depth, random)),
  };
}

/** 0 … 1: near 1 what is isolated soon, below 0.5 the ordinary. */
export function scoreOf(forest: Forest, row: readonly number[]): number {
  let total = 0;
  for (const tree of forest.trees) total += pathOf(tree, row);
  return Math.pow(2, -total / forest.trees.length / meanPath(forest.sampleSize));
}

function pathOf({ feature, left, split }: Tree, row: readonly number[]): number {
  let node = 0;
  let length = 0;
  for (;;) {
    const column = feature[node] as number;
    if (column < 0) return length + (split[node] as number);
    const first = left[node] as number;
    node = (row[column] as number) < (split[node] as number) ? first : first + 1;
    length += 1;
  }
}

/** `size` different rows, drawn without replacement. */
function sampleOf<T>(rows: readonly T[], size: number, random: () => number): T[] {
  const drawn = [...rows];
  for (let at = 0; at < size; at++) {
    const other = at + Math.floor(random() * (drawn.length - at));
    [drawn[at], drawn[other]] = [drawn[other] as T, drawn[at] as T];
  }
  drawn.length = size;
  return drawn;
}

function grow(rows: readonly (readonly number[])[], maxDepth: number, random: () => number): Tree {
  const tree = { feature: [-1], split: [0], left: [0] };
  const open = [{ node: 0, rows, depth: 0 }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { depth, node, rows: here } = next;
    const cut = depth < maxDepth ? chooseCut(here, random) : null;
    if (cut === null) {
      tree.split[node] = meanPath(here.length);
      continue;
    }
    const first = tree.feature.length;
    tree.feature[node] = cut.column;
    tree.split[node] = cut.at;
    tree.left[node] = first;
    tree.feature.push(-1, -1);
    tree.split.push(0, 0);
    tree.left.push(0, 0);
    const below = here.filter((row) => (row[cut.column] as number) < cut.at);
    const above = here.filter((row) => (row[cut.column] as number) >= cut.at);
    open.push({ node: first, rows: below, depth: depth + 1 });
    open.push({ node: first + 1, rows: above, depth: depth + 1 });
  }
  return tree;
}

/** A random column that still varies, and a random value within it; null when all rows are alike. */
function chooseCut(
  rows: readonly (readonly number[])[],
  random: () => number,
): { column: number; at: number } | null {
  if (rows.length < 2) return null;
  const columns = Array.from({ length: rows[0]?.length ?? 0 }, (_, column) => column);
  while (columns.length > 0) {
    const pick = Math.floor(random() * columns.length);
    const column = columns[pick] as number;
    let low = Infinity;
    let high = -Infinity;
    for (const row of rows) {
      const value = row[column] as number;
      if (value < low) low = value;
      if (value > high) high = value;
    }
    if (high > low) {
      // Never the lowest value itself, which would leave one side empty.
      const at = low + random() * (high - low);
      return { column, at: at > low ? at : high };
    }
    columns.splice(pick, 1);
  }
  return null;
}
