/**
 * What will be there and for how long (REFERENCE §2.5, §6): the balance over time with forecast demand in
 * it, when it falls below nothing, and how likely that is before supply can be used. Pure; times are days
 * from now.
 */
import { countTail, normalTail } from './distributions.ts';
import { isLowVolume } from './safety-stock.ts';

/** No stockout is looked for beyond so many days. */
const HORIZON_DAYS = 365;
/** Standard deviations to the 90th percentile. */
export const Z_P90 = 1.282;

/** Supply that becomes usable. */
export interface Receipt {
  readonly day: number;
  readonly units: number;
}

export interface Outlook {
  /** What is there now and not spoken for. */
  readonly opening: number;
  /** The earliest first. */
  readonly receipts: readonly Receipt[];
  readonly dailyUnits: number;
  readonly dailySd: number;
}

/** Days that what is there lasts; null without demand. */
export const daysOfCover = (units: number, dailyUnits: number) =>
  dailyUnits > 0 ? Math.max(0, units) / dailyUnits : null;

/**
 * The first day on which the balance falls below 0, at demand of d·t + z·σ·√t (z = 0: its mean); null when
 * it does not within a year.
 */
export function stockoutDay(outlook: Outlook, z = 0): number | null {
  const { opening, receipts } = outlook;
  if (opening < 0) return 0;
  let units = opening;
  for (const receipt of [...receipts, { day: HORIZON_DAYS, units: 0 }]) {
    const day = lastsUntil(units, outlook, z);
    if (day < Math.min(receipt.day, HORIZON_DAYS)) return day;
    units += receipt.units;
  }
  return null;
}

/** The day on which `units` are used up: d·t + z·σ·√t = units, solved for √t. */
function lastsUntil(units: number, { dailySd, dailyUnits }: Outlook, z: number): number {
  if (dailyUnits <= 0) return Number.POSITIVE_INFINITY;
  const spread = z * dailySd;
  if (spread === 0) return units / dailyUnits;
  const root = (Math.sqrt(spread ** 2 + 4 * dailyUnits * units) - spread) / (2 * dailyUnits);
  return root ** 2;
}

export interface Risk {
  /** Day on which the supply that ends the projected stockout can be used; the last one when none does. */
  readonly usableDay: number;
  /** The highest chance, over the days on which supply can be used, that demand until then exceeds what there is. */
  readonly probability: number;
  /** Days without stock until then, at mean demand. */
  readonly gapDays: number;
  /** Units that will not be sold: d × gap. */
  readonly lostUnits: number;
}

/**
 * Replenishment risk: P(demand until supply can be used > `atp` + earlier receipts). The days on which supply
 * can be used are those of what is under way, and that of an order of today after its lead time.
 */
export function replenishmentRisk(
  outlook: Outlook,
  { atp, leadDays }: { readonly atp: number; readonly leadDays: number },
): Risk {
  const { dailySd, dailyUnits, receipts } = outlook;
  const supply = [...receipts, { day: leadDays, units: 0 }].sort((a, b) => a.day - b.day);
  const outDay = stockoutDay(outlook);
  let units = atp;
  let probability = 0;
  for (const receipt of supply) {
    const { day } = receipt;
    const demand = { mean: dailyUnits * day, variance: dailySd ** 2 * day };
    probability = Math.max(probability, exceeds(demand, units));
    units += receipt.units;
  }
  const ending = supply.find(({ day }) => day >= (outDay ?? 0)) ?? supply.at(-1);
  const usableDay = ending?.day ?? leadDays;
  const gapDays = outDay === null ? 0 : Math.max(0, usableDay - outDay);
  return { usableDay, probability, gapDays, lostUnits: dailyUnits * gapDays };
}

/** P(demand > units). */
function exceeds(demand: { mean: number; variance: number }, units: number): number {
  if (units < 0) return 1;
  if (demand.mean === 0) return 0;
  if (isLowVolume(demand.mean)) return countTail(demand, units);
  if (demand.variance === 0) return demand.mean > units ? 1 : 0;
  return normalTail((units - demand.mean) / Math.sqrt(demand.variance));
}
