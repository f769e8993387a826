/**
 * The orders and shipments that are known, and how they are brought in line with their facts:
 *
 *   fact ─▶ its line ─▶ view, steps ─▶ rows of the line         differences go out as signed rows
 *                │
 *                └────▶ its order ──▶ stays, outcome ─▶ rows of the order
 *
 * One line and the summary of its order are projected anew, not the whole order. Bounds: orders are forgotten in
 * time (retention.ts), a shipment with the last of its orders. Above MAX_ORDERS those that are over go first, then
 * those that left.
 */
import { amountOf, micros, type HouseCurrency } from '../facts/money.ts';
import type { RulePolicies } from '../facts/rule-policies.ts';
import { emitDifference, insertFact } from '../facts/signed.ts';
import type { Applied, Finding, Outputs } from '../processor.ts';
import {
  copyOrder,
  copyShipment,
  newLine,
  newOrder,
  newShipment,
  plainOrder,
  plainShipment,
  type CreatedFact,
  type Flag,
  type Line,
  type LineFact,
  type LegFact,
  type Order,
  type OrderFact,
  type Shipment,
  type ShipmentFact,
  type Stage,
  type Stay,
} from './facts.ts';
import { viewLine, type LineView } from './line.ts';
import { assignLoose, UNASSIGNED } from './loose.ts';
import { judge, promiseOf, shipmentsOf, type OrderShipment } from './outcome.ts';
import type { Policies } from './policies.ts';
import { Records } from './records.ts';
import { Retention } from './retention.ts';
import { lineRows, orderRow, shipmentRow, stayRows, type Heading } from './rows.ts';
import { CarrierWatch, type UnderWay } from './carrier.ts';
import { SlaWatch, type Worth } from './sla.ts';
import { boundScans, sameView, UNKNOWN, viewShipment, type ShipmentView } from './shipment.ts';
import { equalStays, replaceSteps, staysOf } from './timeline.ts';
import {
  ended,
  findingOf,
  isSuspect,
  keyOf,
  noted,
  violationsOf,
  Watch,
  type BadRelease,
  type Entity,
  type Examined,
  type Suspicion,
  type Violation,
} from './watch.ts';

/** Orders that are remembered at most. */
const MAX_ORDERS = 250_000;

export type Sink = Pick<Outputs, 'row' | 'finding' | 'cleared'>;

export interface BookOptions {
  readonly policies: Policies;
  readonly rules: RulePolicies;
  readonly house: HouseCurrency;
  /** Names the slice in what it says of nodes; empty when it is the only one. */
  readonly slice: string;
  /** False when another slice may hold the order of a shipment that names none. */
  readonly seesAll: boolean;
}

export class Book {
  readonly orders = new Records<Order>('orders', {
    make: newOrder,
    copy: copyOrder,
    plain: plainOrder,
  });
  readonly shipments = new Records<Shipment>('shipments', {
    make: newShipment,
    copy: copyShipment,
    plain: plainShipment,
  });
  readonly suspectOrders = new Watch('suspect_orders');
  readonly suspectShipments = new Watch('suspect_shipments');
  readonly sla: SlaWatch;
  readonly carrier: CarrierWatch;
  readonly #options: BookOptions;
  readonly #retention = new Retention();
  /** Where the facts of an event are, for corrections. */
  readonly #orderOf = new Map<number, string>();
  readonly #shipmentOf = new Map<number, string>();
  #applied!: Applied;
  #out!: Sink;

  constructor(options: BookOptions) {
    this.#options = options;
    this.sla = new SlaWatch({
      rules: options.rules,
      calendars: options.policies,
      worthOf: (order) => this.#worthOf(order, ({ open }) => open),
      slice: options.slice,
    });
    this.carrier = new CarrierWatch({
      rules: options.rules,
      worthOf: (shipment) => this.#worthOfShipment(shipment),
    });
  }

  /** What follows belongs to this event. */
  begin(applied: Applied, out: Sink): void {
    this.#applied = applied;
    this.#out = out;
    this.sla.begin(applied, out);
    this.carrier.begin(applied, out);
  }

  orderFact(id: string, fact: OrderFact): void {
    const order = this.#touch(id);
    insertFact(order.facts, fact);
    this.#orderOf.set(fact.identity, id);
    const restatesLines = fact.kind === 'created' || fact.kind === 'promised';
    this.#settle(order, restatesLines ? order.lines : []);
    if (restatesLines) this.#followShipments(order);
  }

