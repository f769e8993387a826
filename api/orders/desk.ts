/** Orders as the API answers about them: where they are aging, the list behind a number, one of them whole. */
import { Type } from 'typebox';
import type {
  OrderAging,
  OrderDetail,
  OrderEvents,
  OrderList,
} from '../../contracts/order-views.ts';
import { ProblemError } from '../../platform/http/problem.ts';
import {
  readEvents,
  readLines,
  readMoney,
  readNotes,
  readOrder,
  readRefunds,
  readReturns,
  readShipments,
  readStays,
  type LineRow,
  type RefundRow,
  type ReturnRow,
  type ShipmentRow,
} from '../clickhouse/order.ts';
import { readAging, readOrders, type OrderQuestion, type OrderRow } from '../clickhouse/orders.ts';
import { clockView } from '../kpi/catalogue.ts';
import { addAmounts } from '../money.ts';
import { pagedList } from '../page.ts';
import type { Reads } from '../reads.ts';
import { agingOf, type CellFilter } from './cells.ts';
import { allocatedOf, timelineOf } from './timeline.ts';

/** What the list is ordered by, and the order. */
const orders = pagedList('orders', Type.Tuple([Type.Integer(), Type.String()]));
/** Place in the log. */
const events = pagedList('order-events', Type.Tuple([Type.Integer()]));

export interface AskedOrders extends Omit<OrderQuestion, 'nowMs' | 'after'> {
  readonly cursor?: string | undefined;
}

export class OrderDesk {
  readonly #reads: Reads;

  constructor(reads: Reads) {
    this.#reads = reads;
  }

  async aging(filter: CellFilter): Promise<OrderAging> {
    const clock = this.#reads.clock();
    const { limits, rows } = this.#reads;
    const cells = await this.#reads.shared(['aging'], () =>
      readAging(rows, { nowMs: clock.nowMs, limit: limits.rows }),
    );
    return { ...clockView(clock), ...agingOf(cells, filter) };
  }

  /** Rejects with a ProblemError for a cursor that is none of this list. */
  async list({ cursor, limit, ...question }: AskedOrders): Promise<OrderList> {
    const clock = this.#reads.clock();
    const [key, id] = orders.after(cursor, question) ?? [];
    const read = await this.#reads.shared(['orders', question, limit, cursor], () =>
      readOrders(this.#reads.rows, {
        ...{ ...question, nowMs: clock.nowMs, limit: limit + 1 },
        after: key === undefined || id === undefined ? null : { key, id },
      }),
    );
    const page = orders.page(read, {
      ...{ limit, question },
      placeOf: (row) => [row.key, row.order_id],
    });
    return {
      ...clockView(clock),
      orders: page.entries.map(summaryOf),
      next_cursor: page.nextCursor,
    };
  }

  /** Rejects with a ProblemError when no fact says anything of the order. */
  async detail(order: string): Promise<OrderDetail> {
    const { limits, rows } = this.#reads;
    const asked = { order, limit: limits.ofOrder };
    const [head, stays, lines, shipments, returns, refunds, money, notes] = await Promise.all([
      readOrder(rows, order),
      readStays(rows, asked),
      readLines(rows, asked),
      readShipments(rows, asked),
      readReturns(rows, asked),
      readRefunds(rows, asked),
      readMoney(rows, order),
      readNotes(rows, asked),
    ]);
    if (head === undefined) throw unknownOrder(order);
    return {
      ...clockView(this.#reads.clock()),
      ...{ order_id: order, ...head },
      stage: stays.at(-1)?.stage ?? '',
      timeline: timelineOf({ order: head, stays, shipments, returns, refunds, notes }),
      lines: linesOf(lines, { allocated: allocatedOf(notes), returns, refunds }),
      shipments: shipments.map(shipmentOf),
      returns: returns.map(({ line_id: _, ...one }) => one),
      money,
    };
  }

  /** Raw events of an order. Rejects with a ProblemError when there are none. */
  async events(
    order: string,
    { cursor, limit }: { cursor?: string | undefined; limit: number },
  ): Promise<OrderEvents> {
    const question = { order };
    const [after = 0] = events.after(cursor, question) ?? [];
    const read = await readEvents(this.#reads.rows, { order, after, limit: limit + 1 });
    if (read.length === 0 && cursor === undefined) throw unknownOrder(order);
    const page = events.page(read, { limit, question, placeOf: ({ seq }) => [seq] });
    return { events: page.entries, next_cursor: page.nextCursor };
  }
}

function summaryOf({ amount, currency, key: _, late, paused, ...row }: OrderRow) {
  return { ...row, late: late === 1, paused: paused === 1, value: { amount, currency } };
}

/** What came back names a line, or only its SKU; refunds name a SKU: then it is of the first line of it. */
function linesOf(
  lines: readonly LineRow[],
  of: {
    allocated: ReadonlyMap<string, number>;
    returns: readonly ReturnRow[];
    refunds: readonly RefundRow[];
  },
): OrderDetail['lines'] {
  return lines.map(({ currency, price, ...line }) => {
    const isFirst = lines.find(({ sku_id }) => sku_id === line.sku_id)?.line_id === line.line_id;
    const back = of.returns.filter(({ line_id, sku_id }) =>
      line_id === '' ? isFirst && sku_id === line.sku_id : line_id === line.line_id,
    );
    const paid = isFirst ? of.refunds.filter(({ sku_id }) => sku_id === line.sku_id) : [];
    return {
      ...line,
      unit_price: { amount: price, currency },
      allocated: of.allocated.get(line.line_id) ?? 0,
      returned: back.reduce((sum, { units }) => sum + units, 0),
      refunded: paid.reduce((sum, { amount }) => addAmounts(sum, amount), '0'),
    };
  });
}

const shipmentOf = ({ currency, freight, ...shipment }: ShipmentRow) => ({
  ...shipment,
  freight: freight === null ? null : { amount: freight, currency },
});

function unknownOrder(id: string): ProblemError {
  return new ProblemError({
    status: 404,
    kind: 'unknown-order',
    title: 'Unknown order',
    detail: 'No event names this order',
    field: 'id',
    value: id,
    allowed: 'an order_id of GET /v1/orders',
  });
}
