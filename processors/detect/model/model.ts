/**
 * The shrinkage model as bytes: an isolation forest with the location and spread of each feature. Pure.
 *
 * Training writes it (processors/runtime/train), `model.trained` names it by its hash, and the detector reads it. What
 * is read is checked whole, so that scoring can trust it: the bytes may be anybody's.
 */
import { mad, median, standardDeviation } from 'simple-statistics';
import { scoreOf, trainForest, type Forest, type Tree } from '../forest/forest.ts';
import { FEATURES } from './features.ts';

export interface Model {
  readonly version: 1;
  readonly features: readonly string[];
  /** Median of each feature, and 1.4826 times its median absolute deviation, where that is 0 its σ. */
  readonly centre: readonly number[];
  readonly spread: readonly number[];
  readonly forest: Forest;
}

/** How unusual a row is: the score of the forest, and which features lie farthest out. */
export interface Score {
  /** 0 … 1; above 0.5 unusual. */
  readonly score: number;
  /** Robust z of the features, the farthest first. */
  readonly drivers: readonly { readonly name: string; readonly z: number }[];
}

/** The bytes are no model that this detector can score with; the message says why. */
export class ModelError extends Error {
  override readonly name = 'ModelError';
}

/** MAD of normal values, in σ. */
const MAD_TO_SIGMA = 1.4826;
const MOST_TREES = 1_000;
const MOST_NODES = 100_000;

/** Trains on rows in the order of FEATURES. Throws a ForestError when there is too little. */
export function trainModel(rows: readonly (readonly number[])[], seed: number): Model {
  const forest = trainForest(rows, { features: FEATURES, seed });
  const columns = FEATURES.map((_, column) => rows.map((row) => row[column] as number));
  return {
    ...{ version: 1, features: FEATURES, forest },
    centre: columns.map((column) => median(column)),
    spread: columns.map(spreadOf),
  };
}

function spreadOf(column: number[]): number {
  const robust = MAD_TO_SIGMA * mad(column);
  // Most SKUs lose nothing at all; a feature that never varies tells nothing.
  return robust > 0 ? robust : standardDeviation(column) || 1;
}

export const modelBytes = (model: Model): Uint8Array => Buffer.from(JSON.stringify(model));

/** Throws a ModelError. */
export function readModel(bytes: Uint8Array): Model {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch {
    throw new ModelError('it is not JSON');
  }
  const model = value as Partial<Model> | null;
  if (typeof model !== 'object' || model?.version !== 1)
    throw new ModelError('it is of no known version');
  const { centre, features, forest, spread } = model;
  if (JSON.stringify(features) !== JSON.stringify(FEATURES)) {
    throw new ModelError(`its features are not ${FEATURES.join(', ')}`);
  }
  if (!isRow(centre) || !isRow(spread) || spread.some((value) => value <= 0)) {
    throw new ModelError('centre or spread of its features are not one number each');
  }
  const trees = forest?.trees;
  if (!isCount(forest?.sampleSize, 2) || !Array.isArray(trees) || trees.length === 0) {
    throw new ModelError('it has no forest');
  }
  if (trees.length > MOST_TREES || !trees.every(isTree))
    throw new ModelError('its trees are broken');
  return model as Model;
}

export function scoreRow(model: Model, row: readonly number[]): Score {
  const drivers = model.features.map((name, column) => ({
    name,
    z:
      ((row[column] as number) - (model.centre[column] as number)) /
      (model.spread[column] as number),
  }));
  return {
    score: scoreOf(model.forest, row),
    drivers: drivers.sort((a, b) => Math.abs(b.z) - Math.abs(a.z)),
  };
}

const isNumber = (value: unknown): value is number => Number.isFinite(value);
const isCount = (value: unknown, least: number) =>
  Number.isInteger(value) && (value as number) >= least;
const isRow = (value: unknown): value is number[] =>
  Array.isArray(value) && value.length === FEATURES.length && value.every(isNumber);

/** Each inner node leads to two nodes behind it, so that every walk ends. */
function isTree(tree: Tree | null): boolean {
  const { feature, left, split } = tree ?? {};
  if (!Array.isArray(feature) || !Array.isArray(left) || !Array.isArray(split)) return false;
  const size = feature.length;
  if (size === 0 || size > MOST_NODES || left.length !== size || split.length !== size)
    return false;
  return feature.every((column: unknown, node) => {
    if (!isNumber(split[node])) return false;
    if (column === -1) return true;
    const first: unknown = left[node];
    const leads = isCount(first, node + 1) && (first as number) + 1 < size;
    return isCount(column, 0) && (column as number) < FEATURES.length && leads;
  });
}
