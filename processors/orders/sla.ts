/**
 * Orders on their way to their promised dispatch, and those that are about to miss it (ORDER_SLA_RISK) or
 * have missed it (ORDER_SLA_BREACH):
 *
 *   clock start ──── at risk (sla-verdict.ts) ────▶ due ────▶ breach     until the last of it has left
 *
 * What stages usually take is learned from the orders that leave (remaining.ts). Once at risk for it, an order
 * stays at risk until it leaves or its promise moves. Time is business time for wholesale and stands still under a customer's hold, as the stages have it
 * (timeline.ts). So long as the clock runs, the next of these instants stands in an agenda; nothing is looked
 * at in between. When more than WAVE_ORDERS orders of a node are at risk or late at once, one finding about
 * the node says so, and those about its orders are its symptoms: one case, not five hundred.
 */
import type { DataOf } from '../../contracts/events.ts';
import { Agenda } from '../facts/agenda.ts';
import { amountOf, micros } from '../facts/money.ts';
import { joined, mapParts, restoreMap } from '../facts/parts.ts';
import type { RulePolicies } from '../facts/rule-policies.ts';
import type { Applied, Outputs, SnapshotPart } from '../processor.ts';
import type { Stay } from './facts.ts';
import { RemainingTimes, SLOT_MS, type Place } from './remaining.ts';
import {
  verdictOf,
  type Condition,
  type SlaCode,
  type SlaRules,
  type Tight,
} from './sla-verdict.ts';
import { CLOSED, clockOf, type Calendars } from './timeline.ts';

/** More orders of a node than this at once are one problem of the node [K]: as many as make a case SEV1. */
const WAVE_ORDERS = 20;
/** How long before it is due an order may begin to be at risk for what the rest takes. */
const HORIZON_MS = 7 * 86_400_000;

/** A finding that was raised of an order and stands. */
interface Standing {
  readonly code: SlaCode;
  readonly findingId: string;
  readonly node: string;
  /** Value of what was open when it was raised. */
  readonly amount: string;
}

/** An open order. Replaced, never changed. */
interface Followed {
  readonly stay: Stay;
  /** The event that last moved it. */
  readonly source: string;
  readonly id: string;
  readonly nextMs: number | null;
  readonly standing: Standing | null;
  /** Stages that are over, each once, and when. */
  readonly left: readonly Left[];
  /** As was known when it came where it is; null while too little is known. */
  readonly tight: Tight | null;
}

interface Left extends Place {
  readonly atMs: number;
}

interface Wave {
  readonly findingId: string;
  readonly orders: number;
}

/** What is at stake with an order. */
export interface Worth {
  readonly units: number;
  /** Decimal string, house currency. */
  readonly amount: string;
}

export interface SlaOptions {
  readonly rules: RulePolicies;
  readonly calendars: Calendars;
  worthOf(order: string): Worth;
  /** Tells the findings about a node of several slices apart. */
  readonly slice: string;
}

export class SlaWatch {
  readonly #options: SlaOptions;
  readonly #followed = new Map<string, Followed>();
  readonly #waves = new Map<string, Wave>();
  readonly #agenda = new Agenda();
  readonly #remaining = new RemainingTimes();
  /** Orders at risk or late by node; follows from what is followed. */
  readonly #atRisk = new Map<string, number>();
  #applied!: Applied;
  #out!: Pick<Outputs, 'finding' | 'cleared'>;

  constructor(options: SlaOptions) {
    this.#options = options;
  }

  begin(applied: Applied, out: Pick<Outputs, 'finding' | 'cleared'>): void {
    this.#applied = applied;
    this.#out = out;
  }

  /** Takes note of where an order is now; undefined when there is no such order any more. */
  follow(order: string, stay: Stay | undefined): void {
    const known = this.#followed.get(order);
    if (stay === undefined || CLOSED.has(stay.stage)) {
      if (known !== undefined) this.#leave(order, known, stay);
      return;
    }
    if (known !== undefined && isSame(known.stay, stay)) return;
    const { id, source } = this.#applied.event;
    const standing = known?.standing ?? null;
    const left = known === undefined || stay.pausedMs !== null ? [] : leftBy(known, stay);
    const tight = known !== undefined && isHeldTo(known, stay) ? known.tight : this.#tight(stay);
    this.#judge(order, { stay, source, id, nextMs: null, standing, left, tight });
  }

  onTime(nowMs: number): void {
    for (const order of this.#agenda.due(nowMs)) {
      const followed = this.#followed.get(order);
      if (followed !== undefined) this.#judge(order, followed);
    }
  }

