/**
 * What a fixed threshold finds, to be better than: five units of a SKU lost at a node within a week, three
 * errors of a bin within a day, a receipt line that is a twentieth short. No rate, no exposure, no history.
 */
import type { SimEvent } from '../../simulator/world.ts';
import type { Alert, Code } from './run.ts';

const DAY_MS = 24 * 60 * 60_000;
const LOST = { units: 5, withinMs: 7 * DAY_MS };
const ERRORS = { count: 3, withinMs: DAY_MS };
const SHORT_PART = 0.05;
/** An entity that alarmed is silent for so long: an episode is one alert. */
const SILENT_MS = 7 * DAY_MS;

export function createBaseline(): {
  take(event: SimEvent, nowMs: number): void;
  readonly alerts: Alert[];
} {
  const alerts: Alert[] = [];
  const tallies = new Map<string, { atMs: number; amount: number }[]>();
  const silentUntil = new Map<string, number>();

  function alarm(code: Code, entity: string, nowMs: number): void {
    const key = `${code} ${entity}`;
    if ((silentUntil.get(key) ?? 0) > nowMs) return;
    silentUntil.set(key, nowMs + SILENT_MS);
    alerts.push({ code, entity, atMs: nowMs, amount: 0 });
  }

  /** Sum of what was added for the entity within the time. */
  function tally(entity: string, amount: number, at: { nowMs: number; withinMs: number }): number {
    const entries = (tallies.get(entity) ?? []).filter(({ atMs }) => at.nowMs - atMs < at.withinMs);
    entries.push({ atMs: at.nowMs, amount });
    tallies.set(entity, entries);
    return entries.reduce((sum, entry) => sum + entry.amount, 0);
  }

  function take({ data, type }: SimEvent, nowMs: number): void {
    const field = data as unknown as Record<string, string | number>;
    if (type === 'stocktide.inventory.adjusted.v1') {
      const { node_id: node, qty_delta: delta, reason_code: reason, sku_id: sku } = field;
      if (reason !== 'shrinkage' && reason !== 'cycle_count_available') return;
      const entity = `sku/${sku}/node/${node}`;
      const lost = tally(entity, -Number(delta), { nowMs, withinMs: LOST.withinMs });
      if (lost >= LOST.units) alarm('SHRINKAGE_ANOMALY', entity, nowMs);
    } else if (type === 'stocktide.location.error.recorded.v1') {
      const entity = `location/${field['node_id']}/${field['location_id']}`;
      const errors = tally(entity, 1, { nowMs, withinMs: ERRORS.withinMs });
      if (errors >= ERRORS.count) alarm('LOCATION_ERROR_REPEAT', entity, nowMs);
    } else if (type === 'stocktide.receipt.line.received.v1') {
      const { qty_expected: expected, qty_received: received, supplier_id: supplier } = field;
      if (expected === undefined || supplier === undefined) return;
      const part = (Number(expected) - Number(received)) / Number(expected);
      if (part >= SHORT_PART) alarm('SUPPLIER_VARIANCE_TREND', `supplier/${supplier}`, nowMs);
    }
  }

  return { take, alerts };
}
