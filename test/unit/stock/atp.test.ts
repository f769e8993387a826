/** The formulas of REFERENCE §2.4 and §2.5 against published and hand-computed figures. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  channelAfs,
  cumulativeAtp,
  discreteAtp,
  lookAhead,
  nodeAfs,
  wholeUnits,
} from '../../../processors/stock/atp.ts';

/** REFERENCE §2.5: opening stock 15. */
const OPENING = 15;
const RECEIPTS = [40, 0, 40, 0, 40, 0, 40, 0];
const DEMAND = [18, 15, 27, 22, 10, 8, 6, 5];

describe('ATP over time', () => {
  it('discrete: opening and receipts less demand until the next receipt', () => {
    expect(discreteAtp(OPENING, RECEIPTS, DEMAND)).toEqual([
      22,
      null,
      -9,
      null,
      22,
      null,
      29,
      null,
    ]);
  });

  it('discrete: a first period without a receipt has the opening stock', () => {
    // 15 − 3 − 4; then 10 − 2.
    expect(discreteAtp(15, [0, 0, 10], [3, 4, 2])).toEqual([8, null, 8]);
  });

  it('cumulative, without look-ahead', () => {
    expect(cumulativeAtp(OPENING, RECEIPTS, DEMAND)).toEqual([37, 22, 35, 13, 43, 35, 69, 64]);
  });

  it('cumulative, with look-ahead: later shortages reserve earlier stock', () => {
    expect(lookAhead(cumulativeAtp(OPENING, RECEIPTS, DEMAND))).toEqual([
      13, 13, 13, 13, 35, 35, 64, 64,
    ]);
  });

  it("gives the look-ahead of Dynamics 365's example", () => {
    expect(lookAhead([17, 17, 27, 12, 13, 16, 16])).toEqual([12, 12, 12, 12, 13, 16, 16]);
  });

  it('look-ahead never falls over time and never promises what is not there', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -50, max: 50 })), (cumulative) => {
        const promise = lookAhead(cumulative);
        for (const [t, units] of promise.entries()) {
          expect(units).toBeLessThanOrEqual(cumulative[t] as number);
          if (t > 0) expect(units).toBeGreaterThanOrEqual(promise[t - 1] as number);
        }
        // Somewhere ahead it is exactly what there will be: it holds nothing back either.
        for (const [t, units] of promise.entries()) expect(cumulative.slice(t)).toContain(units);
      }),
    );
  });
});

describe('AFS of a node', () => {
  it('is what ATP leaves after safety stock and soft reservations, never below 0', () => {
    expect(nodeAfs(80, 10, 5)).toBe(65);
    expect(nodeAfs(12, 10, 5)).toBe(0);
    expect(nodeAfs(-3, 0, 0)).toBe(0);
  });
});

describe('AFS of a channel', () => {
  const open = { pool: 100, share: 1, cap: Infinity, buffer: 0, dedicatedLeft: 0 };

  it('is the whole pool for an open channel', () => {
    expect(channelAfs(open, 0)).toBe(100);
  });

  it('takes a share of what nobody has set aside', () => {
    // 30 of 100 set aside for others: 0.25 × 70 = 17.5.
    expect(channelAfs({ ...open, share: 0.25 }, 30)).toBe(17);
  });

  it('adds what is set aside for it, less its buffer', () => {
    // 20 of its own, 30 in all: 20 + 0.5 × 70 − 5.
    expect(channelAfs({ ...open, share: 0.5, buffer: 5, dedicatedLeft: 20 }, 30)).toBe(50);
  });

  it('never gives more than the cap, the pool, or less than 0', () => {
    expect(channelAfs({ ...open, cap: 40 }, 0)).toBe(40);
    expect(channelAfs({ ...open, pool: 8, dedicatedLeft: 20, share: 0 }, 20)).toBe(8);
    expect(channelAfs({ ...open, pool: 10, buffer: 25 }, 0)).toBe(0);
  });

  it('is exact where the product of doubles falls short', () => {
    expect(0.29 * 100).toBeLessThan(29);
    expect(wholeUnits(0.29, 100)).toBe(29);
    expect(wholeUnits(0.57, 100)).toBe(57);
    expect(wholeUnits(1 / 3, 100)).toBe(33);
  });

  it('keeps Σ AFS within the pool when shares sum to at most 1 and set-asides are covered', () => {
    const channel = fc.record({
      weight: fc.integer({ min: 0, max: 1_000 }),
      dedicated: fc.integer({ min: 0, max: 500 }),
      buffer: fc.integer({ min: 0, max: 20 }),
      cap: fc.option(fc.integer({ min: 0, max: 500 }), { nil: Infinity }),
    });
    fc.assert(
      fc.property(
        fc.array(channel, { minLength: 1, maxLength: 6 }),
        fc.nat({ max: 1_000_000 }),
        fc.nat({ max: 50 }),
        (channels, free, slack) => {
          const weights = channels.reduce((sum, { weight }) => sum + weight, slack) || 1;
          const dedicated = channels.reduce((sum, it) => sum + it.dedicated, 0);
          const pool = dedicated + free;
          const sold = channels.map(({ buffer, cap, dedicated: dedicatedLeft, weight }) =>
            channelAfs({ pool, share: weight / weights, cap, buffer, dedicatedLeft }, dedicated),
          );
          expect(sold.reduce((sum, units) => sum + units, 0)).toBeLessThanOrEqual(pool);
        },
      ),
      { numRuns: 2_000 },
    );
  });
});
