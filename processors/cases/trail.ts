/**
 * The audit trail as the engine writes it: each step a row of `case_events` with the whole record after it,
 * chained by hashes (audit.ts), and a signal for screens and notifiers.
 */
import type { CaseSignal } from '../../contracts/case-record.ts';
import type { Applied, Outputs } from '../processor.ts';
import { auditHash, GENESIS } from '../../contracts/audit.ts';
import type { CaseRecord } from './record.ts';

export type Step = CaseSignal['step'];

/** Where the chain has come to. */
export interface Link {
  readonly n: number;
  readonly hash: string;
}

export class AuditTrail {
  #last: Link = { n: 0, hash: GENESIS };

  get last(): Link {
    return this.#last;
  }

  restored(last: Link): void {
    this.#last = last;
  }

  /** `record`: null for a command about a case that does not exist. */
  write(
    { caseId, record, step }: { caseId: string; record: CaseRecord | null; step: Step },
    { event, seq }: Applied,
    out: Outputs,
  ): void {
    const { actor, atMs, detail, kind } = step;
    const n = this.#last.n + 1;
    const previous = this.#last.hash;
    const cells = [
      n,
      caseId,
      new Date(atMs).toISOString(),
      kind,
      actor,
      detail,
      record?.code ?? '',
      record?.status ?? '',
      record?.severity ?? '',
      record?.team ?? '',
      record === null ? '' : JSON.stringify(record),
      event.source,
      event.id,
      seq,
    ];
    const hash = auditHash(previous, cells);
    this.#last = { n, hash };
    out.row('case_events', [...cells, previous, hash]);
    const { id: eventId, source } = event;
    const signal: CaseSignal = { n, caseId, step, source, eventId, hash, record };
    out.signal({ subject: `sig.case.${kind}`, id: `case/${n}`, data: signal });
  }
}
