/**
 * The rows that a unit stands for at an instant, what is wrong with it, and when time alone will change
 * them. Pure: the same facts and instant give the same projection, in whatever order the facts came.
 */
import { times } from '../facts/money.ts';
import type { FactRow } from '../facts/signed.ts';
import type { Cell } from '../processor.ts';
import { orderOf, type ReturnsFact } from './facts.ts';
import { factsByKind, goodsOf, unitsByState, type Goods, type Returned } from './goods.ts';
import { costsOf, nextCostMs, type Cost } from './leakage.ts';
import { refundsOf, type Refund } from './refunds.ts';
import { violationsOf, type Violation } from './violations.ts';

export interface Projection {
  readonly rows: readonly FactRow[];
  readonly violations: readonly Violation[];
  /** Returns of which something waits for a decision. */
  readonly pending: readonly Pending[];
  /** When the rows change although nothing happens; null for never. */
  readonly wakeMs: number | null;
}

/** What waits of a return. */
export interface Pending {
  /** `return/` and its authorisation, or the receipt that came without one. */
  readonly entity: string;
  readonly order: string;
  readonly node: string;
  /** When the first of it came. */
  readonly sinceMs: number;
  readonly goods: readonly {
    readonly sku: string;
    readonly units: number;
    /** '' when they are not known, or are in another currency. */
    readonly unitCost: string;
    readonly price: string;
  }[];
  readonly evidence: { readonly source: string; readonly id: string };
}

const NOTHING: Projection = { rows: [], violations: [], pending: [], wakeMs: null };
const HOUR_MS = 3_600_000;

export function project(unit: string, facts: readonly ReturnsFact[], nowMs: number): Projection {
  if (standsForNothing(facts)) return NOTHING;
  const byKind = factsByKind(facts);
  const goods = goodsOf(byKind);
  const refunds = refundsOf(byKind, goods);
  const sold = { facts: byKind, goods, refunds };
  const order: Order = {
    id: orderOf(unit),
    channel: byKind.line[0]?.channel ?? '',
    sla: byKind.line[0]?.sla ?? '',
  };
  return {
    rows: [
      ...returnRows(goods, order),
      ...refunds.flatMap((refund) => refundRows(refund, order)),
      ...costsOf(sold, nowMs).map((cost) => costRow(cost, order)),
    ],
    violations: violationsOf(order.id, sold),
    pending: pendingOf(goods, order.id),
    wakeMs: nextCostMs(sold, nowMs),
  };
}

/** Most orders: nothing came back, nothing was cancelled, and what left did so with one shipment. */
function standsForNothing(facts: readonly ReturnsFact[]): boolean {
  let first = '';
  for (const fact of facts) {
    switch (fact.kind) {
      case 'line':
      case 'authorised':
      case 'voided':
        break;
      case 'shipped':
      case 'freight':
        if (first === '') first = fact.shipment;
        else if (first !== fact.shipment) return false;
        break;
      default:
        return false;
    }
    // What is in another currency is said, whatever else happened.
    if (fact.kind === 'freight' && !fact.inHouse) return false;
  }
  return true;
}

interface Order {
  /** '' when the unit is a reference that no order names. */
  readonly id: string;
  readonly channel: string;
  readonly sla: string;
}

const flag = (value: boolean) => (value ? 1 : 0);

function returnRows({ early, returned }: Goods, order: Order): FactRow[] {
  const received = returned.flatMap((piece, index) => {
    const key = `${piece.fact.identity}/${piece.sale?.fact.identity ?? index}`;
    return [returnRow(key, piece, order), ...returnDurations(key, piece, order)];
  });
  const unreceived = early.map(({ fact, units }): FactRow => {
    const { identity, node, rma, sku, timeMs } = fact;
    const states = unitsByState([{ fact, units }]);
    return {
      table: 'returns',
      key: `early/${identity}`,
      cells: [
        ...[order.id, rma, '', '', sku, node, order.channel, order.sla, '', 0, 0, '0'],
        ...[...states, -units, null, null, timeMs, null, timeMs],
      ],
    };
  });
  return [...received, ...unreceived];
}

const waiting = ({ disposed, units }: Returned) =>
  units - disposed.reduce((sum, one) => sum + one.units, 0);

function pendingOf({ returned }: Goods, order: string): Pending[] {
  const pending = new Map<string, Pending>();
  for (const piece of returned) {
    const units = waiting(piece);
    if (units === 0) continue;
    const { fact, line } = piece;
    const { id, node, receivedMs, rma, sku, source } = fact;
    const entity = `return/${rma || id}`;
    const known = pending.get(entity);
    const price = line?.inHouse === true ? line.price : '';
    const goods = [...(known?.goods ?? []), { sku, units, unitCost: line?.unitCost ?? '', price }];
    const isFirst = known === undefined || receivedMs < known.sinceMs;
    const since = isFirst ? { node, sinceMs: receivedMs, evidence: { source, id } } : known;
    pending.set(entity, { entity, order, ...since, goods });
  }
  return [...pending.values()];
}

