/** Alerts against labels: what is right, what is found, and what a budget lets through. */
import { expect, test } from 'vitest';
import type { Alert, Run } from '../../../bench/detection/run.ts';
import { headline, report, tallyOf, withinBudget } from '../../../bench/detection/score.ts';
import type { Label } from '../../../simulator/incidents/label.ts';

const DAY_0 = Date.parse('2026-03-02T06:00:00Z');
const HOUR = 3_600_000;
const at = (hours: number) => new Date(DAY_0 + hours * HOUR).toISOString();

const label = (sku: string, hours: [number, number], more: Partial<Label> = {}): Label => ({
  ...{ incident_id: sku, code: 'SHRINKAGE_ANOMALY', family: 'shrinkage' },
  ...{ entity: { type: 'sku-node-shift', id: `${sku}/dc-01` }, sku_id: sku, node_id: 'dc-01' },
  ...{ size: 4, size_unit: 'units', start: at(hours[0]), end: at(hours[1]), grace_min: 60 },
  ...{ evidence: [], ...more },
});
const alert = (sku: string, hours: number, amount = 1): Alert => ({
  ...{ code: 'SHRINKAGE_ANOMALY', entity: `sku/${sku}/node/dc-01` },
  ...{ atMs: DAY_0 + hours * HOUR, amount },
});
const run = (labels: Label[]): Run => ({
  ...{ seed: 1, days: 10, endMs: DAY_0 + 240 * HOUR, nodeDays: 20, events: 0 },
  ...{ labels, alerts: [], best: [], strict: [], receipts: [] },
});

test('an alert is right within the episode of its entity and the grace after it', () => {
  const one = run([
    label('a', [0, 4]),
    label('b', [0, 4]),
    label('near', [0, 4], { near_miss: true }),
  ]);
  const alerts = [alert('a', 5), alert('b', 5.1), alert('near', 2), alert('other', 2)];
  const tally = tallyOf(one, alerts, 'SHRINKAGE_ANOMALY');
  expect(tally).toMatchObject({ alerts: 4, right: 1, episodes: 2 });
  // From 6:00 UTC, an hour after the warehouse opens: five hours of one shift of eight.
  expect(tally.found).toMatchObject([{ hours: 5, shifts: 0.625 }]);
  expect(headline([[tally]])).toMatchObject({
    ...{ precisionAtBudget: 0.25, recallAtBudget: 0.5, falsePer1000NodeDays: 150 },
  });
  expect(report([tally]).hoursToDetect).toEqual({ p50: 5, p90: 5 });
});

test('an episode that could still be found after the last day counts for no one', () => {
  const one = run([label('a', [230, 239.5])]);
  const tally = tallyOf(one, [alert('a', 231)], 'SHRINKAGE_ANOMALY');
  expect(tally).toMatchObject({ alerts: 1, right: 1, episodes: 0 });
  expect(headline([[tally]]).recallAtBudget).toBeNull();
});

test('of each day the most costly alerts are looked at', () => {
  const alerts = [alert('a', 0, 1), alert('b', 1, 3), alert('c', 2, 2), alert('d', 24, 1)];
  expect(withinBudget(alerts, 2).map(({ entity }) => entity.split('/')[1])).toEqual([
    'b',
    'c',
    'd',
  ]);
});
