/**
 * Demand, in the slice of the stock processor: daily demand and forecasts by position, replenishment,
 * stockouts and what they cost, cost of goods sold (K14–K17).
 *
 *   event ─▶ stock.apply ─▶ what it changed (history, by the event's identity) ─▶ demand, COGS
 *              └─ SKUs that changed ─▶ once a minute: AFS by channel ─▶ listed, stockout
 *                                      once a day: forecast ─▶ replenishment
 *
 * A processor cannot read another's state, and demand needs stock over time: a stockout hides demand, and
 * supply under way decides what the risk is. So it is hosted with stock, for it has the same key: it wraps the
 * stock processor, reads its books, changes nothing of them, and its state is a part of the same snapshot.
 *
 * Demand is what was accepted: lines as ordered and changed. A cancellation leaves it as it is, for want of
 * stock is a reason to cancel. Demand without a node is its own series until the line is allocated. All work
 * is bounded: by minute for SKUs that changed, and for a share of the positions each minute.
 */
import type { DataOf, LogEvent } from '../../contracts/events.ts';
import { identityOf } from '../../contracts/hash.ts';
import { UNSOURCED_NODE } from '../../contracts/states.ts';
import { idsOf } from '../facts/corrected.ts';
import { HouseCurrency } from '../facts/money.ts';
import { joined, jsonParts, parseJson } from '../facts/parts.ts';
import type { Applied, Finding, Outputs, SnapshotPart } from '../processor.ts';
import { A, COUNTER } from '../stock/accounts.ts';
import type { Entry } from '../stock/history.ts';
import { recordKey } from '../stock/records.ts';
import type { Stock } from '../stock/stock.ts';
import { channelAvailability, nodeTerms } from '../stock/view.ts';
import { Cogs } from './cogs.ts';
import { Items } from './items.ts';
import { LeadTimes } from './lead-times.ts';
import { Listings } from './listings.ts';
import type { Moment } from './moment.ts';
import { Replenishment } from './replenishment.ts';
import { worth, type Look } from './rules/look.ts';
import { Risks } from './rules/risks.ts';
import { SkuRules } from './rules/rules.ts';
import { DAY_MS, dayOf, DemandSeries } from './series.ts';
import { WeekProfiles } from './week.ts';

const MINUTE_MS = 60_000;
const INBOUND = [A.on_order, A.in_transit_in];
/** All positions are computed within so many minutes of the day. */
const ROUND_MINUTES = 720;
/** Positions that are computed at once at most, however much time has passed. */
const MOST_AT_ONCE = 2_000;
const PREFIX = 'demand.';
const STATE_VERSION = 4;

/** The stock processor with demand beside it. */
export function withDemand(stock: Stock): Stock {
  const demand = new Demand(stock);
  return {
    ...stock,
    stateVersion: `${stock.stateVersion}+${STATE_VERSION}`,
    apply(applied, out) {
      demand.before(applied, out);
      stock.apply(applied, demand.watching(out));
      demand.after(applied, out);
    },
    snapshot: () => joined([stock.snapshot(), demand.snapshot()]),
    restore(parts) {
      stock.restore(demand.restoreFrom(parts));
    },
  };
}

class Demand {
  readonly #stock: Stock;
  readonly #house = new HouseCurrency();
  readonly #series = new DemandSeries();
  readonly #profiles = new WeekProfiles();
  readonly #leads = new LeadTimes();
  readonly #items = new Items(this.#house);
  readonly #replenishment: Replenishment;
  readonly #listings: Listings;
  readonly #cogs: Cogs;
  readonly #risks: Risks;
  readonly #rules: SkuRules;
  readonly #sections: Readonly<Record<string, Section>>;
  /** SKUs whose availability may have changed since the last minute, each with what changed it last. */
  #changed = new Map<string, Touch>();
  /** What is being applied. */
  #touch: Touch = TIME;
  #watched: { readonly out: Outputs; readonly watching: Outputs } | undefined;
  #nowMs = 0;
  /** Positions that are still to be computed today, and the next of them. */
  #left = 0;
  #next = 0;