/** When the last unit was decided on; null while some are pending. */
function dispositionedMs({ disposed, units }: Returned): number | null {
  const decided = disposed.reduce((sum, one) => sum + one.units, 0);
  return decided < units ? null : Math.max(...disposed.map(({ fact }) => fact.timeMs));
}

/** When the last of the units that can be sold again was put back; null when none was. */
function availableMs({ disposed }: Returned): number | null {
  const back = disposed.filter(({ fact }) => fact.to === 'available');
  return back.length === 0 ? null : Math.max(...back.map(({ fact }) => fact.timeMs));
}

export const isBlind = ({ authorised, fact }: Returned) =>
  authorised === undefined && fact.shipment === '';

/** Why it came back: the reason of its authorisation, or that it was refused at the door. */
const reasonOf = ({ authorised, fact }: Returned) =>
  authorised?.reason ?? (fact.shipment === '' ? 'blind' : 'refused');

function returnRow(key: string, piece: Returned, { channel, id, sla }: Order): FactRow {
  const { authorised, disposed, fact, line, sale, units } = piece;
  const states = unitsByState(disposed);
  const pending = waiting(piece);
  const amount = line?.inHouse === true ? times(line.price, units) : '0';
  return {
    table: 'returns',
    key,
    cells: [
      ...[id, fact.rma, line?.line ?? fact.line, sale?.fact.shipment ?? fact.shipment, fact.sku],
      ...[fact.node, channel, sla, reasonOf(piece), flag(isBlind(piece)), units, amount],
      ...[...states, pending, fact.receivedMs, authorised?.timeMs ?? null],
      ...[dispositionedMs(piece), availableMs(piece), sale?.fact.shippedMs ?? fact.receivedMs],
    ],
  };
}

/** K29a and K29b. A decision that is older than the receipt measures nothing. */
function returnDurations(key: string, piece: Returned, order: Order): FactRow[] {
  const { fact } = piece;
  const from = { atMs: fact.receivedMs, fromMs: fact.receivedMs, ref: fact.rma || order.id };
  const dimensions = [fact.node, order.channel, order.sla, reasonOf(piece), fact.sku];
  return [
    ...duration('return_cycle', key, { ...from, toMs: dispositionedMs(piece), dimensions }),
    ...duration('return_to_stock', key, { ...from, toMs: availableMs(piece), dimensions }),
  ];
}

function refundRows(refund: Refund, { channel, id, sla }: Order): FactRow[] {
  const { currency, fact, inHouse, initiated, received, sale } = refund;
  const { amount, identity, issuedMs, refund: ref, rma } = fact;
  const sku = fact.sku || received?.sku || '';
  const node = received?.node ?? sale?.fact.node ?? '';
  const key = String(identity);
  const row: FactRow = {
    table: 'refunds',
    key,
    cells: [
      ...[ref, id, rma, sku, node, channel, sla, amount, currency, flag(inHouse), issuedMs],
      ...[initiated?.timeMs ?? null, received?.receivedMs ?? null, flag(received !== undefined)],
    ],
  };
  const dimensions = [node, channel, sla, initiated?.reason ?? '', sku];
  const until = { atMs: issuedMs, toMs: issuedMs, ref, dimensions };
  return [
    row,
    ...duration('refund_from_receipt', key, { ...until, fromMs: received?.receivedMs ?? null }),
    ...duration('refund_from_start', key, { ...until, fromMs: initiated?.timeMs ?? null }),
  ];
}

/** A row of `durations`; none when an end is missing or the ends are the wrong way round. */
function duration(
  measure: string,
  key: string,
  span: {
    readonly atMs: number;
    readonly fromMs: number | null;
    readonly toMs: number | null;
    readonly ref: string;
    readonly dimensions: readonly Cell[];
  },
): FactRow[] {
  const { atMs, dimensions, fromMs, ref, toMs } = span;
  if (fromMs === null || toMs === null || toMs < fromMs) return [];
  const cells = [measure, atMs, ...dimensions, ref, (toMs - fromMs) / HOUR_MS];
  return [{ table: 'durations', key: `${measure}/${key}`, cells }];
}

function costRow(cost: Cost, { channel, id, sla }: Order): FactRow {
  const { amount, component, currency, inHouse, key, origin, postedMs, ref, shipment } = cost;
  return {
    table: 'costs',
    key,
    cells: [
      ...[component, origin, ref, id, shipment, cost.sku, cost.node, channel, sla, amount],
      ...[currency, flag(inHouse), postedMs, cost.cause],
    ],
  };
}