  /** A rule may be another one from now on. */
  ruleSet({ policy }: DataOf<'policy.set'>): void {
    if (policy !== 'rule.ORDER_SLA_RISK' && policy !== 'rule.ORDER_SLA_BREACH') return;
    for (const [order, followed] of [...this.#followed]) {
      this.#judge(order, { ...followed, tight: this.#tight(followed.stay) });
    }
  }

  snapshot(): Iterable<SnapshotPart> {
    return joined([
      mapParts('sla.followed', this.#followed),
      mapParts('sla.waves', this.#waves),
      this.#remaining.snapshot(),
    ]);
  }

  restore(saved: SnapshotPart): void {
    if (saved.name === 'sla.waves') return restoreMap(this.#waves, saved.bytes);
    if (saved.name === 'sla.remaining') return this.#remaining.restore(saved);
    const part = new Map<string, Followed>();
    restoreMap(part, saved.bytes);
    for (const [order, followed] of part) {
      this.#followed.set(order, followed);
      this.#agenda.set(order, followed.nextMs);
      if (followed.standing !== null) this.#count(followed.standing.node, 1);
    }
  }

  #judge(order: string, followed: Followed): void {
    const { stay } = followed;
    const { nowMs } = this.#applied;
    const verdict = verdictOf(order, followed, this.#clock(stay), this.#rules(stay), nowMs);
    const before = followed.standing;
    const isOther = before?.code !== verdict.now?.code;
    const worth = isOther && verdict.now !== null ? this.#options.worthOf(order) : NOTHING;
    const standing = isOther ? this.#standingOf(order, stay, verdict.now, worth) : before;
    this.#followed.set(order, { ...followed, nextMs: verdict.nextMs, standing });
    this.#agenda.set(order, verdict.nextMs);
    if (!isOther) return;
    if (standing !== null) this.#count(standing.node, 1);
    if (before !== null) this.#clear(order, before, endOf(standing));
    if (standing !== null && verdict.now !== null) {
      this.#surge(standing.node, verdict.now.rule);
      this.#raise(order, { ...followed, standing, worth }, verdict.now);
    }
    if (before !== null) this.#ebb(before.node);
  }

  #rules({ channel, node }: Stay): SlaRules {
    const { rules } = this.#options;
    const subject = { node, channel };
    return {
      risk: rules.of('ORDER_SLA_RISK', subject),
      breach: rules.of('ORDER_SLA_BREACH', subject),
    };
  }

  #clock({ node, sla }: Stay) {
    return clockOf(sla, this.#options.calendars.calendar(node));
  }

  /**
   * From when on an order that stands there has less time left than the rest usually takes, were its stage
   * over then: looked for through the parts of the day until it is due.
   */
  #tight(stay: Stay): Tight | null {
    const share = this.#rules(stay).risk.parameters['quantile'] ?? 0;
    if (share === 0) return null;
    const clock = this.#clock(stay);
    const dueMs = clock.businessMs(stay.dueMs);
    let fromMs = Math.max(stay.enteredMs, stay.dueMs - HORIZON_MS);
    while (fromMs < stay.dueMs) {
      const untilMs = (Math.floor(fromMs / SLOT_MS) + 1) * SLOT_MS;
      const usualMs = this.#remaining.quantile(stay, fromMs, share);
      if (usualMs !== null) {
        const atMs = Math.max(fromMs, Math.round(clock.instantOf(dueMs - usualMs)));
        const medianMs = this.#remaining.quantile(stay, fromMs, 0.5) ?? 0;
        if (atMs < untilMs) return { atMs, usualMs, medianMs };
      }
      fromMs = untilMs;
    }
    return null;
  }

  /** What the order took after each of its stages. */
  #learn(followed: Followed, shipped: Stay): void {
    const clock = this.#clock(followed.stay);
    const shippedMs = clock.businessMs(shipped.enteredMs);
    for (const { atMs, ...place } of leftBy(followed, shipped)) {
      this.#remaining.observe(place, atMs, shippedMs - clock.businessMs(atMs));
    }
  }

  #standingOf(
    order: string,
    { node }: Stay,
    now: Condition | null,
    { amount }: Worth,
  ): Standing | null {
    if (now === null) return null;
    const findingId = `${now.code}/order/${order}/${this.#applied.seq}`;
    return { code: now.code, findingId, node, amount };
  }

