/**
 * ARL0: how long whole detectors run where nothing is wrong until they page, against their design. Each is fed events
 * through the reducers, so that its gates, windows and episodes are part of what is measured; the design is computed
 * from the distribution alone.
 *
 *   supplier_variance  a supplier that is short by exactly what is tolerated: the worst that must not alarm. Receipts
 *                      until an alarm; design: Brook and Evans's Markov chain of the CUSUM
 *   location_errors    errors of a bin by chance, at RATE: days until three fall within fourteen; design: the integral
 *                      equation of that event
 *   shrinkage          losses by chance, more often of some SKUs than of others. Its p-values are discrete, so there is
 *                      a least run length rather than one: at any instant at most q SKUs stand out by chance
 */
import { gammaln } from 'simple-statistics';
import { defaultsOf, RULES } from '../../contracts/rules.ts';
import { evidenceOf, OVERDISPERSION } from '../../processors/supply/drift.ts';
import { seededRandom } from '../../processors/detect/forest/random.ts';
import { event, T0, type Given } from '../../test/support/given.ts';
import { ReducerBench } from '../../test/support/reducers.ts';
import type { Code } from './run.ts';

const SEED = 20_260_302;
const DAY_MIN = 24 * 60;

export interface RunLength {
  readonly unit: string;
  readonly designed: number;
  readonly observed: number;
}

/** Alarms of a code since the last call. */
function alarmsOf(bench: ReducerBench, code: Code): () => number {
  let read = 0;
  return () => {
    const found = bench.findings.slice(read).filter((one) => one.code === code).length;
    read = bench.findings.length;
    return found;
  };
}

const RECEIPT = { units: 100, runs: 200 };
const LEVEL = defaultsOf('SUPPLIER_VARIANCE_TREND')['level']!;
/** Half the level is tolerated. */
const TOLERATED = LEVEL / 2;

export function supplierRunLength(): RunLength {
  const random = seededRandom(SEED);
  const bench = new ReducerBench(['supply']);
  const alarms = alarmsOf(bench, 'SUPPLIER_VARIANCE_TREND');
  const missing = missingUnits();
  let receipts = 0;
  for (let run = 0; run < RECEIPT.runs; run++) {
    const before = receipts;
    do {
      receipts += 1;
      bench.given(...receiptOf(`s${run}`, receipts, draw(missing, random)));
    } while (alarms() === 0 && receipts - before < 10_000);
  }
  const { cusum_h: h = 0, cusum_k: k = 0 } = defaultsOf('SUPPLIER_VARIANCE_TREND');
  const evidence = evidenceOf(LEVEL);
  const steps = missing.map((p, units) => ({
    p,
    step: Math.min(h, evidence(units, RECEIPT.units)) - k,
  }));
  return { unit: 'receipts', designed: chainLength(steps, h), observed: receipts / RECEIPT.runs };
}

/** Beta-binomial probabilities of 0, 1, … units missing of a receipt. */
function missingUnits(): number[] {
  const n = RECEIPT.units;
  const strength = 1 / OVERDISPERSION - 1;
  const [a, b] = [TOLERATED * strength, (1 - TOLERATED) * strength];
  const logBeta = (x: number, y: number) => gammaln(x) + gammaln(y) - gammaln(x + y);
  return Array.from({ length: n + 1 }, (_, x) =>
    Math.exp(
      gammaln(n + 1) -
        gammaln(x + 1) -
        gammaln(n - x + 1) +
        logBeta(x + a, n - x + b) -
        logBeta(a, b),
    ),
  );
}

function draw(probabilities: readonly number[], random: () => number): number {
  let left = random();
  const found = probabilities.findIndex((p) => (left -= p) < 0);
  return found === -1 ? probabilities.length - 1 : found;
}

/** One receipt, an hour after the one before, closed and past its watermark. */
function receiptOf(supplier: string, n: number, missing: number): Given[] {
  const at = n * 60;
  const keys = { sku_id: 'A', node_id: 'dc', supplier_id: supplier, po_id: `p${n}` };
  const due = new Date(T0 + (at + DAY_MIN) * 60_000).toISOString();
  const lines = [{ sku_id: 'A', qty: RECEIPT.units, due_at: due, unit_cost: '1' }];
  const { node_id, po_id, supplier_id } = keys;
  return [
    event('purchaseorder.issued', { po_id, supplier_id, node_id, lines }, { at }),
    event(
      'receipt.line.received',
      { ...keys, receipt_id: `r${n}`, qty_received: RECEIPT.units - missing },
      { at: at + 1 },
    ),
    event('receipt.closed', { receipt_id: `r${n}`, po_id, supplier_id, node_id }, { at: at + 2 }),
    event(
      'clock.ticked',
      { tick: new Date(T0 + (at + 30) * 60_000).toISOString(), clock: 'feed' },
      { at: at + 30 },
    ),
  ];
}

