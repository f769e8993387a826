/** The aging of open orders as a matrix: rows of nodes, channels and currencies put together. Pure. */
import type { Money } from '../../contracts/answer.ts';
import type { OrderAging } from '../../contracts/order-views.ts';
import type { AgingRow } from '../clickhouse/orders.ts';
import { addAmounts } from '../money.ts';

export interface CellFilter {
  readonly node_id?: string | undefined;
  readonly channel_id?: string | undefined;
  readonly sla_class?: string | undefined;
}

type Cell = OrderAging['cells'][number];

/** Cells of the rows that match; nodes and channels are those of all rows, so that one can choose another. */
export function agingOf(
  rows: readonly AgingRow[],
  { channel_id, node_id, sla_class }: CellFilter,
): Pick<OrderAging, 'cells' | 'nodes' | 'channels'> {
  const cells = new Map<string, Cell>();
  for (const row of rows) {
    if (node_id !== undefined && row.nodeId !== node_id) continue;
    if (channel_id !== undefined && row.channelId !== channel_id) continue;
    if (sla_class !== undefined && row.slaClass !== sla_class) continue;
    const key = JSON.stringify([row.slaClass, row.stage, row.bucket]);
    cells.set(key, withRow(cells.get(key) ?? emptyCell(row), row));
  }
  const named = (ids: readonly string[]) => [...new Set(ids)].filter(Boolean).sort();
  return {
    cells: [...cells.values()],
    nodes: named(rows.map(({ nodeId }) => nodeId)),
    channels: named(rows.map(({ channelId }) => channelId)),
  };
}

const emptyCell = ({ bucket, slaClass, stage }: AgingRow): Cell => ({
  ...{ stage, sla_class: slaClass, bucket },
  ...{ orders: 0, late: 0, nearly: 0, value: [] },
});

function withRow(cell: Cell, row: AgingRow): Cell {
  return {
    ...cell,
    orders: cell.orders + row.orders,
    late: cell.late + row.late,
    nearly: cell.nearly + row.nearly,
    value: withMoney(cell.value, { amount: row.value, currency: row.currency }),
  };
}

function withMoney(sums: readonly Money[], money: Money): Money[] {
  const known = sums.find(({ currency }) => currency === money.currency);
  if (known === undefined) return [...sums, money];
  const sum = { ...money, amount: addAmounts(known.amount, money.amount) };
  return sums.map((one) => (one === known ? sum : one));
}