  #leave(order: string, followed: Followed, stay: Stay | undefined): void {
    const { standing } = followed;
    this.#followed.delete(order);
    this.#agenda.set(order, null);
    if (stay?.stage === 'shipped') this.#learn(followed, stay);
    if (standing === null) return;
    this.#clear(order, standing, stay === undefined ? 'it is followed no more' : stay.stage);
    this.#ebb(standing.node);
  }

  #raise(
    order: string,
    about: Omit<Followed, 'standing'> & { standing: Standing; worth: Worth },
    condition: Condition,
  ): void {
    const { id, source, standing, stay, worth } = about;
    const { findingId, node } = standing;
    this.#out.finding({
      ...{ findingId, code: condition.code, entity: `order/${order}`, orderId: order },
      ...(node === '' ? {} : { nodeId: node }),
      channelId: stay.channel,
      conditionAtMs: condition.sinceMs,
      detail: condition.detail,
      ...(condition.statistic === undefined ? {} : { statistic: condition.statistic }),
      ...worth,
      ordersAtRisk: 1,
      rule: condition.rule,
      ...(this.#waves.has(node) ? { parent: `ORDER_SLA_RISK node/${node}` } : {}),
      evidence: [{ source, id }],
    });
  }

  #clear(order: string, { code, findingId, node }: Standing, detail: string): void {
    this.#count(node, -1);
    this.#out.cleared({
      ...{ findingId, code, entity: `order/${order}`, orderId: order },
      ...(node === '' ? {} : { nodeId: node }),
      clearedAtMs: this.#applied.nowMs,
      detail: `order ${order}: ${detail}`,
    });
  }

  #count(node: string, more: 1 | -1): void {
    const orders = (this.#atRisk.get(node) ?? 0) + more;
    if (orders === 0) this.#atRisk.delete(node);
    else this.#atRisk.set(node, orders);
  }

  /** One finding for a node of which too many orders are at risk, and again when they are twice as many. */
  #surge(node: string, rule: Condition['rule']): void {
    const orders = this.#atRisk.get(node) ?? 0;
    const wave = this.#waves.get(node);
    const most = wave === undefined ? WAVE_ORDERS : 2 * wave.orders - 1;
    if (node === '' || orders <= most) return;
    const { event, nowMs, seq } = this.#applied;
    const findingId = `ORDER_SLA_RISK/node/${node}/${seq}/${orders}${this.#options.slice}`;
    this.#out.finding({
      findingId,
      code: 'ORDER_SLA_RISK',
      entity: `node/${node}`,
      nodeId: node,
      conditionAtMs: nowMs,
      detail: `${orders} orders of ${node} are at risk of missing their promise, or have missed it`,
      amount: this.#amountAtRisk(node),
      ordersAtRisk: orders,
      rule,
      evidence: [{ source: event.source, id: event.id }],
    });
    if (wave !== undefined) this.#endWave(node, wave, `${orders} orders by now`);
    this.#waves.set(node, { findingId, orders });
  }

  /** The wave is over when half as many orders are at risk as make one. */
  #ebb(node: string): void {
    const wave = this.#waves.get(node);
    const orders = this.#atRisk.get(node) ?? 0;
    if (wave === undefined || orders > WAVE_ORDERS / 2) return;
    this.#waves.delete(node);
    this.#endWave(node, wave, `${orders} orders of ${node} are still at risk`);
  }

  #endWave(node: string, { findingId }: Wave, detail: string): void {
    const clearedAtMs = this.#applied.nowMs;
    const about = { code: 'ORDER_SLA_RISK', entity: `node/${node}`, nodeId: node } as const;
    this.#out.cleared({ findingId, ...about, clearedAtMs, detail });
  }

  #amountAtRisk(node: string): string {
    let total = 0n;
    for (const { standing } of this.#followed.values()) {
      if (standing?.node === node) total += micros(standing.amount);
    }
    return amountOf(total);
  }
}

const NOTHING: Worth = { units: 0, amount: '0' };

/** Stages that are over once the order stands there; one that it came back to is not. */
function leftBy({ left, stay: before }: Followed, stay: Stay): readonly Left[] {
  if (before.stage === stay.stage) return left;
  const { node, sla, stage } = before;
  const others = left.filter((one) => one.stage !== stage && one.stage !== stay.stage);
  return [...others, { node, sla, stage, atMs: stay.enteredMs }];
}

/** True when the order was at risk and its promise has not moved since. */
const isHeldTo = ({ standing, stay: before }: Followed, stay: Stay): boolean =>
  standing?.code === 'ORDER_SLA_RISK' &&
  before.dueMs === stay.dueMs &&
  before.clockMs === stay.clockMs;

/** True when nothing differs that the clock, or what is said of the order, depends on. */
const isSame = (a: Stay, b: Stay): boolean =>
  a.stage === b.stage &&
  a.clockMs === b.clockMs &&
  a.dueMs === b.dueMs &&
  a.pausedMs === b.pausedMs &&
  a.node === b.node &&
  a.channel === b.channel &&
  a.calendar === b.calendar &&
  a.sla === b.sla;

/** Why a finding about an order that is still open ends: by what is said of it instead. */
function endOf(after: Standing | null): string {
  if (after === null) return 'its promise or its clock moved, and it is not at risk';
  return after.code === 'ORDER_SLA_BREACH' ? 'it is late' : 'promised anew, it is at risk';
}
