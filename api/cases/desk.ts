/**
 * The cases as the API answers about them: open ones from the book (live), others and everything older
 * from the audit trail in ClickHouse.
 */
import type { ClickHouseClient } from '@clickhouse/client';
import type { CaseRecord, CaseSignal } from '../../contracts/case-record.ts';
import type { CaseDetail, CaseList, CaseSort, LIST_STATUSES } from '../../contracts/cases.ts';
import { isScoped, type Scope } from '../../platform/access/identity.ts';
import { outOfScope } from '../../platform/http/access.ts';
import { ProblemError } from '../../platform/http/problem.ts';
import { seesCase } from '../access/scope.ts';
import { readCases, readEvidence, readSteps } from '../clickhouse/cases.ts';
import type { CaseLimits } from '../limits.ts';
import { pagedList } from '../page.ts';
import type { CaseBook } from './book.ts';
import { Place, placeOf, rank, type CaseFilter } from './ranking.ts';
import { detailOf, iso, isOpen, summaryOf } from './view.ts';

export interface CaseQuestion {
  readonly status: (typeof LIST_STATUSES)[number];
  readonly sort: CaseSort;
  readonly limit: number;
  readonly cursor?: string | undefined;
  readonly filter: CaseFilter;
  /** What the caller may see. */
  readonly scope: Scope;
}

const LIST = pagedList('cases', Place);

export interface DeskOptions {
  readonly book: CaseBook;
  /** Resolves once the book is complete; rejects with what keeps it from being so. */
  readonly ready: () => Promise<void>;
  readonly client: ClickHouseClient;
  readonly limits: CaseLimits;
  /** Event time of the processors. */
  readonly nowMs: () => number;
}

export class CaseDesk {
  readonly #options: DeskOptions;

  constructor(options: DeskOptions) {
    this.#options = options;
  }

  async list({ cursor, filter, limit, scope, sort, status }: CaseQuestion): Promise<CaseList> {
    const { book, limits, nowMs, ready } = this.#options;
    const question = { status, sort, ...filter };
    const after = LIST.after(cursor, question);
    await ready();
    const closed = status === 'open' ? [] : await this.#closed();
    const open = status === 'closed' ? [] : [...book.open()];
    const seen = [...open, ...closed].filter((record) => seesCase(scope, record));
    const ranked = rank(seen, { filter, sort, limit: limit + 1, after });
    const page = LIST.page(ranked.records, { limit, question, placeOf });
    return {
      now: iso(nowMs()),
      cases: page.entries.map(summaryOf),
      total: ranked.total,
      complete: closed.length < limits.closedCases && open.length < limits.openCases,
      next_cursor: page.nextCursor,
    };
  }

  /** Throws a problem when there is none, or none that the scope lets through. */
  async detail(caseId: string, scope: Scope): Promise<CaseDetail> {
    const { client, nowMs } = this.#options;
    const steps = await this.#steps(caseId);
    const record = this.#newest(caseId, steps);
    if (record === null || !seesCase(scope, record)) throw unknownCase(caseId);
    const evidence = await readEvidence(client, record.evidence);
    return detailOf(record, { evidence, nowMs: nowMs(), steps });
  }

  /** The case as it stands. Throws a problem when there is none, or none that the scope lets through. */
  async record(caseId: string, scope: Scope): Promise<CaseRecord> {
    const record = await this.#seen(caseId, scope);
    if (record === null) throw unknownCase(caseId);
    return record;
  }

  /**
   * Throws a problem when the scope does not reach to each of the cases; one that there is not is not told apart.
   * Without limits the engine itself refuses what it does not know, and the trail has it.
   */
  async assertReaches(caseIds: readonly string[], scope: Scope): Promise<void> {
    if (!isScoped(scope)) return;
    for (const caseId of caseIds) {
      if ((await this.#seen(caseId, scope)) === null) {
        throw outOfScope(`The token does not reach to a case ${caseId}; nothing was decided`);
      }
    }
  }

  /** The case as it stands; null when there is none that the scope lets through. */
  async #seen(caseId: string, scope: Scope): Promise<CaseRecord | null> {
    await this.#options.ready();
    const known = this.#options.book.get(caseId);
    const record = known ?? this.#newest(caseId, await this.#steps(caseId));
    return record !== null && seesCase(scope, record) ? record : null;
  }

  /** Steps in ClickHouse and those that are on the way to it. */
  async #steps(caseId: string): Promise<CaseSignal[]> {
    const { book, client, limits, ready } = this.#options;
    await ready();
    const stored = await readSteps(client, { caseId, limit: limits.stepsOfCase });
    const byNumber = new Map([...stored, ...book.stepsOf(caseId)].map((step) => [step.n, step]));
    return [...byNumber.values()].sort((a, b) => a.n - b.n);
  }

  #newest(caseId: string, steps: readonly CaseSignal[]): CaseRecord | null {
    const known = this.#options.book.get(caseId);
    return known ?? steps.findLast((step) => step.record)?.record ?? null;
  }

  /** Cases that are closed, the latest touched first; those that the book says are open again are not. */
  async #closed(): Promise<CaseRecord[]> {
    const { book, client, limits } = this.#options;
    const stored = await readCases(client, { isOpen: false, limit: limits.closedCases });
    const records = new Map(stored.map(({ record }) => [record.caseId, record]));
    for (const record of book.touched()) records.set(record.caseId, record);
    return [...records.values()].flatMap((record) => {
      const newest = book.get(record.caseId) ?? record;
      return isOpen(newest) ? [] : [newest];
    });
  }
}

function unknownCase(caseId: string): ProblemError {
  return new ProblemError({
    status: 404,
    kind: 'unknown-case',
    title: 'Unknown case',
    detail: 'There is no such case',
    field: 'id',
    value: caseId,
    allowed: 'a case_id of GET /v1/cases, percent-encoded',
  });
}
