/** Scorecards of suppliers, put together from the KPIs cut by supplier and from what is open. Pure. */
import type { SupplierScore } from '../../contracts/supplier-views.ts';
import type { AsnRow, OpenRow } from '../clickhouse/suppliers.ts';
import type { KpiPoint } from '../kpi/query.ts';
import { courseOf } from '../kpi/reading.ts';
import type { ReadWindow } from '../kpi/windows.ts';

const HOURS_PER_DAY = 24;

/** KPIs that a scorecard is made of: on time, in full, variance, defects; and the lead time. */
export const SHARES = ['K20', 'K23', 'K21b', 'K24'] as const;
export const LEAD_TIME = 'K22';
/** Those of them that have a course. */
export const COURSES = ['K20', 'K21b'] as const;

export interface Gathered {
  readonly window: Pick<ReadWindow, 'fromMs' | 'toMs' | 'stepMs'>;
  /** Points over the window by KPI, cut by supplier. */
  readonly whole: ReadonlyMap<string, readonly KpiPoint[]>;
  /** Points by step. */
  readonly steps: ReadonlyMap<string, readonly KpiPoint[]>;
  readonly open: readonly OpenRow[];
  readonly asns: readonly AsnRow[];
  /** Open cases by supplier. */
  readonly cases: ReadonlyMap<string, number>;
}

/** A card for each supplier that anything is known of; the most overdue value first, then the most units off. */
export function scorecardsOf(gathered: Gathered): SupplierScore[] {
  const { asns, cases, open, whole } = gathered;
  const names = new Set([
    ...[...whole.values()].flatMap((points) => points.map(({ key }) => key)),
    ...[...open, ...asns].map(({ supplier_id }) => supplier_id),
    ...cases.keys(),
  ]);
  names.delete('');
  const off = (card: SupplierScore) => (card.variance ?? 0) * card.receipt_units;
  return [...names]
    .map((name) => scorecardOf(name, gathered))
    .sort(
      (a, b) =>
        Number(b.overdue_value) - Number(a.overdue_value) ||
        off(b) - off(a) ||
        (a.supplier_id < b.supplier_id ? -1 : 1),
    );
}

/** The card of one supplier; one that nothing is known of has nulls and zeros. */
export function scorecardOf(name: string, gathered: Gathered): SupplierScore {
  const { steps, whole, window } = gathered;
  const of = (points: ReadonlyMap<string, readonly KpiPoint[]>, id: string) =>
    (points.get(id) ?? []).filter(({ key }) => key === name);
  const value = (id: string) => of(whole, id)[0]?.value ?? null;
  const den = (id: string) => Math.round(of(whole, id)[0]?.den ?? 0);
  const asn = gathered.asns.find(({ supplier_id }) => supplier_id === name);
  const open = gathered.open.find(({ supplier_id }) => supplier_id === name);
  return {
    supplier_id: name,
    ...{ on_time: value('K20'), in_full: value('K23') },
    ...{ variance: value('K21b'), defects: value('K24') },
    asn_accuracy: asn === undefined ? null : asn.exact / asn.asn_lines,
    ...{ po_lines_due: den('K20'), receipt_units: den('K21b'), asn_lines: asn?.asn_lines ?? 0 },
    lead_time: leadTimeOf(of(whole, LEAD_TIME)[0]),
    open_pos: open?.open_pos ?? 0,
    open_units: open?.open_units ?? 0,
    overdue_pos: open?.overdue_pos ?? 0,
    overdue_units: open?.overdue_units ?? 0,
    overdue_value: open?.overdue_value ?? '0',
    cases: gathered.cases.get(name) ?? 0,
    on_time_series: courseOf(of(steps, 'K20'), window),
    variance_series: courseOf(of(steps, 'K21b'), window),
  };
}

function leadTimeOf(point: KpiPoint | undefined): SupplierScore['lead_time'] {
  const spread = point?.spread ?? null;
  if (spread === null || spread.count === 0) return null;
  const { count, mean, p90, stddev } = spread;
  return {
    count,
    mean_d: mean / HOURS_PER_DAY,
    p90_d: p90 / HOURS_PER_DAY,
    cv: stddev === null || mean === 0 ? null : stddev / mean,
  };
}

/** Widths that people read well (days). */
const WIDTHS_D = [0.25, 0.5, 1, 2, 5, 7, 14, 28, 91];
const MOST_BINS = 16;

export interface Bin {
  readonly from_d: number;
  readonly to_d: number;
  readonly lines: number;
}

/** Hours as a histogram of days: bins of equal width, from the one of the least to that of the most. */
export function histogramOf(hours: readonly number[]): Bin[] {
  if (hours.length === 0) return [];
  const days = hours.map((value) => value / HOURS_PER_DAY);
  const [least, most] = [Math.min(...days), Math.max(...days)];
  const binsOf = (width: number) => Math.floor(most / width) - Math.floor(least / width) + 1;
  const width =
    WIDTHS_D.find((one) => binsOf(one) <= MOST_BINS) ?? (most - least) / (MOST_BINS - 1);
  const first = Math.floor(least / width);
  return Array.from({ length: binsOf(width) }, (_, i) => {
    const from = (first + i) * width;
    const isIn = (day: number) => Math.floor(day / width) === first + i;
    return { from_d: from, to_d: from + width, lines: days.filter(isIn).length };
  });
}
