/**
 * Run lengths without anything to find. A chart: the one-sided CUSUM on standard normal values, whose design
 * is known (REFERENCE §5.2), as steps between false alarms. The same step function serves the detectors.
 */
import { seededRandom } from '../../processors/detect/forest/random.ts';
import { cusumStep } from '../../processors/detect/statistics/charts.ts';
import { normalQuantile } from '../../processors/detect/statistics/normal.ts';

const CHART = { k: 0.5, h: 5, designed: 931 };
const RUNS = 2_000;

export function chartRunLength(): { designed: number; observed: number } {
  const random = seededRandom(20_260_302);
  let steps = 0;
  for (let run = 0; run < RUNS; run++) {
    for (let s = 0; s <= CHART.h; steps++) {
      s = cusumStep(s, normalQuantile((random() * 2 ** 32 + 0.5) / (2 ** 32 + 1)), CHART.k);
    }
  }
  return { designed: CHART.designed, observed: steps / RUNS };
}