/** Mean steps of S = max(0, S + x) from 0 until S > h, by a Markov chain on a fine grid. */
function chainLength(steps: readonly { p: number; step: number }[], h: number): number {
  const cells = 600;
  const width = h / cells;
  const likely = steps.filter(({ p }) => p > 1e-12);
  // Value iteration of L(s) = 1 + Σ p L(s'): s' beyond h ends.
  let lengths = new Float64Array(cells + 1);
  for (let change = 1; change > 1e-7;) {
    const next = new Float64Array(cells + 1);
    change = 0;
    for (let cell = 0; cell <= cells; cell++) {
      let length = 1;
      for (const { p, step } of likely) {
        const to = Math.max(0, cell * width + step);
        if (to <= h) length += p * (lengths[Math.round(to / width)] as number);
      }
      next[cell] = length;
      change = Math.max(change, Math.abs(length - (lengths[cell] as number)) / length);
    }
    lengths = next;
  }
  return lengths[0] as number;
}

const BIN = { errorsPerDay: 0.05, runs: 400 };

export function locationRunLength(): RunLength {
  const random = seededRandom(SEED + 1);
  const bench = new ReducerBench(['floor']);
  const alarms = alarmsOf(bench, 'LOCATION_ERROR_REPEAT');
  let minutes = 0;
  for (let run = 0; run < BIN.runs; run++) {
    do {
      minutes += (-Math.log(1 - random()) / BIN.errorsPerDay) * DAY_MIN;
      bench.given(
        event(
          'location.error.recorded',
          {
            node_id: 'dc',
            location_id: `B${run}`,
            sku_id: 'A',
            error_type: 'mixed',
            task_id: 't1',
          },
          { at: Math.round(minutes) },
        ),
      );
    } while (alarms() === 0);
  }
  return {
    unit: 'days',
    designed: scanLength(BIN.errorsPerDay, RULES.LOCATION_ERROR_REPEAT.parameters.window_d.value),
    observed: minutes / DAY_MIN / BIN.runs,
  };
}

/**
 * Mean time until three events of a Poisson process lie within a window. With f(g) the events still to come when the
 * last gap was g: f(g) = 1 + ∫ λ e^(−λ u) f(u) du over the gaps u ≥ window − g, which end nothing. Wald gives the time.
 */
function scanLength(rate: number, window: number): number {
  const cells = 400;
  const width = window / cells;
  const weight = (from: number) => Math.exp(-rate * from) - Math.exp(-rate * (from + width));
  let f = new Float64Array(cells).fill(1);
  let far = 1;
  for (let change = 1; change > 1e-10;) {
    // Sums from the far end: all gaps beyond the window are alike.
    const tails = new Float64Array(cells + 1);
    tails[cells] = Math.exp(-rate * window) * far;
    for (let cell = cells - 1; cell >= 0; cell--) {
      tails[cell] = (tails[cell + 1] as number) + weight(cell * width) * (f[cell] as number);
    }
    // The middle of a cell: half of the cell opposite ends it.
    const next = f.map((_, cell) => {
      const opposite = cells - 1 - cell;
      return 1 + ((tails[opposite] as number) + (tails[opposite + 1] as number)) / 2;
    });
    const nextFar = 1 + (tails[0] as number);
    change = Math.abs(nextFar - far) / nextFar;
    f = next;
    far = nextFar;
  }
  return (far + 1) / rate;
}

const LOSSES = { skus: 200, perSkuDay: 0.005, shape: 1, days: 1_500 };

export function shrinkageRunLength(): RunLength {
  const random = seededRandom(SEED + 2);
  const bench = new ReducerBench(['detect']);
  const alarms = alarmsOf(bench, 'SHRINKAGE_ANOMALY');
  const skus = Array.from({ length: LOSSES.skus }, (_, n) => `s${n}`);
  const change = (sku_id: string, qty_delta: number, at: number) =>
    event(
      'inventory.adjusted',
      {
        ...{ sku_id, node_id: 'dc', qty_delta, unit_cost: '50', currency: 'USD' },
        ...(qty_delta < 0
          ? { reason_code: 'shrinkage', raw_code: '06' }
          : { reason_code: 'opening_balance' }),
      },
      { at },
    );
  bench.given(...skus.map((sku) => change(sku, 1_000, 0)));
  // Gamma of shape 1: rates differ between SKUs as the prior believes.
  const rates = skus.map(() => -Math.log(1 - random()) * LOSSES.perSkuDay);
  const losses = skus.flatMap((sku, n) => {
    const times: { at: number; sku: string }[] = [];
    for (let day = 0; ;) {
      day += -Math.log(1 - random()) / (rates[n] as number);
      if (!(day < LOSSES.days)) return times;
      times.push({ at: Math.round(day * DAY_MIN), sku });
    }
  });
  losses.sort((a, b) => a.at - b.at);
  let pages = 0;
  for (const { at, sku } of losses) {
    bench.given(change(sku, -1, at));
    pages += alarms();
  }
  const { q } = RULES.SHRINKAGE_ANOMALY.parameters;
  return { unit: 'node-days', designed: 1 / q.value, observed: LOSSES.days / Math.max(1, pages) };
}
