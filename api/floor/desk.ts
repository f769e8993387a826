/** The floor of a node as the API answers about it: KPIs by step, bins, what was short, and open cases. */
import type { CaseRecord } from '../../contracts/case-record.ts';
import type { FloorView } from '../../contracts/floor-views.ts';
import type { KpiWindowName } from '../../contracts/kpi.ts';
import type { Scope } from '../../platform/access/identity.ts';
import type { KpiDefinition } from '../../platform/clickhouse/kpis.ts';
import { assertReaches, seesCase } from '../access/scope.ts';
import { readBinTotals, readLocations, readNodes, readShorts } from '../clickhouse/floor.ts';
import type { KpiPoint } from '../kpi/query.ts';
import type { KpiReader } from '../kpi/reader.ts';
import { courseOf } from '../kpi/reading.ts';
import type { ReadWindow } from '../kpi/windows.ts';
import { windowNow, type Reads } from '../reads.ts';

const MAX_NODES = 200;
const MAX_SHORTS = 50;
const MAX_CASES = 500;
/** Accuracy of counts, short picks, units picked by hour of labour. */
const KPIS = ['K12', 'K26', 'K27a'] as const;
type FloorKpi = (typeof KPIS)[number];

export interface FloorDeskOptions {
  readonly reads: Reads;
  readonly reader: KpiReader;
  readonly kpis: readonly KpiDefinition[];
  readonly openCases: () => Iterable<CaseRecord>;
}

export interface AskedFloor {
  readonly node_id?: string | undefined;
  readonly window: KpiWindowName;
  /** What the caller may see. */
  readonly scope: Scope;
}

export class FloorDesk {
  readonly #options: FloorDeskOptions;

  constructor(options: FloorDeskOptions) {
    this.#options = options;
  }

  /** Of a node, or of the busiest one in reach when none is asked for. Throws a problem for one out of reach. */
  async view({ node_id, scope, window: name }: AskedFloor): Promise<FloorView> {
    const { reads } = this.#options;
    if (node_id !== undefined) assertReaches(scope, node_id);
    return reads.shared(['floor', node_id, name, scope], async () => {
      const { head, window } = windowNow(reads.clock(), name);
      const { fromMs, toMs } = window;
      const inReach = { nodes: scope.nodes, fromMs, toMs, limit: MAX_NODES };
      const nodes = await readNodes(reads.rows, inReach);
      const node = node_id ?? nodes[0] ?? null;
      const read = node === null ? nothing(window) : await this.#read({ node, scope, window });
      return { ...head, nodes, node_id: node, ...read };
    });
  }

  async #read({ node, scope, window }: { node: string; scope: Scope; window: ReadWindow }) {
    const { openCases, reader, reads } = this.#options;
    const { fromMs, rollup, stepMs, toMs } = window;
    const asked = { node, fromMs, toMs };
    const kpis = this.#options.kpis.filter(({ id }) => (KPIS as readonly string[]).includes(id));
    const read = { fromMs, toMs, rollup, where: { node_id: node } };
    const [whole, steps, bins, locations, shorts] = await Promise.all([
      reader.points(kpis, read),
      reader.points(kpis, { ...read, stepMs }),
      readBinTotals(reads.rows, asked),
      readLocations(reads.rows, { ...asked, limit: reads.limits.rows }),
      readShorts(reads.rows, { ...asked, limit: MAX_SHORTS }),
    ]);
    return {
      totals: { ...totalsOf(whole), ...picked(bins) },
      locations,
      locations_left_out: bins.bins - Math.min(bins.bins, locations.length),
      shorts_by_sku: shorts,
      series: seriesOf(steps, window),
      cases: casesOf(openCases(), { node, scope }),
    };
  }
}

type Points = ReadonlyMap<string, KpiPoint[] | Error>;

/** Throws when the KPI could not be computed: a floor without a number would look as if nothing went on. */
function pointsOf(points: Points, id: FloorKpi): KpiPoint[] {
  const own = points.get(id) ?? [];
  if (own instanceof Error) throw own;
  return own;
}

function totalsOf(whole: Points) {
  const sums = (id: FloorKpi) => {
    const [point] = pointsOf(whole, id);
    return { num: Math.round(point?.num ?? 0), den: point?.den ?? 0 };
  };
  const [counts, picks, labour] = [sums('K12'), sums('K26'), sums('K27a')];
  return {
    pick_lines: Math.round(picks.den),
    short_lines: picks.num,
    units_picked: labour.num,
    picking_hours: labour.den,
    counts: Math.round(counts.den),
    counts_confirmed: counts.num,
  };
}

const picked = ({
  bins_picked,
  bins_picked_counted,
}: Awaited<ReturnType<typeof readBinTotals>>) => ({
  bins_picked,
  bins_picked_counted,
});

function seriesOf(steps: Points, window: ReadWindow): FloorView['series'] {
  const course = (id: FloorKpi, valueOf?: (point: KpiPoint) => number | null) =>
    courseOf(pointsOf(steps, id), window, valueOf);
  const denominator = ({ den }: KpiPoint) => den;
  return {
    units_per_hour: course('K27a'),
    pick_lines: course('K26', denominator),
    short_rate: course('K26'),
    counts: course('K12', denominator),
    accuracy: course('K12'),
  };
}

function casesOf(
  open: Iterable<CaseRecord>,
  { node, scope }: { node: string; scope: Scope },
): FloorView['cases'] {
  return [...open]
    .filter(({ locationId, nodeId }) => nodeId === node && locationId !== '')
    .filter((record) => seesCase(scope, record))
    .slice(0, MAX_CASES)
    .map(({ caseId, locationId, severity, title }) => ({
      ...{ location_id: locationId, case_id: caseId, title, severity },
    }));
}

function nothing(window: ReadWindow) {
  const none = new Map<string, KpiPoint[]>();
  return {
    totals: { ...totalsOf(none), bins_picked: 0, bins_picked_counted: 0 },
    ...{ locations: [], locations_left_out: 0, shorts_by_sku: [], cases: [] },
    series: seriesOf(none, window),
  };
}