  lineFact(id: string, lineId: string, fact: LineFact, created?: CreatedFact): void {
    const order = this.#touch(id);
    this.#orderOf.set(fact.identity, id);
    let line = order.lines.find((one) => one.id === lineId);
    if (line === undefined) {
      line = newLine(lineId);
      order.lines.push(line);
    }
    insertFact(line.facts, fact);
    const isNews = created !== undefined && createdOf(order) === null;
    if (isNews) insertFact(order.facts, created);
    const isCarried = fact.kind === 'shipped' && this.#carry(fact.shipment, order);
    this.#settle(order, isNews ? order.lines : [line]);
    if (isNews || isCarried) this.#followShipments(order);
  }

  /** Units of an order were shipped, and nobody said of which line. */
  looseLeg(id: string, fact: LegFact): void {
    const order = this.#touch(id);
    this.#orderOf.set(fact.identity, id);
    insertFact(order.loose, fact);
    const isCarried = this.#carry(fact.shipment, order);
    this.#settle(order, order.lines);
    if (isCarried) this.#followShipments(order);
  }

  shipmentFact(id: string, fact: ShipmentFact): void {
    const before = this.view(id);
    const shipment = this.#touchShipment(id);
    insertFact(shipment.facts, fact);
    if (fact.kind === 'scanned') boundScans(shipment);
    this.#shipmentOf.set(fact.identity, id);
    shipment.view = null;
    if (shipment.orders.length === 0) this.#suspect(this.suspectShipments, id);
    this.#followShipment(shipment);
    if (sameView(before, this.view(id))) return;
    for (const order of shipment.orders) this.#resettle(order, id);
  }

  /** Takes back what events said that were declared wrong. */
  drop(identities: ReadonlySet<number>): void {
    const isWrong = ({ identity }: { readonly identity: number }) => identities.has(identity);
    const shipments = new Set<string>();
    const orders = new Set<string>();
    for (const identity of identities) {
      const shipment = this.#shipmentOf.get(identity);
      const order = this.#orderOf.get(identity);
      if (shipment !== undefined) shipments.add(shipment);
      if (order !== undefined) orders.add(order);
      this.#shipmentOf.delete(identity);
      this.#orderOf.delete(identity);
    }
    for (const id of shipments) {
      const shipment = this.#touchShipment(id);
      removeWhere(shipment.facts, isWrong);
      shipment.view = null;
      for (const order of shipment.orders) orders.add(order);
    }
    for (const id of orders) {
      const order = this.#touch(id);
      removeWhere(order.facts, isWrong);
      removeWhere(order.loose, isWrong);
      for (const line of order.lines) removeWhere(line.facts, isWrong);
      this.#settle(order, order.lines);
      this.#followShipments(order);
      removeWhere(order.lines, ({ facts, rows }) => facts.length === 0 && rows.length === 0);
    }
  }

  /** What is known of a shipment. */
  view(id: string): ShipmentView {
    const shipment = this.shipments.get(id);
    if (shipment === undefined) return UNKNOWN;
    shipment.view ??= viewShipment(shipment.facts);
    return shipment.view;
  }

  /** Orders by the stage that they are in at an instant. */
  ordersByStage(atMs: number): Partial<Record<Stage, number>> {
    const counts: Partial<Record<Stage, number>> = {};
    for (const { stays } of this.orders.values()) {
      const stay = stays.findLast(({ fromMs }) => fromMs <= atMs);
      if (stay !== undefined) counts[stay.stage] = (counts[stay.stage] ?? 0) + 1;
    }
    return counts;
  }

  /** Reports what the watermark has confirmed, and forgets what is long over. */
  onTime(nowMs: number): void {
    for (const [id, suspicion] of this.suspectOrders.due(nowMs)) this.#report(id, suspicion);
    for (const [id, suspicion] of this.suspectShipments.due(nowMs))
      this.#reportOrphan(id, suspicion);
    this.sla.onTime(nowMs);
    this.carrier.onTime(nowMs);
    const { claimsMs } = this.#options.policies.measurement;
    for (const id of this.#retention.dueOrders(nowMs, claimsMs)) this.#forget(id);
    for (const id of this.#retention.dueShipments(nowMs)) this.#forgetShipment(id);
  }

  /** Finds again what follows from the records. */
  restored(): void {
    for (const order of this.orders.values()) {
      for (const { identity } of factsOf(order)) this.#orderOf.set(identity, order.id);
      this.#retention.file(order);
    }
    for (const { facts, id, orders, touchedMs } of this.shipments.values()) {
      for (const { identity } of facts) this.#shipmentOf.set(identity, id);
      if (orders.length === 0) this.#retention.orphaned(id, touchedMs);
    }
  }

  #touch(id: string): Order {
    if (this.orders.size >= MAX_ORDERS && this.orders.get(id) === undefined) this.#makeRoom();
    return this.orders.touch(id, this.#applied.nowMs);
  }

  /** Forgets the order that is over longest, or left longest ago, or that was quiet longest. */
  #makeRoom(): void {
    const [oldest] = this.orders.values();
    const id = this.#retention.first() ?? oldest?.id;
    if (id !== undefined) this.#forget(id);
  }

  #touchShipment(id: string): Shipment {
    const shipment = this.shipments.touch(id, this.#applied.nowMs);
    if (shipment.orders.length === 0) this.#retention.orphaned(id, shipment.touchedMs);
    else this.#retention.adopted(id);
    return shipment;
  }

  /** A shipment carries something of an order; true when that is news. */
  #carry(id: string, order: Order): boolean {
    if (order.shipments.includes(id)) return false;
    order.shipments.push(id);
    const shipment = this.#touchShipment(id);
    shipment.orders.push(order.id);
    this.#end(shipment.flagged, { kind: 'shipment', id }, () => false);
    // The freight stands with the first of its orders.
    shipment.orders.sort();
    this.#retention.adopted(id);
    for (const other of shipment.orders) if (other !== order.id) this.#resettle(other, id);
    return true;
  }

