/** A KPI as the API describes it: what never changes while it runs. Pure. */
import { KPI_GROUPS, type KpiDetail, type KpiSummary } from '../../contracts/kpi.ts';
import { LOG_SCHEMAS } from '../../contracts/events.ts';
import { viewOf, type KpiDefinition } from '../../platform/clickhouse/kpis.ts';

type Described = Pick<
  KpiSummary,
  'id' | 'name' | 'group' | 'kind' | 'unit' | 'direction' | 'target' | 'definition' | 'dimensions'
> &
  Pick<KpiSummary, 'dim' | 'needs'>;

/** Last number of each group of REFERENCE §1. */
const GROUP_ENDS = [11, 17, 24, 27, 30, 34] as const;

export function describe(kpi: KpiDefinition): Described {
  const { dim, direction, id, kind, name, target, unit } = kpi;
  return {
    ...{ id, name, kind, unit, direction, target, dim },
    group: groupOf(id),
    definition: oneLine(kpi),
    dimensions: [...kpi.dimensions],
    needs: [...kpi.needs],
  };
}

/** The definition whole, and where it comes from. */
export function define(
  kpi: KpiDefinition,
): Pick<KpiDetail, 'cohort' | 'numerator' | 'denominator' | 'note' | 'view' | 'sql' | 'lineage'> {
  const { cohort, denominator, numerator, note, sql } = kpi;
  return {
    ...{ cohort, denominator, note, numerator, sql },
    view: viewOf(kpi.id),
    lineage: {
      tables: [...kpi.lineage],
      measures: measuresOf(sql),
      event_types: eventTypesOf(kpi.needs),
    },
  };
}

function groupOf(id: string): (typeof KPI_GROUPS)[number] {
  const number = Number(id.slice(1, 3));
  const place = GROUP_ENDS.findIndex((end) => number <= end);
  return KPI_GROUPS[place] ?? 'Control';
}

function oneLine({ cohort, denominator, numerator }: KpiDefinition): string {
  const formula = denominator === null ? numerator : `${numerator} ÷ ${denominator}`;
  return `${formula}; by ${cohort}`;
}

/** Names of the measures that a SELECT filters: `measure = 'x'`, `measure IN ('x', 'y')`. */
export function measuresOf(sql: string): string[] {
  const filters = sql.matchAll(/\bmeasure\s*(?:=\s*('\w+')|IN\s*\(([^)]*)\))/gi);
  const names = [...filters].flatMap(([, one, several]) =>
    [...(one ?? several ?? '').matchAll(/'(\w+)'/g)].map(([, name = '']) => name),
  );
  return [...new Set(names)].sort();
}

/** Types of the events of these entities. */
function eventTypesOf(entities: readonly string[]): string[] {
  return [...LOG_SCHEMAS.keys()]
    .filter((type) => entities.includes(type.split('.')[0] ?? ''))
    .map((type) => `stocktide.${type}.v1`)
    .sort();
}
