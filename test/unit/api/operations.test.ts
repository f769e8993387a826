import { expect, test } from 'vitest';
import { addAmounts } from '../../../api/money.ts';
import { agingOf } from '../../../api/orders/cells.ts';
import { histogramOf } from '../../../api/suppliers/scorecard.ts';

test.each([
  ['1.10', '2.2', '3.3'],
  ['-0.5', '0.25', '-0.25'],
  ['0.1', '0.2', '0.3'],
  ['999999999999.999999', '0.000001', '1000000000000'],
  ['5', '-5', '0'],
])('%s and %s is %s, exactly', (a, b, sum) => {
  expect(addAmounts(a, b)).toBe(sum);
});

test('cells add up over nodes and channels, each currency apart', () => {
  const row = { stage: 'packed', slaClass: 'standard', bucket: '0-4 h', channelId: 'web' };
  const rows = [
    { ...row, nodeId: 'n1', currency: 'EUR', orders: 1, late: 1, nearly: 0, value: '0.1' },
    { ...row, nodeId: 'n2', currency: 'EUR', orders: 2, late: 0, nearly: 1, value: '0.2' },
    { ...row, nodeId: '', currency: 'USD', orders: 1, late: 0, nearly: 0, value: '7' },
  ];
  expect(agingOf(rows, {})).toEqual({
    cells: [
      {
        ...{ stage: 'packed', sla_class: 'standard', bucket: '0-4 h' },
        ...{ orders: 4, late: 1, nearly: 1 },
        value: [
          { amount: '0.3', currency: 'EUR' },
          { amount: '7', currency: 'USD' },
        ],
      },
    ],
    nodes: ['n1', 'n2'],
    channels: ['web'],
  });
  expect(agingOf(rows, { node_id: 'n2' }).cells[0]?.orders).toBe(2);
  expect(agingOf(rows, { sla_class: 'wholesale' }).cells).toEqual([]);
});

test('lead times fall into bins of equal width, few enough to read', () => {
  expect(histogramOf([])).toEqual([]);
  expect(histogramOf([24])).toEqual([{ from_d: 1, to_d: 1.25, lines: 1 }]);
  // Half a day to nine days: quarters and halves would be too many bins.
  const bins = histogramOf([12, 36, 40, 216]);
  expect(bins).toHaveLength(10);
  expect(bins[1]).toEqual({ from_d: 1, to_d: 2, lines: 2 });
  expect(bins.reduce((sum, { lines }) => sum + lines, 0)).toBe(4);
  const wide = histogramOf([0, 24 * 5_000]);
  expect(wide).toHaveLength(16);
  expect(wide.map(({ lines }) => lines)).toEqual([1, ...Array<number>(14).fill(0), 1]);
});
