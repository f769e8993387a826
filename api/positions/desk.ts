/** Positions as the API answers about them: what is oversold, out of stock or unsellable, and everything else. */
import { Type } from 'typebox';
import type { PositionList } from '../../contracts/position-views.ts';
import type { Scope } from '../../platform/access/identity.ts';
import { nodesAsked } from '../access/scope.ts';
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
  /** What the caller may see. */
  readonly scope: Scope;
}

export class PositionDesk {
  readonly #options: PositionDeskOptions;

  constructor(options: PositionDeskOptions) {
    this.#options = options;
  }

  /** Rejects with a ProblemError for a cursor that is none of this list. */
  async list({
    cursor,
    limit,
    node_id,
    only,
    q = '',
    scope,
    sort,
  }: AskedPositions): Promise<PositionList> {
    const { items, reads } = this.#options;
    const question = { nodes: nodesAsked(scope, node_id), only, q, sort };
    const after = positions.after(cursor, question);
    const inReach = { nodes: scope.nodes, limit: MAX_NODES };
    const [read, nodes] = await Promise.all([
      reads.shared(['positions', question, limit, cursor], () =>
        readPositions(reads.rows, { ...question, after, limit: limit + 1 }),
      ),
      reads.shared(['position-nodes', inReach], () => readPositionNodes(reads.rows, inReach)),
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
