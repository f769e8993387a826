/**
 * What each position needs: forecast, safety stock, reorder point, how long stock lasts and what the risk is
 * (REFERENCE §6), computed once a day from the days before, or once a week where nothing changes. A row of `replenishment` is written when it says
 * something that the last one of the position did not.
 *
 * Bounds: 104 bytes a position.
 */
import { UNSOURCED_NODE } from '../../contracts/states.ts';
import type { Cell, SnapshotPart } from '../processor.ts';
import { A } from '../stock/accounts.ts';
import { decodeRows, encodePages, Pages, type FrozenPages } from '../stock/pages.ts';
import type { Stock } from '../stock/stock.ts';
import { nodeTerms, openingOf, usableMs, usableSupply } from '../stock/view.ts';
import { DEMAND_CLASSES, forecast, type Forecast } from './forecast.ts';
import type { Items } from './items.ts';
import type { LeadTimes } from './lead-times.ts';
import type { Rate } from './listings.ts';
import type { Moment } from './moment.ts';
import { daysOfCover, replenishmentRisk, stockoutDay, Z_P90 } from './projection.ts';
import {
  leadTimeUnits,
  reorderPoint,
  safetyStockForFillRate,
  safetyStockForService,
  serviceOf,
  type Need,
} from './safety-stock.ts';
import type { Awaited } from './rules/late-supply.ts';
import type { Risks } from './rules/risks.ts';
import { zeroRun, type ZeroRun } from './rules/zero-run.ts';
import { DAY_MS, dayOf, type Days, type DemandSeries } from './series.ts';
import type { WeekProfiles } from './week.ts';

/** Units that come from the shelf, as the target of the second safety stock [K]. */
const FILL_RATE = 0.98;
/** Where no order is known, one covers so many days (weekly review [K]). */
const REVIEW_DAYS = 7;
/** A weekday that sells less than this part of a mean day says nothing of the level. */
const LEAST_INDEX = 0.2;
/**
 * What has to change before a row is written, so that a forecast that wavers does not write one every day: a
 * part of a rate or of the days to a stockout (of a day at least), a chance.
 */
const PART_STEP = 0.25;
const RISK_STEP = 0.1;

/** A position of which nothing changes is computed every so many days: its forecast wanes slowly. */
const RESTING_DAYS = 7;

/** Columns of what was computed last, and of what was written last. */
const DAILY_UNITS = 0;
const DAILY_VARIANCE = 1;
const WRITTEN = 2;
const CLASS = WRITTEN;
const RATE = WRITTEN + 1;
const REORDER = WRITTEN + 2;
const BELOW = WRITTEN + 3;
const OUT = WRITTEN + 4;
const OUT_P90 = WRITTEN + 5;
const RISK = WRITTEN + 6;
const WAS_WRITTEN = WRITTEN + 7;
/** 1 when demand or stock of the position has changed since it was computed. */
const TOUCHED = WAS_WRITTEN + 1;
/** Day on which it was computed. */
const COMPUTED = TOUCHED + 1;
/** Newest day on which goods were picked, plus 1; 0 for none. */
const PICKED = COMPUTED + 1;
const STRIDE = PICKED + 1;

/** What the row of a position is about, apart from what follows from it. */
interface Summary {
  readonly demandClass: number;
  readonly dailyUnits: number;
  readonly reorderUnits: number;
  readonly below: number;
  /** Days since 1970 of the projected stockouts; 0 for none. */
  readonly outDay: number;
  readonly outDayP90: number;
  readonly risk: number;
}

export class Replenishment {
  /** By series. */
  #cells = new Pages(STRIDE);
  readonly #stock: Stock;
  readonly #series: DemandSeries;
  readonly #items: Items;
  readonly #leads: LeadTimes;
  readonly #profiles: WeekProfiles;
  readonly #risks: Risks;

  constructor(options: {
    stock: Stock;
    series: DemandSeries;
    items: Items;
    leads: LeadTimes;
    profiles: WeekProfiles;
    risks: Risks;
  }) {
    this.#stock = options.stock;
    this.#series = options.series;
    this.#items = options.items;
    this.#leads = options.leads;
    this.#profiles = options.profiles;
    this.#risks = options.risks;
  }