  /** Projects an order anew after something changed about a shipment. */
  #resettle(id: string, shipment: string): void {
    const order = this.#touch(id);
    const carried = order.lines.filter(({ facts }) =>
      facts.some((fact) => fact.kind === 'shipped' && fact.shipment === shipment),
    );
    this.#settle(order, carried);
  }

  /** Brings the rows of these lines, and of the order, in line with what is known. */
  #settle(order: Order, touched: readonly Line[]): void {
    const heading = this.#headingOf(order);
    const loose = this.#looseOf(order);
    for (const line of loose === null ? touched : order.lines) {
      this.#settleLine(order, {
        line,
        heading,
        loose: loose?.get(line.id) ?? [],
      });
    }
    const examined = this.#examine(order, heading, loose);
    this.#settleOrder(heading, examined, loose?.get(UNASSIGNED) ?? []);
    this.#endMended(examined);
    if (isSuspect(examined)) this.#suspect(this.suspectOrders, order.id);
    this.#retention.file(order);
  }

  /** Who the units are for of which nobody said so; null when there are none. */
  #looseOf(order: Order): Map<string, LegFact[]> | null {
    return order.loose.length === 0 ? null : assignLoose(order, this);
  }

  #examine(order: Order, heading: Heading, loose: Map<string, LegFact[]> | null): Examined {
    const lines = this.#linesOf(order, loose);
    const unassigned = loose?.get(UNASSIGNED) ?? [];
    if (unassigned.length > 0) lines.push(viewLine(unassigned, this));
    return {
      order,
      lines,
      shipments: shipmentsOf(lines, this),
      foreignCurrency: this.#foreignCurrency(heading),
    };
  }

  #settleLine(
    order: Order,
    { heading, line, loose }: { heading: Heading; line: Line; loose: readonly LegFact[] },
  ): void {
    line.view = null;
    const view = this.#lineView(line, loose);
    replaceSteps(order.moves, line.steps, view.steps);
    line.steps = view.steps;
    const rows = lineRows(heading, { id: line.id, view }, this);
    emitDifference(line.rows, rows, this.#applied, this.#out);
    line.rows = rows;
  }

  #settleOrder(heading: Heading, examined: Examined, unassigned: readonly LegFact[]): void {
    const { lines, order, shipments } = examined;
    const { created, promise } = heading;
    const rows = shipments.map((shipment) =>
      shipmentRow(heading, shipment, this.#freightOf(order, shipment)),
    );
    if (unassigned.length > 0) {
      rows.push(...lineRows(heading, { id: '', view: viewLine(unassigned, this) }, this));
    }
    let stays: readonly Stay[] = [];
    const hasGoods = lines.some(({ goods, known }) => goods && known);
    if (created !== null && promise !== null && (hasGoods || lines.length === 0)) {
      const { measurement } = this.#options.policies;
      const outcome = judge({
        created,
        order,
        lines,
        shipments,
        promise,
        measurement,
      });
      stays = staysOf({
        created,
        facts: order.facts,
        moves: order.moves,
        deliveredMs: outcome.deliveredMs,
        deliverDueMs: promise.deliverMs,
        fallbackNode: firstNode(lines),
        calendars: this.#options.policies,
      });
      const node = stays.at(-1)?.node ?? '';
      if (hasGoods) rows.push(orderRow({ ...heading, created, promise }, outcome, { node, stays }));
    }
    this.#emitStays(order, stays);
    this.sla.follow(order.id, stays.at(-1));
    emitDifference(order.rows, rows, this.#applied, this.#out);
    order.rows = rows;
  }

  /** What so many units of each line of an order are worth. */
  #worthOf(id: string, unitsOf: (line: LineView) => number): Worth {
    const order = this.orders.get(id);
    if (order === undefined) return { units: 0, amount: '0' };
    const { inHouseCurrency } = this.#headingOf(order);
    let units = 0;
    let amount = 0n;
    for (const line of this.#linesOf(order)) {
      if (!line.goods) continue;
      const lineUnits = unitsOf(line);
      units += lineUnits;
      if (inHouseCurrency) amount += micros(line.price) * BigInt(lineUnits);
    }
    return { units, amount: amountOf(amount) };
  }

  #worthOfShipment(id: string): Worth {
    const unitsOf = ({ legs }: LineView) =>
      legs.reduce((sum, { shipment, units }) => sum + (shipment === id ? units : 0), 0);
    let units = 0;
    let amount = 0n;
    for (const order of this.shipments.get(id)?.orders ?? []) {
      const worth = this.#worthOf(order, unitsOf);
      units += worth.units;
      amount += micros(worth.amount);
    }
    return { units, amount: amountOf(amount) };
  }

  #followShipments({ shipments }: Order): void {
    for (const id of shipments) {
      const shipment = this.shipments.get(id);
      if (shipment !== undefined) this.#followShipment(shipment);
    }
  }

  #followShipment(shipment: Shipment): void {
    this.carrier.follow(shipment.id, this.#wayOf(shipment));
  }

  /** Where a shipment is; null when it is not under way, or nobody knows to whom. */
  #wayOf({ id, orders }: Shipment): UnderWay | null {
    const view = this.view(id);
    const { carrier, deliveredMs, etaMs, etaSaidMs, lastScanMs, node, shippedMs, voidedMs } = view;
    if (shippedMs === null || deliveredMs !== null || voidedMs !== null) return null;
    if (view.returning) return null;
    let first: Heading | null = null;
    let promiseMs = Number.POSITIVE_INFINITY;
    for (const one of orders) {
      const order = this.orders.get(one);
      const heading = order === undefined ? null : this.#headingOf(order);
      if (heading === null || heading.promise === null) continue;
      first ??= heading;
      promiseMs = Math.min(promiseMs, heading.promise.deliverMs);
    }
    if (first === null) return null;
    const channel = first.created?.channel ?? '';
    return {
      ...{ order: first.order, orders: orders.length, carrier, node, channel },
      ...{ shippedMs, lastScanMs, etaMs, etaSaidMs, promiseMs },
    };
  }

  /** Writes the stays that are not as they were. */
  #emitStays(order: Order, stays: readonly Stay[]): void {
    const before = order.stays;
    for (let index = 0; index < Math.max(before.length, stays.length); index++) {
      const old = before[index];
      const now = stays[index];
      const [oldNext, next] = [before[index + 1], stays[index + 1]];
      if (equalStays(old, now) && oldNext?.fromMs === next?.fromMs) continue;
      emitDifference(
        old === undefined ? [] : stayRows(order.id, old, index, oldNext),
        now === undefined ? [] : stayRows(order.id, now, index, next),
        this.#applied,
        this.#out,
      );
    }
    order.stays = stays;
  }

  #linesOf(order: Order, loose = this.#looseOf(order)): LineView[] {
    return order.lines.map((line) => this.#lineView(line, loose?.get(line.id) ?? []));
  }

  #lineView(line: Line, loose: readonly LegFact[]): LineView {
    line.view ??= viewLine(withLoose(line.facts, loose), this);
    return line.view;
  }

  #headingOf(order: Order): Heading {
    const created = createdOf(order);
    return {
      order: order.id,
      created,
      promise: created === null ? null : promiseOf(created, order.facts),
      inHouseCurrency: created !== null && this.#options.house.counts(created.currency),
    };
  }

  #foreignCurrency({ created, inHouseCurrency }: Heading): string | null {
    return created === null || inHouseCurrency ? null : created.currency;
  }

  /** What the carrier asked for a shipment stands with the first order in it, once. */
  #freightOf(order: Order, { id, view }: OrderShipment) {
    const isFirst = this.shipments.get(id)?.orders[0] === order.id;
    const currency = view.currency || createdOf(order)?.currency;
    return {
      freight: isFirst ? view.freight : null,
      inHouseCurrency: this.#options.house.counts(currency),
    };
  }

  #suspect(watch: Watch, id: string): void {
    const { event, nowMs } = this.#applied;
    watch.suspect(id, { sinceMs: nowMs, source: event.source, id: event.id });
  }

  #report(id: string, suspicion: Suspicion): void {
    if (this.orders.get(id) === undefined) return;
    const order = this.#touch(id);
    this.#retention.file(order);
    const heading = this.#headingOf(order);
    for (const violation of violationsOf(this.#examine(order, heading, this.#looseOf(order)))) {
      const found = findingOf({ kind: 'order', id }, violation, suspicion);
      const finding = violation.release ? this.#released(found, violation.release, heading) : found;
      this.#tell(order.flagged, finding);
    }
  }

  #tell(flagged: Flag[], found: Finding | null): void {
    const finding = found === null ? null : noted(flagged, found, this.#applied.seq);
    if (finding !== null) this.#out.finding(finding);
  }

  /** Ends what was reported of an order and is so no more. */
  #endMended(examined: Examined): void {
    const { flagged, id } = examined.order;
    if (!flagged.some(({ holds }) => holds)) return;
    const held = new Set(violationsOf(examined).map(keyOf));
    this.#end(flagged, { kind: 'order', id }, (key) => held.has(key));
  }

  #end(flagged: Flag[], entity: Entity, holds: (key: string) => boolean): void {
    const { nowMs } = this.#applied;
    for (const end of ended(flagged, entity, { holds, nowMs })) this.#out.cleared(end);
  }

  /** With what the rule says of it and what is at stake; null when the rule is off. */
  #released(found: Finding, { floor, node, timeMs }: BadRelease, { created, order }: Heading) {
    const channel = created?.channel ?? '';
    const rule = this.#options.rules.of('RELEASE_VIOLATION', { node, channel });
    if (!rule.enabled) return null;
    const worth = this.#worthOf(order, ({ due }) => due);
    const about = { nodeId: node, ...(channel === '' ? {} : { channelId: channel }) };
    return { ...found, ...about, conditionAtMs: timeMs, ...worth, ordersAtRisk: 1, floor, rule };
  }

  #reportOrphan(id: string, suspicion: Suspicion): void {
    const shipment = this.shipments.get(id);
    if (shipment === undefined || shipment.orders.length > 0 || !this.#options.seesAll) return;
    const isDelivered = this.view(id).deliveredMs !== null;
    const what = isDelivered ? 'was delivered' : 'is under way';
    const violation: Violation = {
      code: 'FLOW_VIOLATION',
      subtype: isDelivered ? 'delivered_before_dispatch' : 'unknown_order',
      detail: `shipment ${id} ${what}, and no dispatch says of which order`,
    };
    const finding = findingOf({ kind: 'shipment', id }, violation, suspicion);
    this.#tell(this.#touchShipment(id).flagged, finding);
  }

  #forget(id: string): void {
    const order = this.orders.get(id);
    this.#retention.drop(id);
    if (order === undefined) return;
    this.sla.follow(id, undefined);
    for (const { identity } of factsOf(order)) this.#orderOf.delete(identity);
    this.orders.delete(id);
    for (const shipmentId of order.shipments) {
      const others = (this.shipments.get(shipmentId)?.orders ?? []).filter((one) => one !== id);
      if (others.length === 0) this.#forgetShipment(shipmentId);
      else {
        const shipment = this.shipments.touch(shipmentId, this.#applied.nowMs);
        shipment.orders.splice(0, shipment.orders.length, ...others);
      }
    }
  }

  #forgetShipment(id: string): void {
    this.#retention.adopted(id);
    this.carrier.follow(id, null);
    for (const { identity } of this.shipments.get(id)?.facts ?? [])
      this.#shipmentOf.delete(identity);
    this.shipments.delete(id);
  }
}

function createdOf({ facts }: Order): CreatedFact | null {
  for (const fact of facts) if (fact.kind === 'created') return fact;
  return null;
}

function* factsOf({ facts, lines, loose }: Order) {
  yield* facts;
  yield* loose;
  for (const line of lines) yield* line.facts;
}

function withLoose(facts: readonly LineFact[], loose: readonly LegFact[]): readonly LineFact[] {
  if (loose.length === 0) return facts;
  const all = [...facts];
  for (const leg of loose) insertFact(all, leg);
  return all;
}

function firstNode(lines: readonly LineView[]): string {
  let first = '';
  for (const { node } of lines) if (node !== '' && (first === '' || node < first)) first = node;
  return first;
}

function removeWhere<T>(list: T[], isWrong: (item: T) => boolean): void {
  if (!list.some(isWrong)) return;
  const kept = list.filter((item) => !isWrong(item));
  list.splice(0, list.length, ...kept);
}
