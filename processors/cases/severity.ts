/** How bad a case is: from what is at risk, from its rule, and from how often it comes back (REFERENCE §4.1). */
import { POLICY_DEFAULTS } from '../../contracts/policy-defaults.ts';
import { SEVERITIES, type Severity } from '../../contracts/rules.ts';
import { micros } from '../facts/money.ts';
import type { Exposure } from './record.ts';

/** What is at risk from which a case is as bad as that; house currency, promised orders. */
export interface SeverityLimits {
  readonly sev1_amount: number;
  readonly sev2_amount: number;
  readonly sev3_amount: number;
  readonly sev1_orders: number;
  readonly sev2_orders: number;
}

/** [K]: the `severity` policy sets them. */
export const SEVERITY_LIMITS: SeverityLimits = POLICY_DEFAULTS.severity;

/** The severity raises by one level from this recurrence on. */
const RAISING_RECURRENCE = 3;

export function severityOf(options: {
  exposure: Exposure;
  floor: Severity | null;
  /** How often the case was opened in 30 days, this time included. */
  recurrences: number;
  limits: SeverityLimits;
}): Severity {
  const { exposure, floor, limits, recurrences } = options;
  const worst = Math.min(levelOf(exposure, limits), floor === null ? 3 : SEVERITIES.indexOf(floor));
  const level = recurrences >= RAISING_RECURRENCE ? Math.max(0, worst - 1) : worst;
  return SEVERITIES[level] as Severity;
}

/** The more severe of two; null is none. */
export function worse(a: Severity | null, b: Severity | null): Severity | null {
  if (a === null || b === null) return a ?? b;
  return SEVERITIES.indexOf(a) <= SEVERITIES.indexOf(b) ? a : b;
}

/** 0 for SEV1 … 3 for SEV4. */
function levelOf({ amount, orders }: Exposure, limits: SeverityLimits): number {
  const money = Number(micros(amount)) / 1e6;
  if (orders >= limits.sev1_orders || money >= limits.sev1_amount) return 0;
  if (orders >= limits.sev2_orders || money >= limits.sev2_amount) return 1;
  return money >= limits.sev3_amount ? 2 : 3;
}

/** The greater of each: several findings about one stock must not add it up twice. */
export function greaterExposure(a: Exposure, b: Exposure): Exposure {
  return {
    units: Math.abs(b.units) > Math.abs(a.units) ? b.units : a.units,
    amount: micros(b.amount) > micros(a.amount) ? b.amount : a.amount,
    orders: Math.max(a.orders, b.orders),
  };
}
