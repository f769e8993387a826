/**
 * Returned goods that nobody has decided on for too long (RETURN_UNDISPOSITIONED):
 *
 *   received ─── age_h ───▶ raised ─── high_age_h ───▶ raised again, SEV2      until all is dispositioned
 *
 * One finding for each return: its authorisation, or the receipt itself when it came without one. What is
 * pending belongs to a unit (homes.ts) and may move to another one, when an order claims it; the finding
 * stays the same. The next instant of each return stands in an agenda.
 */
import type { DataOf } from '../../contracts/events.ts';
import { Agenda } from '../facts/agenda.ts';
import { amountOf, micros } from '../facts/money.ts';
import { mapParts, restoreMap } from '../facts/parts.ts';
import type { RulePolicies, RuleSetting } from '../facts/rule-policies.ts';
import type { Applied, Outputs, SnapshotPart } from '../processor.ts';
import type { Pending } from './project.ts';

const HOUR_MS = 3_600_000;

interface Standing {
  readonly findingId: string;
  readonly high: boolean;
}

/** A return that waits. Replaced, never changed. */
interface Followed {
  readonly unit: string;
  readonly pending: Pending;
  readonly nextMs: number | null;
  readonly standing: Standing | null;
}

type Instant = Pick<Applied, 'nowMs' | 'seq'>;

export interface UndisposedOptions {
  readonly rules: RulePolicies;
  /** Cost of one unit; '' when it is not known. */
  unitCost(sku: string): string;
}

export class Undisposed {
  readonly #options: UndisposedOptions;
  readonly #followed = new Map<string, Followed>();
  /** Entities by unit; follows from what is followed. */
  readonly #byUnit = new Map<string, readonly string[]>();
  readonly #agenda = new Agenda();

  constructor(options: UndisposedOptions) {
    this.#options = options;
  }

