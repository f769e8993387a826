/** Which cases a list shows, in which order, and from which place on. Pure. */
import { Type, type Static } from 'typebox';
import type { CaseRecord } from '../../contracts/case-record.ts';
import type { CaseSort } from '../../contracts/cases.ts';

export interface CaseFilter {
  readonly severity?: string | undefined;
  readonly code?: string | undefined;
  readonly team?: string | undefined;
  readonly node_id?: string | undefined;
  readonly sku_id?: string | undefined;
  readonly order_id?: string | undefined;
  readonly supplier_id?: string | undefined;
  readonly location_id?: string | undefined;
  readonly assignee?: string | undefined;
  /** Part of the id, title, detail, assignee or any key; case-insensitive. */
  readonly q?: string | undefined;
}

export function matches(record: CaseRecord, filter: CaseFilter): boolean {
  const { assignee, code, location_id, node_id, order_id, q, severity, sku_id } = filter;
  const { supplier_id, team } = filter;
  return (
    (severity === undefined || record.severity === severity) &&
    (code === undefined || record.code === code) &&
    (team === undefined || record.team === team) &&
    (node_id === undefined || record.nodeId === node_id) &&
    (sku_id === undefined || record.skuId === sku_id) &&
    (order_id === undefined || record.orderId === order_id) &&
    (supplier_id === undefined || record.supplierId === supplier_id) &&
    (location_id === undefined || record.locationId === location_id) &&
    (assignee === undefined || record.assignee === assignee) &&
    (q === undefined || textOf(record).includes(q.toLowerCase()))
  );
}

function textOf(record: CaseRecord): string {
  const { assignee, caseId, channelId, detail, locationId, orderId, supplierId, title } = record;
  const parts = [caseId, title, detail, assignee ?? '', orderId, channelId, supplierId, locationId];
  return parts.join('\n').toLowerCase();
}

/** What the orders compare by, so that a cursor holds without its case. */
export const Place = Type.Object({
  caseId: Type.String(),
  severity: Type.String(),
  ackDueMs: Type.Number(),
  resolveDueMs: Type.Number(),
  acknowledgedAtMs: Type.Union([Type.Number(), Type.Null()]),
  openedAtMs: Type.Number(),
  exposure: Type.Object({ amount: Type.String() }),
});
export type Place = Static<typeof Place>;

type Order = (a: Place, b: Place) => number;

const bySeverity: Order = (a, b) =>
  a.severity < b.severity ? -1 : a.severity > b.severity ? 1 : 0;
/** For order only: amounts themselves stay decimal strings. */
const byAmount: Order = (a, b) => Number(b.exposure.amount) - Number(a.exposure.amount);
/** What counts next: the acknowledgement until there is one. */
const dueMs = ({ ackDueMs, acknowledgedAtMs, resolveDueMs }: Place) =>
  acknowledgedAtMs === null ? Math.min(ackDueMs, resolveDueMs) : resolveDueMs;
const byDue: Order = (a, b) => dueMs(a) - dueMs(b);
const byNewest: Order = (a, b) => b.openedAtMs - a.openedAtMs;
/** The same answer each time, whatever the order of the input. */
const byId: Order = (a, b) => (a.caseId < b.caseId ? -1 : a.caseId > b.caseId ? 1 : 0);

const ORDERS: Readonly<Record<CaseSort, readonly Order[]>> = {
  rank: [bySeverity, byAmount, byDue, byId],
  due: [byDue, bySeverity, byId],
  newest: [byNewest, byId],
  amount: [byAmount, bySeverity, byId],
};

export function compareCases(sort: CaseSort): Order {
  const orders = ORDERS[sort];
  return (a, b) => {
    for (const order of orders) {
      const difference = order(a, b);
      if (difference !== 0) return difference;
    }
    return 0;
  };
}

export interface Ranked {
  /** The cases behind `after`, up to `limit`. */
  readonly records: CaseRecord[];
  /** Cases that match, wherever they stand. */
  readonly total: number;
}

/**
 * The ranked cases that match, from a place on. One that has left or does not match any more is where it would
 * stand, so that a page never repeats or skips what stayed.
 */
export function rank(
  records: Iterable<CaseRecord>,
  { after, filter, limit, sort }: RankQuestion,
): Ranked {
  const compare = compareCases(sort);
  const ranked = [...records].filter((record) => matches(record, filter)).sort(compare);
  const start = after === undefined ? 0 : ranked.findIndex((record) => compare(record, after) > 0);
  const rest = start === -1 ? [] : ranked.slice(start, start + limit);
  return { records: rest, total: ranked.length };
}

export interface RankQuestion {
  readonly filter: CaseFilter;
  readonly sort: CaseSort;
  readonly limit: number;
  /** The last case of the page before. */
  readonly after?: Place | undefined;
}

export function placeOf(record: CaseRecord): Place {
  const { ackDueMs, acknowledgedAtMs, caseId, exposure, openedAtMs, resolveDueMs, severity } =
    record;
  return {
    ...{ caseId, severity, ackDueMs, resolveDueMs, acknowledgedAtMs, openedAtMs },
    exposure: { amount: exposure.amount },
  };
}
