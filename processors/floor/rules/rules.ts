/**
 * The rules of the floor (REFERENCE §4.2): which facts each of them hears of. A rule keeps the facts that it
 * needs and judges an entity anew whenever one of them comes or is corrected.
 *
 *   row of floor_events ─┬─▶ pick ─────────────▶ SHORT_PICK, clean picks of UNSCANNABLE_ITEM
 *                        ├─▶ scan_failed ──────▶ UNSCANNABLE_ITEM
 *                        ├─▶ location_error ───▶ LOCATION_ERROR, _REPEAT
 *                        ├─▶ count ────────────▶ COUNT_VARIANCE, _REPEAT; ends LOCATION_ERROR
 *                        └─▶ adjustment ───────▶ UNAPPROVED_ADJUSTMENT
 *   other events ────────┬─▶ allocation, cancellation of lines ─▶ end SHORT_PICK
 *                        ├─▶ approval of a case ─▶ ends UNAPPROVED_ADJUSTMENT
 *                        └─▶ entries to and exits from `damaged` ─▶ DAMAGED_STOCK
 */
import type { DataOf } from '../../../contracts/events.ts';
import { Episodes } from '../../facts/episodes.ts';
import type { HouseCurrency } from '../../facts/money.ts';
import { RulePolicies } from '../../facts/rule-policies.ts';
import type { Applied, Cell, Outputs } from '../../processor.ts';
import type { Items } from '../items.ts';
import type { FloorRow } from '../tables.ts';
import { Adjustments } from './adjustments.ts';
import { Counts } from './counts.ts';
import { Damage, damageOf } from './damage.ts';
import { DamageRate } from './damage-rate.ts';
import { HOUR_MS, number, text, type FloorFact, type Section, type Shared } from './facts.ts';
import { LocationErrors } from './location-errors.ts';
import { Scans } from './scans.ts';
import { isShort, ShortPicks } from './short-picks.ts';
import { ShortRate } from './short-rate.ts';
import { Tallies } from './tallies.ts';

export class FloorRules {
  readonly #policies = new RulePolicies();
  readonly #episodes = new Episodes();
  readonly #tallies = new Tallies();
  readonly #shorts: ShortPicks;
  readonly #shortRate: ShortRate;
  readonly #scans: Scans;
  readonly #errors: LocationErrors;
  readonly #counts: Counts;
  readonly #adjustments: Adjustments;
  readonly #damage: Damage;
  readonly #damageRate: DamageRate;
  #hour = 0;

  /** `picksOf` gives the written picks of an order, in the order of the log. */
  constructor(
    known: { items: Items; house: HouseCurrency },
    picksOf: (order: string) => { identity: number; cells: readonly Cell[] }[],
  ) {
    const shared: Shared = { ...known, policies: this.#policies, episodes: this.#episodes };
    this.#shorts = new ShortPicks(shared, (order) => picksOf(order).map(factOf));
    this.#shortRate = new ShortRate(shared, this.#tallies);
    this.#scans = new Scans(shared);
    this.#counts = new Counts(shared);
    this.#errors = new LocationErrors(shared, this.#tallies, (place) =>
      this.#counts.cleanMs(place),
    );
    this.#adjustments = new Adjustments(shared);
    this.#damage = new Damage(shared);
    this.#damageRate = new DamageRate(shared);
  }

  setPolicy(data: DataOf<'policy.set'>, applied: Applied): void {
    this.#policies.set(data, applied);
  }

  /** A row of `floor_events` was written. */
  written(kind: FloorRow['kind'], cells: readonly Cell[], applied: Applied, out: Outputs): void {
    const { identity, seq, timeMs } = applied;
    const fact: FloorFact = { identity, seq, timeMs, cells };
    switch (kind) {
      case 'pick':
        this.#tally(fact, 1);
        this.#shorts.picked(fact, applied, out);
        this.#scans.picked(fact, applied, out);
        if (isShort(fact)) this.#shortRate.shorted(fact, applied, out);
        return;
      case 'scan_failed':
        return this.#scans.failed(fact, applied, out);
      case 'location_error':
        this.#tally(fact, 1);
        return this.#errors.met(fact, applied, out);
      case 'count':
        this.#counts.counted(fact, applied, out);
        return this.#errors.counted(placeOf(fact), applied, out);
      case 'adjustment':
        return this.#adjustments.adjusted(fact, applied, out);
      default:
        return;
    }
  }

