/** Requests of the views of the operation: orders, suppliers, the floor, returns. */
import type { CaseList } from '../../../contracts/cases.ts';
import type { FloorView } from '../../../contracts/floor-views.ts';
import type {
  OrderAging,
  OrderDetail,
  OrderEvents,
  OrderList,
} from '../../../contracts/order-views.ts';
import type { PositionList } from '../../../contracts/position-views.ts';
import type { ReturnList, ReturnOverview } from '../../../contracts/return-views.ts';
import type {
  PoLineList,
  ReceiptList,
  SupplierDetail,
  SupplierList,
} from '../../../contracts/supplier-views.ts';
import { getJson } from './api.ts';

/** What is asked for, by the names of the API; empty values are not. */
export type Question = Readonly<Record<string, string>>;

function url(path: string, question: Question): string {
  const asked = Object.entries(question).filter(([, value]) => value !== '');
  return asked.length === 0 ? path : `${path}?${new URLSearchParams(asked).toString()}`;
}

const of = (list: string, id: string) => `/v1/${list}/${encodeURIComponent(id)}`;

export const readAging = (question: Question, signal: AbortSignal) =>
  getJson<OrderAging>(url('/v1/orders/aging', question), signal);
export const listOrders = (question: Question, signal: AbortSignal) =>
  getJson<OrderList>(url('/v1/orders', question), signal);
export const readOrder = (id: string, signal: AbortSignal) =>
  getJson<OrderDetail>(of('orders', id), signal);
export const listOrderEvents = (id: string, question: Question, signal: AbortSignal) =>
  getJson<OrderEvents>(url(`${of('orders', id)}/events`, question), signal);

export const listSuppliers = (question: Question, signal: AbortSignal) =>
  getJson<SupplierList>(url('/v1/suppliers', question), signal);
export const readSupplier = (id: string, question: Question, signal: AbortSignal) =>
  getJson<SupplierDetail>(url(of('suppliers', id), question), signal);
export const listPoLines = (id: string, question: Question, signal: AbortSignal) =>
  getJson<PoLineList>(url(`${of('suppliers', id)}/po-lines`, question), signal);
export const listReceipts = (id: string, question: Question, signal: AbortSignal) =>
  getJson<ReceiptList>(url(`${of('suppliers', id)}/receipts`, question), signal);

export const readFloor = (question: Question, signal: AbortSignal) =>
  getJson<FloorView>(url('/v1/floor', question), signal);

export const readReturns = (question: Question, signal: AbortSignal) =>
  getJson<ReturnOverview>(url('/v1/returns/overview', question), signal);
export const listReturns = (question: Question, signal: AbortSignal) =>
  getJson<ReturnList>(url('/v1/returns', question), signal);

export const listPositions = (question: Question, signal: AbortSignal) =>
  getJson<PositionList>(url('/v1/positions', question), signal);

/** Cases of an order, a supplier or a bin, open and closed, the worst first. */
export const casesOf = (question: Question, signal: AbortSignal) =>
  getJson<CaseList>(url('/v1/cases', { status: 'all', limit: '50', ...question }), signal);
