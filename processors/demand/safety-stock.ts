/**
 * Safety stock and reorder point (REFERENCE §6). Demand is in units a day, lead times are in days. Pure.
 */
import { countQuantile, inverseLoss } from './distributions.ts';

/** Service of a cycle, and the standard deviations that it takes. */
export interface Service {
  readonly level: number;
  readonly z: number;
}

/** Cycle service by class of value [K]: what sells most must be there most. */
const SERVICE_OF: Readonly<Record<string, Service>> = {
  A: { level: 0.98, z: 2.054 },
  B: { level: 0.95, z: 1.645 },
  C: { level: 0.9, z: 1.282 },
};
const ANY_SERVICE: Service = { level: 0.95, z: 1.645 };
export const serviceOf = (abcClass: string) => SERVICE_OF[abcClass] ?? ANY_SERVICE;

/** Below this mean demand over the lead time a quantile of counts takes the place of the normal. */
const LOW_VOLUME_UNITS = 10;

export interface Need {
  readonly dailyUnits: number;
  readonly dailySd: number;
  readonly leadDays: number;
  readonly leadSd: number;
}

export const leadTimeUnits = ({ dailyUnits, leadDays }: Need) => dailyUnits * leadDays;

/** Standard deviation of demand over the lead time: √(L·σ_d² + d²·σ_L²). */
export const leadTimeSd = ({ dailySd, dailyUnits, leadDays, leadSd }: Need) =>
  Math.sqrt(leadDays * dailySd ** 2 + dailyUnits ** 2 * leadSd ** 2);

/** SS = z·√(L·σ_d² + d²·σ_L²). */
export const safetyStock = (need: Need, z: number) => z * leadTimeSd(need);

/** ROP = d·L + SS. */
export const reorderPoint = (need: Need, safetyUnits: number) => leadTimeUnits(need) + safetyUnits;

/**
 * Safety stock for a fill rate: k·σ_DL with G(k) = (1 − β)·Q ÷ σ_DL, never below 0. Q are the units of a
 * replenishment order.
 */
export function safetyStockForFillRate(need: Need, fillRate: number, orderUnits: number): number {
  const sd = leadTimeSd(need);
  if (sd === 0) return 0;
  return Math.max(0, inverseLoss(((1 - fillRate) * orderUnits) / sd) * sd);
}

/** Safety stock for a cycle service: of counts where demand is low, of a normal otherwise. */
export function safetyStockForService(need: Need, service: Service): number {
  const mean = leadTimeUnits(need);
  if (mean >= LOW_VOLUME_UNITS) return safetyStock(need, service.z);
  if (mean === 0) return 0;
  return Math.max(
    0,
    countQuantile({ mean, variance: leadTimeSd(need) ** 2 }, service.level) - mean,
  );
}

/** True when demand over the time is so low that it is counted rather than measured. */
export const isLowVolume = (units: number) => units < LOW_VOLUME_UNITS;