  /** What may touch damaged stock. */
  handled(applied: Applied, out: Outputs): void {
    const fact = damageOf(applied);
    if (fact === null) return;
    this.#damage.changed(fact, applied, out);
    this.#damageRate.count(fact, 1, applied, out);
  }

  allocated(data: DataOf<'order.line.allocated'>, applied: Applied, out: Outputs): void {
    this.#shorts.relieved('allocated', data, applied, out);
  }

  cancelled(data: DataOf<'order.line.cancelled'>, applied: Applied, out: Outputs): void {
    this.#shorts.relieved('cancelled', data, applied, out);
  }

  commanded(data: DataOf<'case.commanded'>, applied: Applied, out: Outputs): void {
    if (data.command === 'approve' && data.approved) this.#adjustments.approved(data, applied, out);
  }

  /** The event of this identity was declared wrong; `cells` is the row that it had. */
  takenBack(
    identity: number,
    cells: readonly Cell[] | undefined,
    applied: Applied,
    out: Outputs,
  ): void {
    const damage = this.#damage.find(identity);
    if (damage !== undefined) this.#damageRate.count(damage, -1, applied, out);
    for (const rule of [
      ...[this.#shorts, this.#scans, this.#counts, this.#errors],
      ...[this.#adjustments, this.#damage],
    ]) {
      rule.drop(identity, applied, out);
    }
    if (cells === undefined) return;
    const fact = factOf({ identity, cells }, 0);
    const kind = text(fact, 'kind');
    if (kind === 'pick' || kind === 'location_error') this.#tally(fact, -1);
    if (kind === 'pick' && isShort(fact)) this.#shortRate.shorted(fact, applied, out);
    if (kind === 'count') this.#errors.counted(placeOf(fact), applied, out);
  }

  /** Once an hour of event time. */
  onTime(applied: Applied, out: Outputs): void {
    const hour = Math.floor(applied.nowMs / HOUR_MS);
    if (hour === this.#hour) return;
    this.#hour = hour;
    for (const rule of [
      ...[this.#shorts, this.#shortRate, this.#scans, this.#counts, this.#errors],
      ...[this.#adjustments, this.#damage, this.#damageRate],
    ]) {
      rule.onHour(applied, out);
    }
  }

  /** Pieces of the state, by the name of their part. */
  sections(): Record<string, Section> {
    return {
      rules: this.#policies,
      episodes: this.#episodes,
      ...this.#tallies.sections(),
      'short-lines': this.#shorts,
      scans: this.#scans,
      'bin-counts': this.#counts.bins,
      'sku-counts': this.#counts.skus,
      'location-errors': this.#errors,
      adjustments: this.#adjustments,
      damage: this.#damage,
      'damage-weeks': this.#damageRate,
    };
  }

  #tally(fact: FloorFact, sign: 1 | -1): void {
    const isError = text(fact, 'kind') === 'location_error';
    const counted = isError ? { errors: sign } : { picks: sign, shorts: isShort(fact) ? sign : 0 };
    this.#tallies.count(placeOf(fact), counted, number(fact, 'at'));
  }
}

const placeOf = (fact: FloorFact) => ({
  node: text(fact, 'node_id'),
  bin: text(fact, 'location_id'),
});

/** A row that was written earlier, the `order`th of those that are looked at. */
function factOf(
  { cells, identity }: { identity: number; cells: readonly Cell[] },
  order: number,
): FloorFact {
  const fact = { identity, seq: order, timeMs: 0, cells };
  return { ...fact, timeMs: number(fact, 'at') };
}