  /** Takes note of all that is pending now of these units, whichever of them it is of. */
  follow(
    units: ReadonlyMap<string, readonly Pending[]>,
    at: Instant,
    out: Pick<Outputs, 'finding' | 'cleared'>,
  ): void {
    const gone = new Set([...units.keys()].flatMap((unit) => this.#byUnit.get(unit) ?? []));
    for (const [unit, pending] of units) {
      this.#byUnit.delete(unit);
      if (pending.length > 0)
        this.#byUnit.set(
          unit,
          pending.map(({ entity }) => entity),
        );
      for (const one of pending) {
        gone.delete(one.entity);
        const standing = this.#followed.get(one.entity)?.standing ?? null;
        this.#judge({ unit, pending: one, nextMs: null, standing }, at, out);
      }
    }
    for (const entity of gone) {
      // Two units may name one return: it ends with the one that it was last seen of.
      if (units.has(this.#followed.get(entity)?.unit ?? '')) this.#end(entity, at, out);
    }
  }

  onTime(at: Instant, out: Pick<Outputs, 'finding' | 'cleared'>): void {
    for (const entity of this.#agenda.due(at.nowMs)) {
      const followed = this.#followed.get(entity);
      if (followed !== undefined) this.#judge(followed, at, out);
    }
  }

  /** The rule may be another one from now on. */
  ruleSet(
    { policy }: DataOf<'policy.set'>,
    at: Instant,
    out: Pick<Outputs, 'finding' | 'cleared'>,
  ): void {
    if (policy !== 'rule.RETURN_UNDISPOSITIONED') return;
    for (const followed of [...this.#followed.values()]) this.#judge(followed, at, out);
  }

  snapshot(): Iterable<SnapshotPart> {
    return mapParts('undisposed', this.#followed);
  }

  restore({ bytes }: SnapshotPart): void {
    const part = new Map<string, Followed>();
    restoreMap(part, bytes);
    for (const [entity, followed] of part) {
      this.#followed.set(entity, followed);
      this.#agenda.set(entity, followed.nextMs);
      const known = this.#byUnit.get(followed.unit) ?? [];
      this.#byUnit.set(followed.unit, [...known, entity]);
    }
  }

  #judge(followed: Followed, at: Instant, out: Pick<Outputs, 'finding' | 'cleared'>): void {
    const { pending, standing } = followed;
    const { entity, node, sinceMs } = pending;
    const [first] = pending.goods;
    const rule = this.#options.rules.of('RETURN_UNDISPOSITIONED', { node, sku: first?.sku ?? '' });
    const steps = rule.enabled ? stepsOf(rule, sinceMs) : [];
    const reached = steps.filter(({ atMs }) => atMs <= at.nowMs);
    const next = steps.find(({ atMs }) => atMs > at.nowMs);
    const now = reached.at(-1) ?? null;
    const isOther = standing === null ? now !== null : now === null || now.high !== standing.high;
    const after = !isOther
      ? standing
      : now && { high: now.high, findingId: `RETURN_UNDISPOSITIONED/${entity}/${at.seq}` };
    const nextMs = next?.atMs ?? null;
    this.#followed.set(entity, { ...followed, standing: after, nextMs });
    this.#agenda.set(entity, nextMs);
    if (!isOther) return;
    // The new one first: a case is not to close in between.
    if (now !== null && after !== null) this.#raise(pending, { ...now, ...after, rule }, out);
    if (standing !== null) {
      this.#clear(
        pending,
        standing,
        after === null ? 'what waits has not done so for too long' : 'it waits for even longer',
        at,
        out,
      );
    }
  }

  #end(entity: string, at: Instant, out: Pick<Outputs, 'finding' | 'cleared'>): void {
    const followed = this.#followed.get(entity);
    this.#followed.delete(entity);
    this.#agenda.set(entity, null);
    if (followed === undefined || followed.standing === null) return;
    this.#clear(followed.pending, followed.standing, 'nothing waits any more', at, out);
  }

  #raise(
    { entity, evidence, goods, node, order, sinceMs }: Pending,
    { atMs, findingId, high, hours, rule }: Step & Standing & { readonly rule: RuleSetting },
    out: Pick<Outputs, 'finding'>,
  ): void {
    const [first] = goods;
    const units = goods.reduce((sum, one) => sum + one.units, 0);
    out.finding({
      ...{ findingId, code: 'RETURN_UNDISPOSITIONED', entity },
      ...(first === undefined ? {} : { skuId: first.sku }),
      nodeId: node,
      ...(order === '' ? {} : { orderId: order }),
      conditionAtMs: atMs,
      detail: `${units} returned units wait at ${node} for ${hours} hours, since ${new Date(sinceMs).toISOString()}`,
      ...{ units, amount: this.#amountOf(goods), rule },
      ...(high ? { floor: 'SEV2' } : {}),
      evidence: [evidence],
    });
  }

  #clear(
    { entity, node, order }: Pending,
    { findingId }: Standing,
    detail: string,
    { nowMs }: Instant,
    out: Pick<Outputs, 'cleared'>,
  ): void {
    out.cleared({
      ...{ findingId, code: 'RETURN_UNDISPOSITIONED', entity, nodeId: node },
      ...(order === '' ? {} : { orderId: order }),
      clearedAtMs: nowMs,
      detail: `${entity}: ${detail}`,
    });
  }

  /** At cost, or at the price that it was sold for while its cost is not known. */
  #amountOf(goods: Pending['goods']): string {
    let total = 0n;
    for (const { price, sku, unitCost, units } of goods) {
      const value = unitCost || this.#options.unitCost(sku) || price;
      if (value !== '') total += micros(value) * BigInt(units);
    }
    return amountOf(total);
  }
}

interface Step {
  readonly atMs: number;
  readonly hours: number;
  readonly high: boolean;
}

/** Ages at which something is said, the lower one first. */
function stepsOf({ parameters }: RuleSetting, sinceMs: number): Step[] {
  const { age_h: age = 0, high_age_h: high = age } = parameters;
  const step = (hours: number, isHigh: boolean): Step => ({
    ...{ atMs: sinceMs + hours * HOUR_MS, hours, high: isHigh },
  });
  return high <= age ? [step(age, true)] : [step(age, false), step(high, true)];
}
