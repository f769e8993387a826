/** Suppliers as the API answers about them: scorecards, one of them with its drift, its lines and receipts. */
import { Type } from 'typebox';
import type { CaseRecord } from '../../contracts/case-record.ts';
import type { KpiWindowName } from '../../contracts/kpi.ts';
import type {
  PoLineList,
  ReceiptList,
  SupplierDetail,
  SupplierList,
} from '../../contracts/supplier-views.ts';
import type { KpiDefinition } from '../../platform/clickhouse/kpis.ts';
import { ProblemError } from '../../platform/http/problem.ts';
import {
  readAsns,
  readLeadTimes,
  readOpen,
  readPoLines,
  readReceipts,
} from '../clickhouse/suppliers.ts';
import { clockView } from '../kpi/catalogue.ts';
import type { KpiPoint } from '../kpi/query.ts';
import type { KpiReader } from '../kpi/reader.ts';
import type { ReadWindow } from '../kpi/windows.ts';
import { pagedList } from '../page.ts';
import { windowNow, type Reads } from '../reads.ts';
import {
  COURSES,
  histogramOf,
  LEAD_TIME,
  scorecardOf,
  scorecardsOf,
  SHARES,
  type Gathered,
} from './scorecard.ts';

const poLines = pagedList(
  'po-lines',
  Type.Tuple([Type.Integer(), Type.String(), Type.String(), Type.String()]),
);
const receipts = pagedList(
  'receipts',
  Type.Tuple([Type.Integer(), Type.String(), Type.String(), Type.Integer()]),
);

export interface SupplierDeskOptions {
  readonly reads: Reads;
  readonly reader: KpiReader;
  readonly kpis: readonly KpiDefinition[];
  readonly openCases: () => Iterable<CaseRecord>;
}

interface Paged {
  readonly cursor?: string | undefined;
  readonly limit: number;
}

export class SupplierDesk {
  readonly #options: SupplierDeskOptions;

  constructor(options: SupplierDeskOptions) {
    this.#options = options;
  }

  list(name: KpiWindowName): Promise<SupplierList> {
    const { reads } = this.#options;
    const { head, window } = windowNow(reads.clock(), name);
    return reads.shared(['suppliers', name], async () => ({
      ...head,
      suppliers: scorecardsOf(await this.#gather('', window)).slice(0, reads.limits.rows),
    }));
  }

  /** Rejects with a ProblemError when nothing has named the supplier. */
  detail(supplier: string, name: KpiWindowName): Promise<SupplierDetail> {
    const { reads } = this.#options;
    const { head, window } = windowNow(reads.clock(), name);
    const { fromMs, toMs } = window;
    return reads.shared(['supplier', supplier, name], async () => {
      const [gathered, hours, [anyLine], [anyReceipt]] = await Promise.all([
        this.#gather(supplier, window),
        readLeadTimes(reads.rows, { supplier, fromMs, toMs, limit: reads.limits.rows }),
        readPoLines(reads.rows, { supplier, status: 'all', nowMs: toMs, limit: 1, after: null }),
        readReceipts(reads.rows, { supplier, limit: 1, after: null }),
      ]);
      if (anyLine === undefined && anyReceipt === undefined) throw unknownSupplier(supplier);
      return {
        ...head,
        ...scorecardOf(supplier, gathered),
        lead_times: histogramOf(hours),
        drift: driftOf([...this.#options.openCases()], supplier),
      };
    });
  }

  async poLines(
    supplier: string,
    { cursor, limit, status }: Paged & { status: 'open' | 'closed' | 'all' },
  ): Promise<PoLineList> {
    const { reads } = this.#options;
    const clock = reads.clock();
    const question = { supplier, status };
    const place = poLines.after(cursor, question);
    const [key = 0, po = '', sku = '', node = ''] = place ?? [];
    const read = await readPoLines(reads.rows, {
      ...{ ...question, nowMs: clock.nowMs, limit: limit + 1 },
      after: place === undefined ? null : { key, po, sku, node },
    });
    const page = poLines.page(read, {
      ...{ limit, question },
      placeOf: (row) => [row.key, row.po_id, row.sku_id, row.node_id],
    });
    return {
      ...clockView(clock),
      lines: page.entries.map(({ key: _, on_time, overdue, ...line }) => ({
        ...line,
        overdue: overdue === 1,
        on_time: on_time === 1,
      })),
      next_cursor: page.nextCursor,
    };
  }

  async receipts(supplier: string, { cursor, limit }: Paged): Promise<ReceiptList> {
    const { reads } = this.#options;
    const question = { supplier };
    const place = receipts.after(cursor, question);
    const [key = 0, receipt = '', sku = '', seq = 0] = place ?? [];
    const read = await readReceipts(reads.rows, {
      ...{ supplier, limit: limit + 1 },
      after: place === undefined ? null : { key, receipt, sku, seq },
    });
    const page = receipts.page(read, {
      ...{ limit, question },
      placeOf: (row) => [row.key, row.receipt_id, row.sku_id, row.seq],
    });
    return {
      receipts: page.entries.map(({ key: _, seq: __, ...line }) => line),
      next_cursor: page.nextCursor,
    };
  }

  /** Of one supplier, or of all when it is ''. */
  async #gather(supplier: string, window: ReadWindow): Promise<Gathered> {
    const { openCases, reader, reads } = this.#options;
    const { fromMs, rollup, stepMs, toMs } = window;
    const where = supplier === '' ? {} : { dim: supplier };
    const read = { fromMs, toMs, rollup, where, by: 'dim' as const };
    const limit = reads.limits.rows;
    const [whole, steps, open, asns] = await Promise.all([
      reader.points(this.#kpis([...SHARES, LEAD_TIME]), read),
      reader.points(this.#kpis(COURSES), { ...read, stepMs }),
      readOpen(reads.rows, { supplier, nowMs: toMs, limit }),
      readAsns(reads.rows, { supplier, fromMs, toMs, limit }),
    ]);
    const cases = new Map<string, number>();
    for (const { supplierId } of openCases()) {
      if (supplierId !== '') cases.set(supplierId, (cases.get(supplierId) ?? 0) + 1);
    }
    return { window, whole: succeeded(whole), steps: succeeded(steps), open, asns, cases };
  }

  #kpis(ids: readonly string[]): KpiDefinition[] {
    return this.#options.kpis.filter(({ id }) => ids.includes(id));
  }
}

/** A card without one of its numbers would look as if there were none. */
function succeeded(points: Map<string, KpiPoint[] | Error>): Map<string, KpiPoint[]> {
  return new Map(
    [...points].map(([id, answer]) => {
      if (answer instanceof Error) throw answer;
      return [id, answer];
    }),
  );
}

/** The case that the receipts of the supplier, or of one of its SKUs, drift. */
function driftOf(cases: readonly CaseRecord[], supplier: string): SupplierDetail['drift'] {
  const found = cases
    .filter(({ code, supplierId }) => code === 'SUPPLIER_VARIANCE_TREND' && supplierId === supplier)
    // That of the whole supplier says more than that of one of its SKUs.
    .sort((a, b) => a.entity.length - b.entity.length)[0];
  if (found === undefined) return null;
  const { caseId: case_id, detail, parameters, statistic } = found;
  return { case_id, detail, level: parameters?.['level'] ?? null, statistic };
}

function unknownSupplier(id: string): ProblemError {
  return new ProblemError({
    status: 404,
    kind: 'unknown-supplier',
    title: 'Unknown supplier',
    detail: 'No purchase order or receipt names this supplier',
    field: 'id',
    value: id,
    allowed: 'a supplier_id of GET /v1/suppliers',
  });
}
