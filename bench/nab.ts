/**
 * The detector of continuous series on the Numenta Anomaly Benchmark: each series is read once, as it would
 * come, its scores are written in NAB's form, and NAB's own scorer (score.mjs in the data folder) judges
 * them, with its threshold for the whole corpus. Beside it, for honesty, the same with the threshold frozen
 * on the other categories: what a series gets that had no part in choosing it.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { SeriesDetector } from '../processors/detect/series/series.ts';
import type { BenchOptions } from './arguments.ts';
import { median, round } from './measure.ts';
import { say } from './progress.ts';

const DEFAULT_DATA = '../shared/data/nab';

interface Judged {
  readonly profile: string;
  readonly normalised: number;
  readonly threshold: number;
  readonly nWindows: number;
  readonly raw: number;
  readonly totals: { readonly windowsFound: number; readonly fp: number };
}

export async function nab({ data = DEFAULT_DATA, only }: BenchOptions): Promise<object> {
  const results = mkdtempSync(join(tmpdir(), 'stocktide-nab-'));
  try {
    const files = seriesOf(data, only?.split(','));
    for (const file of files) writeScores(join(data, 'data', file), join(results, file));
    say(`${files.length} series scored`);
    const judge = (...more: string[]) => judgeWith(data, results, [...chosen(only), ...more]);
    const [standard] = judge('--profile', 'standard');
    if (standard === undefined) throw new Error(`${data}: the scorer gave no result`);
    const frozen = frozenScore(data, results, files);
    return {
      standard: round(standard.normalised, 2),
      frozen: frozen === null ? null : round(frozen, 2),
      threshold: round(standard.threshold, 3),
      windows: standard.nWindows,
      windowsFound: standard.totals.windowsFound,
      falseRows: standard.totals.fp,
      files: files.length,
    };
  } finally {
    rmSync(results, { recursive: true, force: true });
  }
}

/** Data files by their names in the labels, such as realTraffic/speed_6005.csv. */
function seriesOf(data: string, only: readonly string[] | undefined): string[] {
  const folder = join(data, 'data');
  const files = readdirSync(folder)
    .sort()
    .flatMap((category) =>
      readdirSync(join(folder, category))
        .sort()
        .map((file) => `${category}/${file}`),
    )
    .filter((file) => only?.some((prefix) => file.startsWith(prefix)) ?? true);
  if (files.length === 0)
    throw new Error(`${folder}: no series${only ? ` of ${only.join()}` : ''}`);
  return files;
}

function writeScores(from: string, to: string): void {
  const rows = parse<{ timestamp: string; value: string }>(readFileSync(from), {
    columns: true,
  });
  const times = rows.map(({ timestamp }) => Date.parse(`${timestamp.replace(' ', 'T')}Z`));
  const detector = new SeriesDetector({ stepMs: usualStep(times) });
  const lines = rows.map(({ timestamp, value }, index) => {
    const { score } = detector.step(times[index] as number, Number(value));
    return `${timestamp},${value},${score}`;
  });
  mkdirSync(dirname(to), { recursive: true });
  writeFileSync(to, ['timestamp,value,anomaly_score', ...lines, ''].join('\n'));
}

/** In operation the cadence of a series is known; here it is the median of its first gaps. */
function usualStep(times: readonly number[]): number {
  return median(times.slice(1, 101).map((time, index) => time - (times[index] as number)));
}

const chosen = (only: string | undefined) => (only === undefined ? [] : ['--only', only]);

function judgeWith(data: string, results: string, args: readonly string[]): Judged[] {
  const scorer = join(data, 'score.mjs');
  const output = execFileSync(process.execPath, [scorer, results, '--json', ...args], {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  return (JSON.parse(output) as { results: Judged[] }).results;
}

/** Each category judged at the threshold that the others chose, added up; null with only one category. */
function frozenScore(data: string, results: string, files: readonly string[]): number | null {
  const categories = [
    ...new Set(files.map((file) => file.replace(/(NoAnomaly|WithAnomaly)?\/.*/, ''))),
  ];
  if (categories.length < 2) return null;
  let gained = 0;
  let windows = 0;
  for (const category of categories) {
    const others = categories.filter((other) => other !== category).join(',');
    const [trained] = judgeWith(data, results, ['--only', others]);
    if (trained === undefined) return null;
    const threshold = String(trained.threshold);
    const [judged] = judgeWith(data, results, ['--only', category, '--threshold', threshold]);
    if (judged === undefined) return null;
    // Normalised: 0 is no detection at all, 100 is perfect.
    gained += (judged.normalised / 100) * judged.nWindows;
    windows += judged.nWindows;
  }
  return (100 * gained) / windows;
}
