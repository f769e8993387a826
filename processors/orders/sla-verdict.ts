/**
 * Whether an order is at risk of missing its promised dispatch, or has missed it, and until when that holds
 * (REFERENCE §4.2). Pure.
 *
 *   clock start ─── the share of the promise is used up, or what is still to come ───▶ due ───▶
 *                   usually takes longer than is left: whichever is first
 *        nothing    │                     at risk                                       │ breach
 */
import type { RuleSetting } from '../facts/rule-policies.ts';
import type { Finding } from '../processor.ts';
import type { Stay } from './facts.ts';
import type { clockOf } from './timeline.ts';

const HOUR_MS = 3_600_000;
const NEVER = Number.POSITIVE_INFINITY;

export type SlaCode = 'ORDER_SLA_RISK' | 'ORDER_SLA_BREACH';

/** From when on too little time is left for the stages that are still to come. */
export interface Tight {
  readonly atMs: number;
  /** What they usually take at most, and in the middle; on the order's clock (ms). */
  readonly usualMs: number;
  readonly medianMs: number;
}

export interface SlaRules {
  readonly risk: RuleSetting;
  readonly breach: RuleSetting;
}

export interface Condition {
  readonly code: SlaCode;
  readonly sinceMs: number;
  readonly rule: RuleSetting;
  readonly detail: string;
  readonly statistic?: NonNullable<Finding['statistic']>;
}

interface Verdict {
  readonly now: Condition | null;
  /** When it changes if nothing happens; null for never. */
  readonly nextMs: number | null;
}

/** What is to be said of an order that stands there, and until when that holds. */
export function verdictOf(
  order: string,
  { stay, tight }: { readonly stay: Stay; readonly tight: Tight | null },
  clock: ReturnType<typeof clockOf>,
  { breach, risk }: SlaRules,
  nowMs: number,
): Verdict {
  const { clockMs, dueMs, enteredMs, pausedMs, stage } = stay;
  const atMs = Math.min(nowMs, pausedMs ?? nowMs);
  const startMs = clock.businessMs(clockMs);
  const promisedMs = clock.businessMs(dueMs) - startMs;
  const share = risk.parameters['consumption'] ?? 1;
  const usedMs = Math.round(clock.instantOf(startMs + share * promisedMs));
  const riskMs = Math.min(usedMs, tight?.atMs ?? NEVER);
  const next = [risk.enabled ? riskMs : NEVER, breach.enabled ? dueMs + 1 : NEVER];
  const nextMs = Math.min(...next.filter((instant) => instant > nowMs), NEVER);
  const due = new Date(dueMs).toISOString();

  const condition = (): Condition | null => {
    if (breach.enabled && atMs > dueMs) {
      const detail = `order ${order} was due at ${due} and is still ${stage}`;
      return { code: 'ORDER_SLA_BREACH', sinceMs: dueMs, rule: breach, detail };
    }
    if (!risk.enabled || atMs < riskMs) return null;
    if (tight === null || atMs >= usedMs) {
      const spentMs = clock.businessMs(atMs) - startMs;
      const used = promisedMs > 0 ? Math.floor((100 * spentMs) / promisedMs) : 100;
      const detail = `order ${order} has used ${used} % of its promised time: ${stage}, due at ${due}`;
      return { code: 'ORDER_SLA_RISK', sinceMs: usedMs, rule: risk, detail };
    }
    const leftMs = clock.businessMs(dueMs) - clock.businessMs(atMs);
    const statistic = {
      name: 'remaining_hours',
      value: hours(leftMs),
      expected: hours(tight.medianMs),
      limit: hours(tight.usualMs),
    };
    const part = Math.round(100 * (risk.parameters['quantile'] ?? 0));
    const detail = `order ${order} is ${stage} with ${statistic.value} h left until ${due}; of ${part} % of orders what follows takes up to ${statistic.limit} h`;
    const sinceMs = Math.max(tight.atMs, enteredMs);
    return { code: 'ORDER_SLA_RISK', sinceMs, rule: risk, detail, statistic };
  };
  return { now: condition(), nextMs: pausedMs !== null || nextMs === NEVER ? null : nextMs };
}

const hours = (ms: number) => Math.round((10 * ms) / HOUR_MS) / 10;
