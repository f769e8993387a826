/** What the points of a KPI say: its value, the period before, its course, and its place against the target. Pure. */
import type { KpiPointView, KpiReading, KpiStatus } from '../../contracts/kpi.ts';
import type { KpiDefinition } from '../../platform/clickhouse/kpis.ts';
import type { KpiPoint } from './query.ts';
import type { Periods } from './periods.ts';
import type { ReadWindow } from './windows.ts';

const NOTHING = { value: null, num: null, den: null, knownValue: null, spread: null } as const;

/** @param steps points of the window by step, and of the one before it where they are at hand */
export function readingOf(
  kpi: KpiDefinition,
  { current = NOTHING, previous }: Periods,
  steps: readonly KpiPoint[],
  window: ReadWindow,
): KpiReading {
  const { den, num, spread, value } = current;
  return {
    ...{ value, num, den, spread },
    status: statusOf(kpi, value),
    previous: previous?.value ?? null,
    revised: steps.some((point) => point.fromMs >= window.fromMs && isRevised(kpi, point)),
    series: courseOf(steps, window),
    trouble: null,
  };
}

/** Of a KPI that could not be computed. */
export function failedReading(trouble: string): KpiReading {
  return {
    ...{ value: null, num: null, den: null, spread: null, previous: null },
    ...{ status: 'no_data', revised: false, series: [], trouble },
  };
}

export function statusOf(
  { direction, target }: Pick<KpiDefinition, 'direction' | 'target'>,
  value: number | null,
): KpiStatus {
  if (value === null) return 'no_data';
  if (target === null) return 'no_target';
  const isMet =
    direction === 'up'
      ? value >= target
      : direction === 'down'
        ? value <= target
        : Math.abs(value) <= target;
  return isMet ? 'met' : 'missed';
}

export function pointView(point: KpiPoint): KpiPointView {
  const { fromMs, toMs } = point;
  return { from: iso(fromMs), to: iso(toMs), ...measuredView(point) };
}

export const measuredView = ({
  den,
  knownValue: known_value,
  num,
  spread,
  value,
}: Pick<KpiPoint, 'value' | 'num' | 'den' | 'knownValue' | 'spread'>) => ({
  ...{ value, num, den, known_value, spread },
});

/** The whole window as one value, though nothing was in it. */
export const wholeOf = (points: readonly KpiPoint[]) => measuredView(points[0] ?? NOTHING);

/** Late facts changed what was known of it. Levels are not known by when they became known. */
function isRevised({ kind }: KpiDefinition, { knownValue, value }: KpiPoint): boolean {
  return kind !== 'level' && kind !== 'level_ratio' && knownValue !== value;
}

/** A value for each step; null where there is nothing to measure. */
export function courseOf(
  series: readonly KpiPoint[],
  window: Pick<ReadWindow, 'fromMs' | 'toMs' | 'stepMs'>,
  valueOf: (point: KpiPoint) => number | null = ({ value }) => value,
): (number | null)[] {
  const byStart = new Map(series.map((point) => [point.fromMs, valueOf(point)]));
  const steps = Math.ceil((window.toMs - window.fromMs) / window.stepMs);
  return Array.from(
    { length: steps },
    (_, i) => byStart.get(window.fromMs + i * window.stepMs) ?? null,
  );
}

export const iso = (ms: number) => new Date(ms).toISOString();