  /** Forecast of a SKU over all its nodes, as of the last computation. */
  rateOf(sku: string): Rate {
    let dailyUnits = 0;
    let dailyVariance = 0;
    for (const row of this.#stock.books.ledger.rowsOf(sku)) {
      const series = this.#series.of(row);
      if (series < 0 || series >= this.#cells.rows) continue;
      dailyUnits += this.#cells.get(series, DAILY_UNITS);
      dailyVariance += this.#cells.get(series, DAILY_VARIANCE);
    }
    return { dailyUnits, dailyVariance };
  }

  /** Something of the position has changed. */
  touch(series: number): void {
    this.#cells.grow(this.#series.size);
    this.#cells.set(series, TOUCHED, 1);
  }

  /** Goods were picked at the position: there were some. */
  picked(series: number, timeMs: number): void {
    this.#cells.grow(this.#series.size);
    const day = dayOf(timeMs) + 1;
    if (day > this.#cells.get(series, PICKED)) this.#cells.set(series, PICKED, day);
  }

  /**
   * Something of the position has changed that cannot wait for its turn: it was at risk, or has come to its
   * reorder point.
   */
  isUrgent(series: number, position: number): boolean {
    const cells = this.#cells;
    if (this.#risks.holdsAt(this.#series.rowOf(series))) return true;
    const reorderUnits = cells.get(series, REORDER);
    return reorderUnits > 0 && cells.get(series, BELOW) === 0 && position <= reorderUnits;
  }

  /** Computes a position anew when it is due: daily where something changed, weekly where it rests. */
  compute(series: number, moment: Moment): void {
    this.#cells.grow(this.#series.size);
    if (!this.#isDue(series, dayOf(moment.nowMs))) return;
    this.#cells.set(series, TOUCHED, 0);
    this.#cells.set(series, COMPUTED, dayOf(moment.nowMs));
    this.computeNow(series, moment);
  }

  /** Computes a position out of its turn, which comes all the same. */
  computeNow(series: number, moment: Moment): void {
    const { days, units } = this.#series.history(series, moment.nowMs);
    const found = forecast(units, this.#withoutWeekdays(days, units));
    this.#cells.set(series, DAILY_UNITS, found.dailyUnits);
    this.#cells.set(series, DAILY_VARIANCE, found.dailySd ** 2);
    const row = this.#series.rowOf(series);
    // Goods are replenished at a node; demand that has none yet is forecast only.
    if (this.#stock.books.ledger.nodeOf(row) === UNSOURCED_NODE) return;
    const run = this.#zeroRun(series, { days, units }, dayOf(moment.nowMs));
    this.#project(series, { row, found, observed: days.length, run }, moment);
  }

  snapshot(): Iterable<SnapshotPart> {
    return parts(this.#cells.freeze());
  }

  restore({ bytes }: SnapshotPart): void {
    decodeRows(this.#cells, bytes);
  }

  /** A position that rests is looked at when it is at risk, or silent for longer than it may be. */
  #isDue(series: number, today: number): boolean {
    const cells = this.#cells;
    if (cells.get(series, TOUCHED) === 1 || (series + today) % RESTING_DAYS === 0) return true;
    const row = this.#series.rowOf(series);
    if (this.#risks.holdsAt(row)) return true;
    const silentUnits = (today - cells.get(series, COMPUTED)) * cells.get(series, DAILY_UNITS);
    if (silentUnits === 0) return false;
    const { ledger } = this.#stock.books;
    return silentUnits >= this.#risks.silentUnits(ledger.skuOf(row), ledger.nodeOf(row));
  }

  #zeroRun(series: number, history: Days, today: number): ZeroRun | null {
    const pickedDay = this.#cells.get(series, PICKED) - 1;
    if (pickedDay >= today || this.#series.unitsOn(series, today) > 0) return null;
    return zeroRun(history, { weight: (day) => this.#profiles.dayIndex(day), pickedDay });
  }

  /** Units of each day over the index of its weekday. */
  #withoutWeekdays(days: readonly number[], units: readonly number[]): number[] {
    const level: number[] = [];
    for (let at = 0; at < days.length; at++) {
      const index = this.#profiles.dayIndex(days[at] as number);
      if (index >= LEAST_INDEX) level.push((units[at] as number) / index);
    }
    return level;
  }

  #project(
    series: number,
    {
      found,
      observed,
      row,
      run,
    }: { row: number; found: Forecast; observed: number; run: ZeroRun | null },
    moment: Moment,
  ): void {
    const { ledger, policies } = this.#stock.books;
    const { nowMs } = moment;
    const sku = ledger.skuOf(row);
    const abcClass = this.#items.abcClass(sku);
    const lead = this.#leads.of(sku);
    const dockDays = policies.supply(lead.supplier).dock_to_stock_p90_h / 24;
    const { dailySd, dailyUnits } = found;
    const need: Need = { dailyUnits, dailySd, leadDays: lead.days + dockDays, leadSd: lead.sd };
    const service = serviceOf(abcClass);
    const safetyUnits = safetyStockForService(need, service);
    const reorderUnits = reorderPoint(need, safetyUnits);
    const terms = nodeTerms(this.#stock, row);
    const inbound = ledger.balance(row, A.on_order) + ledger.balance(row, A.in_transit_in);
    const position = terms.atp + inbound;
    const receipts = usableSupply(this.#stock, row, nowMs).map(({ atMs, receipts: units }) => ({
      day: (atMs - nowMs) / DAY_MS,
      units,
    }));
    const outlook = { opening: openingOf(terms), receipts, dailyUnits, dailySd };
    const outDay = stockoutDay(outlook);
    const outDayP90 = stockoutDay(outlook, Z_P90);
    const { atp } = terms;
    const risk = replenishmentRisk(outlook, { atp, leadDays: need.leadDays });
    const below = leadTimeUnits(need) > 0 && position <= reorderUnits ? 1 : 0;
    const summary: Summary = {
      demandClass: DEMAND_CLASSES.indexOf(found.demandClass),
      dailyUnits: rounded(dailyUnits),
      reorderUnits,
      below,
      outDay: dayOrNone(nowMs, outDay),
      outDayP90: dayOrNone(nowMs, outDayP90),
      risk: risk.probability,
    };
    this.#risks.look(
      {
        ...{ row, sku, node: terms.node_id, supplier: lead.supplier, abcClass, observed, run },
        ...{ atp, afs: terms.afs, inbound, reorderUnits, below: below === 1 },
        ...{ probability: risk.probability, lostUnits: risk.lostUnits },
        outMs: instant(nowMs, outDay),
        supply: outDay === null ? [] : this.#awaited(row, nowMs),
        active: this.#items.isActive(sku),
        unitCost: this.#items.unitCost(sku),
      },
      moment,
    );
    if (!this.#saysMore(series, summary, nowMs)) return;
    const orderUnits = lead.orderUnits ?? dailyUnits * REVIEW_DAYS;
    const cover = daysOfCover(atp - terms.soft_reserved, dailyUnits);
    const cells: Cell[] = [
      ...[nowMs, sku, terms.node_id, lead.supplier, abcClass],
      ...[found.demandClass, found.adi === null ? null : rounded(found.adi), rounded(found.cv2)],
      ...[
        observed,
        rounded(dailyUnits),
        rounded(dailySd),
        rounded(need.leadDays),
        rounded(need.leadSd),
      ],
      ...[service.level, rounded(safetyUnits)],
      ...[rounded(safetyStockForFillRate(need, FILL_RATE, orderUnits)), rounded(reorderUnits)],
      ...[atp, position, below, cover === null ? null : rounded(cover)],
      ...[instant(nowMs, outDay), instant(nowMs, outDayP90), instant(nowMs, risk.usableDay)],
      ...[rounded(risk.probability), rounded(risk.gapDays), rounded(risk.lostUnits)],
    ];
    moment.out.row('replenishment', [...cells, moment.seq]);
    this.#wrote(series, { sku, node: terms.node_id, summary }, moment);
  }

  #awaited(row: number, nowMs: number): Awaited[] {
    return this.#stock.supply
      .of(row)
      .map((supply) => ({ ...supply, usableMs: usableMs(this.#stock, supply, nowMs) }));
  }

  /** True when the row differs from the last one by more than a step. */
  #saysMore(series: number, next: Summary, nowMs: number): boolean {
    const cells = this.#cells;
    if (cells.get(series, WAS_WRITTEN) === 0) return true;
    return (
      next.demandClass !== cells.get(series, CLASS) ||
      next.below !== cells.get(series, BELOW) ||
      isFar(next.dailyUnits, cells.get(series, RATE), 0) ||
      isFar(next.reorderUnits, cells.get(series, REORDER), 1) ||
      isOutFar(next.outDay, cells.get(series, OUT), nowMs) ||
      isOutFar(next.outDayP90, cells.get(series, OUT_P90), nowMs) ||
      Math.abs(next.risk - cells.get(series, RISK)) > RISK_STEP
    );
  }

  /** Notes what the row says, and brings the level of forecast demand to it (K16). */
  #wrote(
    series: number,
    { node, sku, summary }: { sku: string; node: string; summary: Summary },
    { nowMs, out, seq }: Moment,
  ): void {
    const change = rounded(summary.dailyUnits - this.#cells.get(series, RATE));
    if (change !== 0) {
      out.row('levels', [
        'forecast_daily',
        nowMs,
        node,
        '',
        '',
        '',
        sku,
        '',
        change,
        1,
        nowMs,
        seq,
      ]);
    }
    const columns: readonly [number, number][] = [
      [CLASS, summary.demandClass],
      [RATE, summary.dailyUnits],
      [REORDER, summary.reorderUnits],
      [BELOW, summary.below],
      [OUT, summary.outDay],
      [OUT_P90, summary.outDayP90],
      [RISK, summary.risk],
      [WAS_WRITTEN, 1],
    ];
    for (const [column, value] of columns) this.#cells.set(series, column, value);
  }
}

/** True when a value left the one that was written by more than a part of it, and by more than `least`. */
function isFar(value: number, written: number, least: number): boolean {
  return Math.abs(value - written) > Math.max(least, PART_STEP * Math.abs(written));
}

/** The same of a day of a stockout: a part of the time until then, and more than a day. */
function isOutFar(day: number, written: number, nowMs: number): boolean {
  return Math.abs(day - written) > Math.max(1, PART_STEP * (written - nowMs / DAY_MS));
}

function instant(nowMs: number, day: number | null): number | null {
  return day === null ? null : Math.round(nowMs + day * DAY_MS);
}

function dayOrNone(nowMs: number, day: number | null): number {
  return day === null ? 0 : nowMs / DAY_MS + day;
}

const rounded = (value: number) => Math.round(value * 1e6) / 1e6;

function* parts(cells: FrozenPages): Generator<SnapshotPart> {
  for (const bytes of encodePages(cells, STRIDE)) yield { name: 'replenishment', bytes };
  cells.release();
}