  constructor(stock: Stock) {
    this.#stock = stock;
    const items = this.#items;
    const profiles = this.#profiles;
    const leads = this.#leads;
    const series = this.#series;
    this.#risks = new Risks(stock.books.rules);
    const risks = this.#risks;
    this.#replenishment = new Replenishment({ stock, series, items, leads, profiles, risks });
    const rateOf = (sku: string) => this.#replenishment.rateOf(sku);
    this.#listings = new Listings({ items, profiles, rateOf });
    this.#cogs = new Cogs(stock, items);
    this.#rules = new SkuRules(stock);
    this.#sections = {
      head: this.#head,
      currency: this.#house,
      week: profiles,
      replenishment: this.#replenishment,
      listings: this.#listings,
      risks: this.#risks,
      rules: this.#rules,
      conflicts: this.#rules.conflicts,
      ...{ series, leads, items },
    };
  }

  /** Outputs that pass everything on, note which SKUs changed, and say what stock below zero is worth. */
  watching(out: Outputs): Outputs {
    if (this.#watched?.out !== out) {
      const changed = (sku: string) => {
        this.#note(sku);
        out.changed(sku);
      };
      const finding = (found: Finding) => out.finding(this.#valued(found));
      this.#watched = { out, watching: { ...out, changed, finding } };
    }
    return this.#watched.watching;
  }

  /** Before stock applies an event: what time has brought, and what a correction will take back. */
  before({ event, nowMs, seq }: Applied, out: Outputs): void {
    const moment = { nowMs, seq, out };
    this.#passTime(moment);
    this.#touch = { source: event.source, id: event.id, atMs: nowMs };
    if (event.type !== 'stocktide.event.corrected.v1') return;
    const { id, source } = event.data.corrects;
    for (const each of idsOf(id)) {
      const entries = this.#stock.books.history.of(identityOf(source, each));
      this.#cogs.correcting(entries, moment);
      for (const entry of entries) this.#count(entry, -1, null);
    }
  }

  /** After stock has applied it. */
  after({ event, identity, nowMs, seq, timeMs }: Applied, out: Outputs): void {
    const moment = { nowMs, seq, out };
    switch (event.type) {
      case 'stocktide.order.line.created.v1':
      case 'stocktide.order.line.changed.v1':
      case 'stocktide.order.line.allocated.v1':
      case 'stocktide.order.line.deallocated.v1': {
        const price = this.#priceOf(event);
        for (const entry of this.#entries(identity)) {
          if (entry.from === COUNTER.created) this.#offered(entry, moment);
          this.#count(entry, 1, price);
        }
        return;
      }
      case 'stocktide.pick.completed.v1':
      case 'stocktide.pick.shorted.v1':
        if (event.data.qty_picked > 0) this.#picked(event.data, timeMs);
        return;
      case 'stocktide.shipment.line.dispatched.v1':
      case 'stocktide.shipment.voided.v1':
        return this.#cogs.applied(this.#entries(identity), moment);
      case 'stocktide.reservation.created.v1':
      case 'stocktide.channel.availability.published.v1': {
        const { channel_id: channel, sku_id: sku } = event.data;
        if (event.type === 'stocktide.channel.availability.published.v1') {
          this.#rules.conflicts.published(channel, nowMs);
        }
        if (this.#listings.offered(sku, channel, moment)) this.#note(sku);
        return;
      }
      case 'stocktide.item.upserted.v1':
        if (this.#items.set(event.data, timeMs, moment)) this.#note(event.data.sku_id);
        return;
      case 'stocktide.purchaseorder.line.issued.v1': {
        const { qty, sku_id: sku, supplier_id: supplier } = event.data;
        this.#leads.ordered(sku, supplier, qty);
        return;
      }
      case 'stocktide.receipt.line.received.v1': {
        const { po_id: po, sku_id: sku } = event.data;
        if (po !== undefined && this.#entries(identity).length > 0) this.#received(po, sku, timeMs);
        return;
      }
      case 'stocktide.policy.set.v1':
        return this.#decided(event.data, moment);
      default:
        // Every other type changes availability at most, which stock tells of.
        return;
    }
  }

  snapshot(): Iterable<SnapshotPart> {
    return prefixed(joined(Object.values(this.#sections).map((section) => section.snapshot())));
  }

  /** Takes the parts that are its own, and yields the others. */
  *restoreFrom(parts: Iterable<SnapshotPart>): Generator<SnapshotPart> {
    for (const part of parts) {
      if (!part.name.startsWith(PREFIX)) {
        yield part;
        continue;
      }
      const name = part.name.slice(PREFIX.length);
      const section = this.#sections[name.split('.')[0] ?? ''];
      if (section === undefined) throw new Error(`demand has no part ${part.name}`);
      section.restore({ name, bytes: part.bytes });
    }
  }

  readonly #head: Section = {
    snapshot: () =>
      jsonParts('head', [
        { nowMs: this.#nowMs, left: this.#left, next: this.#next, changed: [...this.#changed] },
      ]),
    restore: ({ bytes }) => {
      const [saved] = parseJson<{
        nowMs: number;
        left: number;
        next: number;
        changed: [string, Touch][];
      }>(bytes);
      if (saved === undefined) return;
      this.#nowMs = saved.nowMs;
      this.#left = saved.left;
      this.#next = saved.next;
      this.#changed = new Map(saved.changed);
    },
  };

  #note(sku: string): void {
    this.#changed.set(sku, this.#touch);
  }

  #noteAll(): void {
    for (const sku of this.#stock.books.ledger.skus) this.#note(sku);
  }

  /** A finding of stock below zero with what that is worth. */
  #valued(found: Finding): Finding {
    const { code, skuId, units } = found;
    if (code !== 'NEG_INVENTORY' || skuId === undefined || units === undefined) return found;
    return { ...found, amount: worth(this.#items.unitCost(skuId), units) };
  }

  #entries(identity: number): Entry[] {
    return this.#stock.books.history.of(identity);
  }

  /** Once a minute of event time: what the minute that ended has changed, and a share of the positions. */
  #passTime(moment: Moment): void {
    const { nowMs } = moment;
    const minute = Math.floor(nowMs / MINUTE_MS);
    const last = Math.floor(this.#nowMs / MINUTE_MS);
    if (minute === last) return;
    if (this.#nowMs > 0) {
      this.#observe({ ...moment, atMs: (last + 1) * MINUTE_MS });
      this.#compute(minute - last, moment);
    }
    this.#nowMs = nowMs;
    this.#profiles.onTime(nowMs);
  }

  /** Looks at what can be sold of the SKUs that changed, and of those for which time decides. */
  #observe(minute: Moment & { readonly atMs: number }): void {
    const { ledger } = this.#stock.books;
    for (const sku of this.#rules.due(minute.nowMs)) {
      if (!this.#changed.has(sku)) this.#changed.set(sku, TIME);
    }
    for (const [sku, touch] of this.#changed) {
      const rows = ledger.rowsOf(sku);
      const nodes = rows.map((row) => nodeTerms(this.#stock, row));
      for (const [index, { afs, atp, node_id: node }] of nodes.entries()) {
        const series = this.#series.of(rows[index] as number);
        if (series < 0) continue;
        if (touch !== TIME) this.#replenishment.touch(series);
        if (node === UNSOURCED_NODE) continue;
        this.#series.setEmpty(series, afs <= 0, minute.atMs);
        const position = atp + ledger.sum(rows[index] as number, INBOUND);
        if (touch !== TIME && this.#replenishment.isUrgent(series, position)) {
          this.#replenishment.computeNow(series, minute);
        }
      }
      const listed = this.#listings.channelsOf(sku);
      const channels =
        listed.length === 0 ? [] : channelAvailability(this.#stock, sku, nodes, listed);
      if (listed.length > 0) this.#listings.observe(sku, channels, minute);
      const look: Look = {
        ...{ sku, nowMs: minute.nowMs, nodes, rows },
        active: this.#items.isActive(sku),
        abcClass: this.#items.abcClass(sku),
        unitCost: this.#items.unitCost(sku),
        sinceMs: touch === TIME ? minute.nowMs : touch.atMs,
        touch: touch === TIME ? [] : [{ source: touch.source, id: touch.id }],
      };
      const outages = this.#listings.outagesOf(sku);
      const dailyUnits = () => this.#replenishment.rateOf(sku).dailyUnits;
      this.#rules.look(look, { channels, outages, dailyUnits }, minute);
    }
    this.#changed.clear();
  }

  /** Computes the share of the positions that is due: each of them once a day. */
  #compute(minutes: number, moment: Moment): void {
    const { ledger } = this.#stock.books;
    const { size } = this.#series;
    const today = dayOf(moment.nowMs);
    if (today > dayOf(this.#nowMs)) this.#left = size;
    const share = Math.ceil(size / ROUND_MINUTES) * minutes;
    for (let due = Math.min(this.#left, share, MOST_AT_ONCE); due > 0; due--) {
      const series = this.#next % size;
      this.#replenishment.compute(series, moment);
      this.#listings.settle(ledger.skuOf(this.#series.rowOf(series)), today * DAY_MS, moment);
      this.#next = series + 1;
      this.#left -= 1;
    }
  }

  /** Counts what an event changed of an order line, or takes it back (`sign` −1). */
  #count(entry: Entry, sign: 1 | -1, price: string | null): void {
    const { books } = this.#stock;
    const { from: counter, record, row } = entry;
    if (row < 0) return;
    const line = books.records.lines.get(record);
    const units = sign * entry.units;
    switch (counter) {
      case COUNTER.created:
      case COUNTER.changed: {
        const isNew = counter === COUNTER.created;
        const timeMs = isNew ? entry.timeMs : (line?.createdAtMs ?? entry.timeMs);
        this.#series.add(row, timeMs, units);
        if (line === undefined) return;
        const sale = { units, atMs: timeMs, price };
        this.#listings.sold(books.ledger.skuOf(row), line.channel, sale);
        if (isNew) this.#profiles.add(line.channel, timeMs, sign);
        return;
      }
      case COUNTER.allocated: {
        // The node of demand that had none is known now.
        if (line === undefined || line.row < 0 || line.row === row) return;
        if (books.ledger.nodeOf(line.row) !== UNSOURCED_NODE) return;
        this.#series.add(line.row, line.createdAtMs, -units);
        this.#series.add(row, line.createdAtMs, units);
        return;
      }
      default:
        return;
    }
  }

  #offered({ record, row }: Entry, moment: Moment): void {
    const { ledger, records } = this.#stock.books;
    const channel = records.lines.get(record)?.channel;
    if (channel !== undefined) this.#listings.offered(ledger.skuOf(row), channel, moment);
  }

  /** Price of an order line when it counts: in the house currency. */
  #priceOf(event: LogEvent): string | null {
    if (event.type !== 'stocktide.order.line.created.v1') return null;
    const { currency, unit_price: price } = event.data;
    return this.#house.counts(currency) ? price : null;
  }

  #picked({ node_id: node, sku_id: sku }: { node_id: string; sku_id: string }, timeMs: number) {
    const row = this.#stock.books.ledger.find(sku, node);
    const series = row === undefined ? -1 : this.#series.of(row);
    if (series >= 0) this.#replenishment.picked(series, timeMs);
  }

  #received(po: string, sku: string, timeMs: number): void {
    const line = this.#stock.books.records.poLines.get(recordKey(po, sku));
    if (line === undefined || line.supplier === '' || line.orderedAtMs < 0) return;
    this.#leads.received(sku, line.supplier, Math.max(0, (timeMs - line.orderedAtMs) / DAY_MS));
  }

  #decided(data: DataOf<'policy.set'>, moment: Moment): void {
    switch (data.policy) {
      case 'measurement':
        this.#house.set(data);
        return this.#items.revalue(moment);
      case 'safety_stock':
      case 'channel': {
        const { sku_id: sku } = data.scope;
        if (sku === undefined) {
          return this.#noteAll();
        }
        if (data.policy === 'channel') {
          this.#listings.offered(sku, data.scope.channel_id, moment);
        }
        this.#note(sku);
        return;
      }
      case 'rule.OVERSELL':
      case 'rule.CHANNEL_CONFLICT':
      case 'rule.STOCKOUT':
      case 'rule.REPLEN_RISK':
      case 'rule.INBOUND_LATE':
        return this.#noteAll();
      default:
        // The others do not change what can be sold, nor what is said of it.
        return;
    }
  }
}

/** An event that changed something. */
interface Touch {
  readonly source: string;
  readonly id: string;
  /** Time of the processor when it was applied (ms). */
  readonly atMs: number;
}

/** Nothing but time has passed. */
const TIME: Touch = { source: '', id: '', atMs: 0 };

interface Section {
  snapshot(): Iterable<SnapshotPart>;
  restore(part: SnapshotPart): void;
}

function* prefixed(parts: Iterable<SnapshotPart>): Generator<SnapshotPart> {
  for (const { bytes, name } of parts) yield { name: `${PREFIX}${name}`, bytes };
}
