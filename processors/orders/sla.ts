/**
 * Orders on their way to their promised dispatch, and those that are about to miss it (ORDER_SLA_RISK) or
 * have missed it (ORDER_SLA_BREACH):
 *
 *   clock start ───────── consumption ─────────▶ due ─────────▶
 *      nothing        │        at risk            │   breach        until the last of it has left
 *
 * Time is business time for wholesale and stands still under a customer's hold, as the stages have it
 * (timeline.ts). So long as the clock runs, the next of these instants stands in an agenda; nothing is looked
 * at in between. When more than WAVE_ORDERS orders of a node are at risk or late at once, one finding about
 * the node says so, and those about its orders are its symptoms: one case, not five hundred.
 */
import type { DataOf } from '../../contracts/events.ts';
import { Agenda } from '../facts/agenda.ts';
import { amountOf, micros } from '../facts/money.ts';
import { joined, mapParts, restoreMap } from '../facts/parts.ts';
import type { RulePolicies, RuleSetting } from '../facts/rule-policies.ts';
import type { Applied, Outputs, SnapshotPart } from '../processor.ts';
import type { Stay } from './facts.ts';
import { CLOSED, clockOf, type Calendars } from './timeline.ts';

/** More orders of a node than this at once are one problem of the node [K]: as many as make a case SEV1. */
const WAVE_ORDERS = 20;

type SlaCode = 'ORDER_SLA_RISK' | 'ORDER_SLA_BREACH';

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
    this.#judge(order, { stay, source, id, nextMs: null, standing });
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
    for (const [order, followed] of [...this.#followed]) this.#judge(order, followed);
  }

  snapshot(): Iterable<SnapshotPart> {
    return joined([mapParts('sla.followed', this.#followed), mapParts('sla.waves', this.#waves)]);
  }

  restore({ bytes, name }: SnapshotPart): void {
    if (name === 'sla.waves') return restoreMap(this.#waves, bytes);
    const part = new Map<string, Followed>();
    restoreMap(part, bytes);
    for (const [order, followed] of part) {
      this.#followed.set(order, followed);
      this.#agenda.set(order, followed.nextMs);
      if (followed.standing !== null) this.#count(followed.standing.node, 1);
    }
  }

  #judge(order: string, followed: Followed): void {
    const { stay } = followed;
    const subject = { node: stay.node, channel: stay.channel };
    const rules = {
      risk: this.#options.rules.of('ORDER_SLA_RISK', subject),
      breach: this.#options.rules.of('ORDER_SLA_BREACH', subject),
    };
    const calendar = this.#options.calendars.calendar(stay.node);
    const verdict = judgeStay(stay, clockOf(stay.sla, calendar), rules, this.#applied.nowMs);
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

  #leave(order: string, { standing }: Followed, stay: Stay | undefined): void {
    this.#followed.delete(order);
    this.#agenda.set(order, null);
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
      detail: detailOf(order, stay, condition),
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

interface Condition {
  readonly code: SlaCode;
  readonly sinceMs: number;
  /** Part of the promised time that was used up when it was judged. */
  readonly consumption: number;
  readonly rule: RuleSetting;
}

interface Verdict {
  readonly now: Condition | null;
  /** When it changes if nothing happens; null for never. */
  readonly nextMs: number | null;
}

/** What is to be said of an order that stands there, and until when that holds. */
function judgeStay(
  stay: Stay,
  clock: ReturnType<typeof clockOf>,
  { breach, risk }: { readonly breach: RuleSetting; readonly risk: RuleSetting },
  nowMs: number,
): Verdict {
  const { clockMs, dueMs, pausedMs } = stay;
  const atMs = Math.min(nowMs, pausedMs ?? nowMs);
  const startMs = clock.businessMs(clockMs);
  const promisedMs = clock.businessMs(dueMs) - startMs;
  const share = risk.parameters['consumption'] ?? 1;
  const riskMs = Math.round(clock.instantOf(startMs + share * promisedMs));
  const consumption = promisedMs > 0 ? (clock.businessMs(atMs) - startMs) / promisedMs : 1;
  const next = [risk.enabled ? riskMs : NEVER, breach.enabled ? dueMs + 1 : NEVER];
  const nextMs = Math.min(...next.filter((instant) => instant > nowMs), NEVER);
  return {
    now:
      breach.enabled && atMs > dueMs
        ? { code: 'ORDER_SLA_BREACH', sinceMs: dueMs, consumption, rule: breach }
        : risk.enabled && atMs >= riskMs
          ? { code: 'ORDER_SLA_RISK', sinceMs: riskMs, consumption, rule: risk }
          : null,
    nextMs: pausedMs !== null || nextMs === NEVER ? null : nextMs,
  };
}

const NEVER = Number.POSITIVE_INFINITY;
const NOTHING: Worth = { units: 0, amount: '0' };

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

function detailOf(order: string, { dueMs, stage }: Stay, { code, consumption }: Condition): string {
  const due = new Date(dueMs).toISOString();
  if (code === 'ORDER_SLA_BREACH') return `order ${order} was due at ${due} and is still ${stage}`;
  const used = Math.floor(consumption * 100);
  return `order ${order} has used ${used} % of its promised time: ${stage}, due at ${due}`;
}

/** Why a finding about an order that is still open ends: by what is said of it instead. */
function endOf(after: Standing | null): string {
  if (after === null) return 'its promise or its clock moved, and it is not at risk';
  return after.code === 'ORDER_SLA_BREACH' ? 'it is late' : 'promised anew, it is at risk';
}
