/** Scorecards of suppliers as people read them: what misses its target, and charts of one. Pure. */
import type {
  ReceiptList,
  SupplierDetail,
  SupplierScore,
} from '../../../contracts/supplier-views.ts';
import type { SeriesChartData } from './series.ts';

/** Targets of K20, K23, K21b and K24; a coefficient of variation above 0.5 is poor (K22). */
const TARGETS = { on_time: 0.95, in_full: 0.95, variance: 0.01, defects: 0.01, cv: 0.5 } as const;

export interface Judged {
  readonly on_time: boolean;
  readonly in_full: boolean;
  readonly variance: boolean;
  readonly defects: boolean;
  readonly lead_time: boolean;
}

/** What of a card misses its target; nothing to measure misses none. */
export function judge({ defects, in_full, lead_time, on_time, variance }: SupplierScore): Judged {
  return {
    on_time: on_time !== null && on_time < TARGETS.on_time,
    in_full: in_full !== null && in_full < TARGETS.in_full,
    variance: variance !== null && variance > TARGETS.variance,
    defects: defects !== null && defects > TARGETS.defects,
    lead_time: (lead_time?.cv ?? 0) > TARGETS.cv,
  };
}

type Receipt = ReceiptList['receipts'][number];

/** Variance of each receipt line that something was expected of, oldest first, with the level that matters. */
export function varianceChart(
  receipts: readonly Receipt[],
  drift: SupplierDetail['drift'],
): SeriesChartData {
  const points = receipts
    .flatMap(({ expected, received_at, variance }) =>
      expected === null || expected === 0 || variance === null
        ? []
        : [{ seconds: Date.parse(received_at) / 1000, share: variance / expected }],
    )
    .sort((a, b) => a.seconds - b.seconds);
  const [first, last] = [points[0]?.seconds ?? 0, points.at(-1)?.seconds ?? 0];
  const margin = Math.max(3600, (last - first) * 0.03);
  const level = drift?.level ?? null;
  return {
    times: points.map(({ seconds }) => seconds),
    span: [first - margin, last + margin],
    unit: '%',
    series: [
      {
        label: 'Received less expected, of expected',
        values: points.map(({ share }) => share),
        kind: 'points',
        token: '--accent',
      },
    ],
    limits:
      level === null
        ? []
        : [
            { label: 'Level that matters', value: level },
            { label: 'and', value: -level },
          ],
  };
}
