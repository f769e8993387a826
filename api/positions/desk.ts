/** Positions as the API answers about them: what is oversold, out of stock or unsellable, and everything else. */
import { Type } from 'typebox';
import type { PositionList } from '../../contracts/position-views.ts';
import type { Items } from '../clickhouse/items.ts';
import {
  readPositionNodes,
  readPositions,
  type PositionQuestion,
} from '../clickhouse/positions.ts';
import { clockView } from '../kpi/catalogue.ts';
import { pagedList } from '../page.ts';
import type { Reads } from '../reads.ts';

const MAX_NODES = 200;

const positions = pagedList(
  'positions',
  Type.Tuple([Type.Integer(), Type.String(), Type.String()]),
);

export interface PositionDeskOptions {
  readonly reads: Reads;
  readonly items: Pick<Items, 'describe'>;
}

export interface AskedPositions extends Pick<PositionQuestion, 'sort' | 'limit'> {
  readonly cursor?: string | undefined;
  readonly node_id?: string | undefined;
  readonly only?: PositionQuestion['only'];
  readonly q?: string | undefined;
}

export class PositionDesk {
  readonly #options: PositionDeskOptions;

  constructor(options: PositionDeskOptions) {
    this.#options = options;
  }

  /** Rejects with a ProblemError for a cursor that is none of this list. */
  async list({ cursor, limit, ...question }: AskedPositions): Promise<PositionList> {
    const { items, reads } = this.#options;
    const after = positions.after(cursor, question);
    const { node_id: node = '', only, q = '', sort } = question;
    const [read, nodes] = await Promise.all([
      reads.shared(['positions', question, limit, cursor], () =>
        readPositions(reads.rows, { after, limit: limit + 1, node, only, q, sort }),
      ),
      reads.shared(['position-nodes'], () => readPositionNodes(reads.rows, { limit: MAX_NODES })),
    ]);
    const page = positions.page(read, {
      ...{ limit, question },
      placeOf: ({ key, node_id: ofNode, sku_id: sku }) => [key, sku, ofNode],
    });
    const skus = [...new Set(page.entries.map(({ sku_id: sku }) => sku))];
    const descriptions = await items.describe(skus);
    return {
      ...clockView(reads.clock()),
      positions: page.entries.map(({ key: _, ...row }) => ({
        ...row,
        description: descriptions.get(row.sku_id) ?? null,
      })),
      nodes,
      next_cursor: page.nextCursor,
    };
  }
}
