/** Puts together what the catalogue said once and what the live topic says every second. Pure. */
import type { KpiCatalogueView, KpiLive, KpiSummary } from '../../../contracts/kpi.ts';

/** The catalogue with newer values, freshness and clock; itself before the first live message. */
export function mergeLive(first: KpiCatalogueView, live: KpiLive | null): KpiCatalogueView {
  if (live === null || live.window.name !== first.window.name) return first;
  return {
    ...first,
    ...{ now: live.now, clock: live.clock, window: live.window },
    kpis: first.kpis.map((kpi) => newer(kpi, live)),
  };
}

function newer(kpi: KpiSummary, live: KpiLive): KpiSummary {
  const reading = live[kpi.id as `K${string}`];
  const behind = live.provisional[kpi.id];
  return {
    ...kpi,
    ...reading,
    last_event_at: live.freshness[kpi.id] ?? null,
    provisional:
      behind === undefined
        ? null
        : (kpi.provisional ?? { detail: `behind: ${behind.join(', ')}`, sources: [] }),
  };
}

export interface Group {
  readonly name: KpiSummary['group'];
  readonly kpis: readonly KpiSummary[];
}

/** KPIs by group, in the order of the catalogue. */
export function groupsOf(kpis: readonly KpiSummary[]): Group[] {
  const names = [...new Set(kpis.map((kpi) => kpi.group))];
  return names.map((name) => ({ name, kpis: kpis.filter((kpi) => kpi.group === name) }));
}
