/** Matrices of what waits, by stage and age: orders and returns. Pure. */
import type { Money } from '../../../contracts/answer.ts';
import type { OrderAging } from '../../../contracts/order-views.ts';
import type { ReturnOverview } from '../../../contracts/return-views.ts';
import { counted, formats } from './format.ts';
import { moneyText, sumsText } from './money.ts';
import { byStart, inOrderOf, SLA_CLASSES, STAGES } from './questions.ts';
import { href } from './route.ts';

export interface MatrixCell {
  readonly count: number;
  /** Under the count: what it is worth. */
  readonly note: string;
  /** What is wrong with some of them, in words; empty when nothing is. */
  readonly alarm: string;
  readonly tone: 'plain' | 'warn' | 'bad';
  readonly href: string;
  readonly isChosen: boolean;
}

export interface Matrix {
  readonly name: string;
  readonly columns: readonly string[];
  readonly rows: readonly {
    readonly name: string;
    /** One for each column; null where there is nothing. */
    readonly cells: readonly (MatrixCell | null)[];
    readonly total: number;
  }[];
}

type Query = Readonly<Record<string, string>>;

export const words = (name: string): string => name.replaceAll('_', ' ');

/** Buckets of each service class (REFERENCE §1.5), so that a column stays where it is. */
const ORDER_BUCKETS: Readonly<Record<string, readonly string[]>> = {
  same_day: ['0-1 h', '1-2 h', '2-4 h', '4-8 h', '>8 h'],
  standard: ['0-4 h', '4-12 h', '12-24 h', '24-48 h', '>48 h'],
  wholesale: ['0-1 d', '1-2 d', '2-3 d', '3-5 d', '>5 d'],
};

type OrderCell = OrderAging['cells'][number];

/** A matrix for each service class that has open orders; a cell opens the list of its orders. */
export function orderMatrices(cells: readonly OrderCell[], query: Query): Matrix[] {
  const classes = [...new Set(cells.map((cell) => cell.sla_class))];
  return classes.sort(inOrderOf(SLA_CLASSES)).map((name) => {
    const own = cells.filter((cell) => cell.sla_class === name);
    const columns =
      ORDER_BUCKETS[name] ?? [...new Set(own.map((cell) => cell.bucket))].sort(byStart);
    const stages = [...new Set(own.map((cell) => cell.stage))].sort(inOrderOf(STAGES));
    return {
      ...{ name, columns },
      rows: stages.map((stage) => {
        const row = own.filter((cell) => cell.stage === stage);
        return {
          name: stage,
          cells: columns.map((bucket) => {
            const cell = row.find((one) => one.bucket === bucket);
            return cell === undefined ? null : orderCell(cell, query);
          }),
          total: row.reduce((sum, { orders }) => sum + orders, 0),
        };
      }),
    };
  });
}

function orderCell(
  { bucket, late, nearly, orders, sla_class, stage, value }: OrderCell,
  query: Query,
) {
  const chosen = { stage, sla_class, bucket };
  const isChosen = Object.entries(chosen).every(([name, one]) => query[name] === one);
  const none = { stage: '', sla_class: '', bucket: '' };
  const alarm = [
    ...(late > 0 ? [`${formats.units(late)} late`] : []),
    ...(nearly > 0 ? [`${formats.units(nearly)} close`] : []),
  ].join(', ');
  return {
    ...{
      count: orders,
      note: value.some(({ amount }) => Number(amount) !== 0) ? sumsText(value) : '',
      alarm,
      isChosen,
    },
    tone: late > 0 ? ('bad' as const) : nearly > 0 ? ('warn' as const) : ('plain' as const),
    // A second click lets go of it.
    href: href('orders', [], { ...query, status: '', ...(isChosen ? none : chosen) }),
  };
}

/** Open orders, those late and close to it, and their worth, of all cells. */
export function orderTotals(cells: readonly OrderCell[]): {
  readonly orders: number;
  readonly late: number;
  readonly nearly: number;
  readonly value: readonly Money[];
} {
  const sum = (of: (cell: OrderCell) => number) =>
    cells.reduce((total, cell) => total + of(cell), 0);
  const sums = new Map<string, number>();
  for (const { amount, currency } of cells.flatMap(({ value }) => value)) {
    sums.set(currency, (sums.get(currency) ?? 0) + Number(amount));
  }
  return {
    orders: sum(({ orders }) => orders),
    late: sum(({ late }) => late),
    nearly: sum(({ nearly }) => nearly),
    // For the eye only: rounded when it is shown.
    value: [...sums].map(([currency, amount]) => ({ currency, amount: String(amount) })),
  };
}

const RETURN_BUCKETS = ['0-1 d', '1-2 d', '2-3 d', '3-7 d', '>7 d'];
export const RETURN_STAGES: Readonly<Record<string, string>> = {
  authorised: 'Goods to come',
  received: 'To decide on',
  refund: 'Refund owed',
};
/** Goods should be decided on within two days (K29a); money be back within five (K30a). */
const RETURN_LATE: Readonly<Record<string, readonly string[]>> = {
  received: ['2-3 d', '3-7 d', '>7 d'],
  refund: ['>7 d'],
};

/** What of returns waits; a cell opens the list of it. */
export function returnMatrix(cells: ReturnOverview['open'], query: Query): Matrix {
  return {
    name: 'Returns that are not over',
    columns: RETURN_BUCKETS,
    rows: Object.keys(RETURN_STAGES).map((stage) => {
      const row = cells.filter((cell) => cell.stage === stage);
      return {
        name: stage,
        cells: RETURN_BUCKETS.map((bucket) => {
          const cell = row.find((one) => one.bucket === bucket);
          return cell === undefined ? null : returnCell(cell, query);
        }),
        total: row.reduce((sum, { returns }) => sum + returns, 0),
      };
    }),
  };
}

function returnCell(
  { amount, bucket, returns, stage, units }: ReturnOverview['open'][number],
  query: Query,
) {
  const isChosen = query['stage'] === stage && query['bucket'] === bucket;
  const isLate = RETURN_LATE[stage]?.includes(bucket) ?? false;
  return {
    count: returns,
    note: Number(amount) === 0 ? counted(units, 'unit') : moneyText({ amount, currency: '' }),
    alarm: isLate ? 'late' : '',
    ...{ tone: isLate ? ('bad' as const) : ('plain' as const), isChosen },
    href: href('returns', [], {
      ...query,
      ...(isChosen ? { stage: '', bucket: '' } : { stage, bucket }),
    }),
  };
}
