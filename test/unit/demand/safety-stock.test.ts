/** Safety stock, reorder point and the distributions behind them, against REFERENCE §5.6 and §6. */
import { describe, expect, it, test } from 'vitest';
import {
  countQuantile,
  countTail,
  inverseLoss,
  normalLoss,
  normalTail,
} from '../../../processors/demand/distributions.ts';
import {
  reorderPoint,
  safetyStock,
  safetyStockForFillRate,
  safetyStockForService,
  serviceOf,
} from '../../../processors/demand/safety-stock.ts';

const NEED = { dailyUnits: 20, dailySd: 6, leadDays: 14, leadSd: 3 };

describe('vectors of the reference', () => {
  test('safety stock 105.38 and reorder point 385.38', () => {
    const units = safetyStock(NEED, 1.645);
    expect(units).toBeCloseTo(105.38, 2);
    expect(reorderPoint(NEED, units)).toBeCloseTo(385.38, 2);
  });
  test.each([
    [1, 0.08332],
    [1.645, 0.02089],
    [2.054, 0.00734],
  ])('G(%f) = %f', (k, loss) => {
    expect(normalLoss(k)).toBeCloseTo(loss, 5);
    // The printed loss has five digits, so k has two.
    expect(inverseLoss(loss)).toBeCloseTo(k, 2);
  });
  test('P(X ≥ 7) of Poisson and negative binomial with mean 2', () => {
    expect(countTail({ mean: 2, variance: 2 }, 6)).toBeCloseTo(0.0045338, 7);
    // r = 2: variance = 2 + 4 ÷ 2.
    expect(countTail({ mean: 2, variance: 4 }, 6)).toBeCloseTo(0.0351563, 6);
  });
});

describe('a fill rate', () => {
  it('takes the k whose loss is (1 − β)·Q ÷ σ', () => {
    // L·σ_d² = 25 × 16: σ_DL = 20. (1 − β)·Q = 20 × 0.08332: k = 1.
    const need = { dailyUnits: 10, dailySd: 4, leadDays: 25, leadSd: 0 };
    expect(safetyStockForFillRate(need, 0.98, (20 * 0.08332) / 0.02)).toBeCloseTo(20, 2);
  });
  it('takes no stock where orders are so large that they suffice', () => {
    expect(safetyStockForFillRate(NEED, 0.9, 100_000)).toBe(0);
  });
  it('takes none where nothing varies', () => {
    const need = { dailyUnits: 10, dailySd: 0, leadDays: 5, leadSd: 0 };
    expect(safetyStockForFillRate(need, 0.98, 50)).toBe(0);
  });
});

describe('low volume', () => {
  it('takes the quantile of a Poisson', () => {
    // Mean 2: P(X ≤ 4) = 0.9473, P(X ≤ 5) = 0.9834.
    expect(countQuantile({ mean: 2, variance: 2 }, 0.94)).toBe(4);
    expect(countQuantile({ mean: 2, variance: 2 }, 0.95)).toBe(5);
    const need = { dailyUnits: 0.2, dailySd: Math.sqrt(0.2), leadDays: 10, leadSd: 0 };
    expect(safetyStockForService(need, serviceOf('B'))).toBeCloseTo(3, 10);
  });
  it('takes the quantile of a negative binomial when demand is spread', () => {
    // Mean 2, r 2, p ½: P(X ≤ x) = 1 − (x + 3) ÷ 2^(x + 2): 0.9375 at 5, 0.9648 at 6.
    expect(countQuantile({ mean: 2, variance: 4 }, 0.93)).toBe(5);
    expect(countQuantile({ mean: 2, variance: 4 }, 0.95)).toBe(6);
  });
  it('takes the normal from a mean of ten on', () => {
    const need = { dailyUnits: 1, dailySd: 2, leadDays: 10, leadSd: 0 };
    expect(safetyStockForService(need, serviceOf('B'))).toBeCloseTo(1.645 * Math.sqrt(40), 10);
  });
  it('is nothing where nothing is asked for', () => {
    const need = { dailyUnits: 0, dailySd: 0, leadDays: 10, leadSd: 3 };
    expect(safetyStockForService(need, serviceOf('A'))).toBe(0);
  });
});

test('the tail of a normal', () => {
  expect(normalTail(0)).toBeCloseTo(0.5, 7);
  expect(normalTail(1.645)).toBeCloseTo(0.05, 4);
  expect(normalTail(-1.282)).toBeCloseTo(0.9, 3);
});
