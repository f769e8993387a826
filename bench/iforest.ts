/**
 * The isolation forest on labelled tables: AUROC and average precision as the median of SEEDS seeds, beside
 * the published reference and, in the same run, beside the npm package ml-isolation-forest trained on the
 * same samples (one-tree forests of 256 rows, scored as ours is; docs/decisions/0009).
 *
 * A folder holds `<set>.csv.gz` or `<set>.csv` (features, then `label` 0 or 1) and iforest_reference.csv
 * with at least set, sklearn…_auroc_mean and sklearn_auroc_sd_per_run. A table is `below` when its AUROC is
 * under the reference mean minus two of its standard deviations.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { parse } from 'csv-parse/sync';
import { IsolationForest } from 'ml-isolation-forest';
import { meanPath, scoreOf, trainForest } from '../processors/detect/forest/forest.ts';
import { seededRandom } from '../processors/detect/forest/random.ts';
import type { BenchOptions } from './arguments.ts';
import { median, round } from './measure.ts';
import { say } from './progress.ts';

const SEEDS = 10;
const TREES = 100;
const SAMPLE = 256;
const DEFAULT_DATA = '../shared/data/adbench';
const REFERENCE = 'iforest_reference.csv';

interface Table {
  readonly features: readonly string[];
  readonly rows: readonly (readonly number[])[];
  readonly labels: readonly boolean[];
}

export async function iforest({ data = DEFAULT_DATA }: BenchOptions): Promise<object> {
  const bounds = readBounds(join(data, REFERENCE));
  const files = readdirSync(data)
    .filter((name) => /\.csv(\.gz)?$/.test(name) && name !== REFERENCE)
    .sort();
  if (files.length === 0) throw new Error(`${data} holds no .csv or .csv.gz table`);
  const tables = files.map((file) => {
    const set = file.replace(/\.csv(\.gz)?$/, '');
    const table = readTable(join(data, file));
    const ours = seeds().map((seed) => quality(table, scores(table, seed)));
    const theirs = seeds().map((seed) => quality(table, packageScores(table, seed)));
    const bound = bounds.get(set) ?? null;
    const auroc = median(ours.map((run) => run.auroc));
    const result = {
      set,
      rows: table.rows.length,
      auroc: round(auroc, 4),
      averagePrecision: round(median(ours.map((run) => run.averagePrecision)), 4),
      packageAuroc: round(median(theirs.map((run) => run.auroc)), 4),
      bound: bound === null ? null : round(bound, 4),
      below: bound !== null && auroc < bound,
    };
    say(`${set}: AUROC ${result.auroc} (bound ${result.bound}, package ${result.packageAuroc})`);
    return result;
  });
  return { below: tables.filter((table) => table.below).length, seeds: SEEDS, tables };
}

const seeds = () => Array.from({ length: SEEDS }, (_, seed) => seed + 1);

function scores({ features, rows }: Table, seed: number): number[] {
  const forest = trainForest(rows, { features, trees: TREES, sampleSize: SAMPLE, seed });
  return rows.map((row) => scoreOf(forest, row));
}

/** The package's trees on samples of our size; it draws from Math.random, so only the samples repeat. */
function packageScores({ rows }: Table, seed: number): number[] {
  const random = seededRandom(seed);
  const trees = Array.from({ length: TREES }, () => {
    const drawn = [...rows].map((row) => ({ row, at: random() })).sort((a, b) => a.at - b.at);
    const forest = new IsolationForest({ nEstimators: 1 });
    forest.train(drawn.slice(0, SAMPLE).map(({ row }) => [...row]));
    return forest.forest[0];
  });
  const scale = meanPath(Math.min(SAMPLE, rows.length));
  return rows.map((row) => {
    let total = 0;
    for (const tree of trees) total += packagePath(tree, row);
    return 2 ** (-total / TREES / scale);
  });
}

interface PackageNode {
  readonly left?: PackageNode;
  readonly right?: PackageNode;
  readonly splitColumn: number;
  readonly splitValue: number;
  numberDataPoints(): number;
}

function packagePath(tree: PackageNode | undefined, row: readonly number[]): number {
  let length = 0;
  let node = tree;
  while (node?.left !== undefined) {
    node = (row[node.splitColumn] as number) < node.splitValue ? node.left : node.right;
    length += 1;
  }
  return length + meanPath(node?.numberDataPoints() ?? 0);
}

/** Area under the ROC curve (ties count half) and average precision. */
function quality({ labels }: Table, values: readonly number[]) {
  const ranked = values
    .map((value, index) => ({ value, isAnomaly: labels[index] === true }))
    .sort((a, b) => b.value - a.value);
  const anomalies = ranked.filter(({ isAnomaly }) => isAnomaly).length;
  const others = ranked.length - anomalies;
  let found = 0;
  let area = 0;
  let precision = 0;
  for (let start = 0; start < ranked.length;) {
    let end = start;
    let hits = 0;
    while (end < ranked.length && ranked[end]?.value === ranked[start]?.value) {
      if (ranked[end]?.isAnomaly === true) hits += 1;
      end += 1;
    }
    area += (end - start - hits) * (found + hits / 2);
    found += hits;
    precision += (hits / anomalies) * (found / end);
    start = end;
  }
  return { auroc: area / (anomalies * others), averagePrecision: precision };
}

function readTable(file: string): Table {
  const bytes = readFileSync(file);
  const text = (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString();
  const [header = [], ...lines]: string[][] = parse(text);
  if (header.at(-1) !== 'label') throw new Error(`${file}: the last column must be label`);
  return {
    features: header.slice(0, -1),
    rows: lines.map((line) => line.slice(0, -1).map(Number)),
    labels: lines.map((line) => Number(line.at(-1)) === 1),
  };
}

/** Least AUROC of each set: the reference mean less two of its standard deviations. */
function readBounds(file: string): Map<string, number> {
  if (!existsSync(file)) return new Map();
  const records = parse<Record<string, string>>(readFileSync(file), { columns: true });
  return new Map(
    records.flatMap((record) => {
      const mean = Object.entries(record).find(([name]) =>
        /^sklearn.*_auroc_mean$/.test(name),
      )?.[1];
      const spread = record['sklearn_auroc_sd_per_run'];
      const bound = Number(mean) - 2 * Number(spread);
      return record['set'] === undefined || Number.isNaN(bound) ? [] : [[record['set'], bound]];
    }),
  );
}
