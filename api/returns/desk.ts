/** Returns as the API answers about them: what waits, how long it takes, what it costs, and the list behind it. */
import { Type } from 'typebox';
import type { KpiWindowName } from '../../contracts/kpi.ts';
import type { ReturnList, ReturnOverview } from '../../contracts/return-views.ts';
import type { KpiDefinition } from '../../platform/clickhouse/kpis.ts';
import {
  readOpenReturns,
  readReceived,
  readReturnList,
  readReturnMoney,
  readReturnNodes,
  type ReturnQuestion,
} from '../clickhouse/returns.ts';
import { clockView } from '../kpi/catalogue.ts';
import type { KpiReader } from '../kpi/reader.ts';
import { courseOf } from '../kpi/reading.ts';
import { addAmounts } from '../money.ts';
import { pagedList } from '../page.ts';
import { windowNow, type Reads } from '../reads.ts';

const MAX_NODES = 200;
const MAX_REASONS = 50;
const CYCLE = 'K29a';

const returns = pagedList('returns', Type.Tuple([Type.Integer(), Type.String()]));

export interface ReturnDeskOptions {
  readonly reads: Reads;
  readonly reader: KpiReader;
  readonly kpis: readonly KpiDefinition[];
}

export interface AskedReturns extends Pick<ReturnQuestion, 'sort' | 'limit'> {
  readonly cursor?: string | undefined;
  readonly node_id?: string | undefined;
  readonly stage?: string | undefined;
  readonly bucket?: string | undefined;
  readonly reason?: string | undefined;
  readonly q?: string | undefined;
}

export class ReturnDesk {
  readonly #options: ReturnDeskOptions;

  constructor(options: ReturnDeskOptions) {
    this.#options = options;
  }

  overview(asked: {
    node_id?: string | undefined;
    window: KpiWindowName;
  }): Promise<ReturnOverview> {
    const { kpis, reader, reads } = this.#options;
    const clock = reads.clock();
    const { head, window } = windowNow(clock, asked.window);
    const { fromMs, rollup, stepMs, toMs } = window;
    const { node_id: node = '' } = asked;
    const span = { node, fromMs, toMs, nowMs: clock.nowMs };
    const where = node === '' ? {} : { node_id: node };
    const cycle = kpis.filter(({ id }) => id === CYCLE);
    return reads.shared(['returns', asked], async () => {
      const [open, received, money, nodes, points] = await Promise.all([
        readOpenReturns(reads.rows, span),
        readReceived(reads.rows, { ...span, limit: MAX_REASONS }),
        readReturnMoney(reads.rows, span),
        readReturnNodes(reads.rows, { limit: MAX_NODES }),
        reader.points(cycle, { fromMs, toMs, rollup, stepMs, where }),
      ]);
      const course = points.get(CYCLE) ?? [];
      if (course instanceof Error) throw course;
      return {
        ...head,
        open,
        cycle: {
          p50_h: courseOf(course, window, ({ spread }) => spread?.p50 ?? null),
          p90_h: courseOf(course, window, ({ spread }) => spread?.p90 ?? null),
        },
        ...received,
        money: { ...money, owed: owedOf(open) },
        nodes,
      };
    });
  }

  /** Rejects with a ProblemError for a cursor that is none of this list. */
  async list({ cursor, limit, ...question }: AskedReturns): Promise<ReturnList> {
    const { reads } = this.#options;
    const clock = reads.clock();
    const place = returns.after(cursor, question);
    const { bucket = '', node_id: node = '', q = '', reason = '', sort, stage = '' } = question;
    const [key = 0, tie = ''] = place ?? [];
    const read = await reads.shared(['return-list', question, limit, cursor], () =>
      readReturnList(reads.rows, {
        ...{ nowMs: clock.nowMs, limit: limit + 1, sort, bucket, node, q, reason, stage },
        after: place === undefined ? null : { key, tie },
      }),
    );
    const page = returns.page(read, {
      ...{ limit, question },
      placeOf: (row) => [row.key, row.tie],
    });
    return {
      ...clockView(clock),
      returns: page.entries.map(({ key: _, tie: __, ...row }) => row),
      next_cursor: page.nextCursor,
    };
  }
}

/** Of the goods that are decided on and not paid for. */
const owedOf = (open: ReturnOverview['open']): string =>
  open
    .filter(({ stage }) => stage === 'refund')
    .reduce((sum, { amount }) => addAmounts(sum, amount), '0');
