/**
 * STOCKOUT (REFERENCE §4.2): a listed SKU that a channel cannot sell. One case a SKU, with its channels in
 * the detail: whoever plans supply plans it for the SKU.
 */
import { parameter, type RulePolicies } from '../../facts/rule-policies.ts';
import type { Outage } from '../listings.ts';
import type { Condition } from './held-conditions.ts';
import { floorOf, MINUTE_MS, worth, type Look } from './look.ts';

/**
 * `outages`: the channels that have nothing to sell, and since when. `dailyUnits`: forecast of the SKU; what a
 * day costs is what is at risk. `parent`: what the SKU ran out by, when that is a case of its own.
 */
export function stockout(
  rules: RulePolicies,
  { abcClass, sku, touch, unitCost }: Look,
  {
    dailyUnits,
    outages,
    parent,
  }: { outages: readonly Outage[]; dailyUnits: number; parent: string | null },
): Condition[] {
  if (outages.length === 0) return [];
  const setting = rules.of('STOCKOUT', { sku });
  if (!setting.enabled) return [];
  const sinceMs = outages.reduce((first, { outMs }) => Math.min(first, outMs), Infinity);
  const channels = outages.map(({ channel }) => channel).join(', ');
  const units = Math.ceil(dailyUnits);
  return [
    {
      code: 'STOCKOUT',
      entity: `sku/${sku}`,
      skuId: sku,
      setting,
      holdMs: parameter(setting, 'hold_min') * MINUTE_MS,
      sinceMs,
      units,
      amount: worth(unitCost, units),
      floor: floorOf(abcClass),
      detail: `nothing of ${sku} is for sale on ${channels}; ${units} units a day are forecast`,
      end: `${sku} is for sale again on each channel that lists it`,
      ...(parent === null ? {} : { parent }),
      evidence: touch,
    },
  ];
}
