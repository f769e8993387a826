/**
 * The window and the one before it, put together from points that lie within them: sums and integrals add
 * up, a level is that at the end. Points that span a period are taken as they are. Pure.
 */
import type { KpiDefinition } from '../../platform/clickhouse/kpis.ts';
import type { KpiPoint } from './query.ts';
import type { ReadWindow } from './windows.ts';

export interface Periods {
  /** Undefined when nothing was in it. */
  readonly current: Measured | undefined;
  readonly previous: Measured | undefined;
}

export type Measured = Pick<KpiPoint, 'value' | 'num' | 'den' | 'spread'>;

export function periodsOf(
  kpi: KpiDefinition,
  points: readonly KpiPoint[],
  { fromMs }: ReadWindow,
): Periods {
  return {
    current: together(
      kpi,
      points.filter((point) => point.fromMs >= fromMs),
    ),
    previous: together(
      kpi,
      points.filter((point) => point.fromMs < fromMs),
    ),
  };
}

function together({ kind }: KpiDefinition, points: readonly KpiPoint[]): Measured | undefined {
  const last = points.at(-1);
  if (last === undefined || points.length === 1) return last;
  switch (kind) {
    case 'ratio':
    case 'level_ratio': {
      const [num, den] = [total(points, 'num'), total(points, 'den')];
      return { value: den === 0 ? null : num / den, num, den, spread: null };
    }
    case 'amount': {
      const num = total(points, 'num');
      return { value: num, num, den: null, spread: null };
    }
    case 'level':
    case 'duration':
      return last;
    default:
      return kind satisfies never;
  }
}

/** Parts are exact to six decimals, and so is their sum. */
const total = (points: readonly KpiPoint[], part: 'num' | 'den') =>
  Math.round(points.reduce((sum, point) => sum + (point[part] ?? 0), 0) * 1e6) / 1e6;
