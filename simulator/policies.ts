/** What the brand has decided, as events: the policies that it begins with. */
import type { InputDataOf } from '../contracts/events.ts';
import { ALWAYS, BUSINESS_WEEK, UTC_OFFSET_MIN, type Week } from './calendar.ts';
import {
  CHANNELS,
  CHANNEL_TERMS,
  HOUSE_CURRENCY,
  NODES,
  SAFETY_UNITS,
  SOURCES,
  SUPPLIERS,
} from './catalogue.ts';
import { cadenceMs } from './feeds.ts';
import type { Profile } from './world.ts';

type Policy = InputDataOf<'policy.set'>;
const decided = { actor: 'operations', reason: 'how the brand works' };

/** Policies that follow from how fast the brand lives: hours and cadences are event time. */
export function policiesOf({ steady, tempo }: Profile): Policy[] {
  const hours = (brandHours: number) => Math.round((brandHours / tempo) * 1_000) / 1_000;
  return [
    ...NODES.map((node): Policy => ({
      policy: 'safety_stock',
      scope: { node_id: node },
      value: { units: SAFETY_UNITS[node] },
      ...decided,
    })),
    ...CHANNELS.map((channel): Policy => ({
      policy: 'channel',
      scope: { channel_id: channel },
      value: {
        share: CHANNEL_TERMS[channel].share,
        buffer_units: CHANNEL_TERMS[channel].bufferUnits,
      },
      ...decided,
    })),
    ...SUPPLIERS.map(({ fill, id, spreadDays }): Policy => ({
      policy: 'supply',
      scope: { supplier_id: id },
      value: {
        lateness_p90_h: hours(24 * spreadDays),
        dock_to_stock_p90_h: hours(8),
        fill_rate: fill,
      },
      ...decided,
    })),
    ...Object.values(SOURCES).map((source): Policy => ({
      policy: 'feed',
      scope: { source },
      value: { cadence_ms: Math.round(cadenceMs(tempo)) },
      ...decided,
    })),
    // Without a node, of orders that no node has yet.
    ...[{}, ...NODES.map((node) => ({ node_id: node }))].map((scope): Policy => ({
      policy: 'calendar',
      scope,
      value: {
        utc_offset_min: UTC_OFFSET_MIN,
        week: minutesOf(steady ? ALWAYS : BUSINESS_WEEK),
      },
      ...decided,
    })),
    ...(tempo === 1 ? [] : [SLA_BY_CONSUMPTION]),
    {
      policy: 'measurement',
      scope: {},
      value: {
        house_currency: HOUSE_CURRENCY,
        count_tolerance_a: 0.01,
        count_tolerance_b: 0.03,
        count_tolerance_c: 0.05,
        otif_date: 'promised',
        otif_level: 'order',
      },
      ...decided,
    },
  ];
}

/** How long the stages of an order take is learned in minutes, which is too coarse for a brand that lives in seconds. */
const SLA_BY_CONSUMPTION: Policy = {
  policy: 'rule.ORDER_SLA_RISK',
  scope: {},
  value: { enabled: true, parameters: { quantile: 0 } },
  ...decided,
};

const minutesOf = (week: Week) =>
  week.map(([from, to]) => ({ open_min: from * 60, close_min: to * 60 }));
