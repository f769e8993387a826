/**
 * The shrinkage ranking on a real shop (UCI Online Retail): of the SKUs whose write-offs staff called damaged,
 * lost or thrown away, the share among the first TOP of a ranking that does not read what they typed.
 *
 * Losses are rows at price 0 without a customer that take units out. The ranking is the detector's: expected loss
 * (1 − p) × cost at the worst closing, times the score of an isolation forest; beside it stand either of them alone,
 * size alone (units sold, units lost) and chance. A price stands in for the cost, which the file has not.
 */
import { existsSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { parse } from 'csv-parse/sync';
import { scoreOf, trainForest } from '../processors/detect/forest/forest.ts';
import { assess, type Peers } from '../processors/detect/shrinkage/assess.ts';
import type { LossFact } from '../processors/detect/shrinkage/losses.ts';
import type { BenchOptions } from './arguments.ts';
import { median, round } from './measure.ts';

const DEFAULT_FILE = '../shared/data/uci_online_retail/online_retail_2010-12_2011-06.csv.gz';
const TOP = 100;
const FOREST_SEED = 1;
const HISTORY_DAYS = 28;
const DAY_MS = 24 * 60 * 60_000;
const HOUR_MS = 60 * 60_000;
/** What staff typed for goods that are gone or spoilt. */
const LOSS_WORDS =
  /damag|lost|missing|thrown|wet|rust|mould|faulty|broke|crush|smash|unsale|can't sell|short/i;
const FEATURES = [
  'occasions',
  'units lost',
  'amount',
  'part of sales',
  'found',
  'surprise',
  'cost',
];

interface Row {
  readonly StockCode: string;
  readonly Description: string;
  readonly Quantity: string;
  readonly InvoiceDate: string;
  readonly UnitPrice: string;
  readonly CustomerID: string;
  readonly InvoiceNo: string;
}

interface Sku {
  readonly losses: LossFact[];
  readonly prices: number[];
  sold: number;
  found: number;
  /** Staff called one of its write-offs a loss. */
  typed: boolean;
}

export async function uci({ data = DEFAULT_FILE }: BenchOptions): Promise<object> {
  if (!existsSync(data)) return { skipped: `${data} is not there (UCI Online Retail)` };
  const skus = [...readSkus(data).values()];
  const positives = skus.filter(({ typed }) => typed).length;
  const peers = peersOf(skus);
  const ranked = skus.map((sku) => ({ sku, ...worst(sku, peers) }));
  const rows = ranked.map(({ p, sku }) => featuresOf(sku, p));
  const forest = trainForest(rows, { features: FEATURES, seed: FOREST_SEED });
  const scored = ranked.map((one, index) => ({
    ...one,
    score: scoreOf(forest, rows[index] as number[]),
  }));
  const share = (key: (one: (typeof scored)[number]) => number) => {
    const first = scored.toSorted((a, b) => key(b) - key(a)).slice(0, TOP);
    return round(first.filter(({ sku }) => sku.typed).length / positives, 3);
  };
  return {
    ...{ skus: skus.length, skusWithLosses: skus.filter(({ losses }) => losses.length > 0).length },
    ...{ positives, top: TOP, mostPossible: round(Math.min(1, TOP / positives), 3) },
    found: {
      ranker: share(({ expectedLoss, score }) => expectedLoss * score),
      expectedLoss: share(({ expectedLoss }) => expectedLoss),
      forest: share(({ score }) => score),
      unitsLost: share(({ sku }) => unitsLost(sku)),
      unitsSold: share(({ sku }) => sku.sold),
      random: round(TOP / skus.length, 3),
    },
  };
}

function readSkus(file: string): Map<string, Sku> {
  const bytes = readFileSync(file);
  const rows = parse<Row>(file.endsWith('.gz') ? gunzipSync(bytes) : bytes, { columns: true });
  const names = new Set(
    rows.filter((row) => Number(row.UnitPrice) > 0).map((row) => row.Description.trim()),
  );
  const skus = new Map<string, Sku>();
  rows.forEach((row, index) => {
    const code = row.StockCode.trim().toUpperCase();
    // Postage, fees and vouchers have codes without five digits.
    if (!/^\d{5}/.test(code)) return;
    const sku = skus.get(code) ?? { losses: [], prices: [], sold: 0, found: 0, typed: false };
    skus.set(code, sku);
    const units = Number(row.Quantity);
    const price = Number(row.UnitPrice);
    if (price > 0) {
      sku.prices.push(price);
      sku.sold += Math.max(0, units);
    } else if (row.CustomerID === '' && units > 0) sku.found += units;
    else if (row.CustomerID === '' && units < 0) {
      sku.losses.push(lossOf(row, index));
      const text = row.Description.trim();
      if (!names.has(text) && LOSS_WORDS.test(text)) sku.typed = true;
    }
  });
  return skus;
}

function lossOf(row: Row, index: number): LossFact {
  return {
    timeMs: Date.parse(`${row.InvoiceDate.replace(' ', 'T')}Z`),
    ...{ seq: index, identity: index, kind: 'other', units: -Number(row.Quantity) },
    ...{ unitCost: null, source: 'uci', id: row.InvoiceNo },
  };
}

const unitsLost = ({ losses }: Sku) => losses.reduce((sum, { units }) => sum + units, 0);
const costOf = ({ prices }: Sku) => (prices.length === 0 ? 1 : median(prices));

/** The shop as it is on average over the file. */
function peersOf(skus: readonly Sku[]): Peers {
  const times = skus.flatMap(({ losses }) => losses.map(({ timeMs }) => timeMs));
  const first = times.reduce((least, timeMs) => Math.min(least, timeMs), Infinity);
  const last = times.reduce((most, timeMs) => Math.max(most, timeMs), -Infinity);
  const part = Math.min(1, (HISTORY_DAYS * DAY_MS) / (last - first));
  const sum = (of: (losses: number) => number) =>
    skus.reduce((total, { losses }) => total + of(losses.length), 0);
  return {
    losses: part * sum((losses) => losses),
    squares: part * sum((losses) => losses * losses),
    skus: skus.length,
    days: HISTORY_DAYS,
  };
}

/** The closing, an hour after one of its losses, at which most is to be expected lost. */
function worst(sku: Sku, peers: Peers): { p: number; expectedLoss: number } {
  const cost = costOf(sku);
  const losses = sku.losses.toSorted((a, b) => a.timeMs - b.timeMs);
  return losses.reduce(
    (most, { timeMs }) => {
      const found = assess(losses, { asOfMs: timeMs + HOUR_MS, peers, costOf: () => cost });
      const amount = cost * found.losses.reduce((sum, { units }) => sum + units, 0);
      const expectedLoss = (1 - found.p) * amount;
      return expectedLoss > most.expectedLoss ? { p: found.p, expectedLoss } : most;
    },
    { p: 1, expectedLoss: 0 },
  );
}

function featuresOf(sku: Sku, p: number): number[] {
  const lost = unitsLost(sku);
  const cost = costOf(sku);
  return [
    sku.losses.length,
    Math.log1p(lost),
    Math.log1p(lost * cost),
    lost / Math.max(1, sku.sold + lost),
    Math.log1p(sku.found),
    -Math.log10(Math.max(p, 1e-300)),
    Math.log1p(cost),
  ];
}
