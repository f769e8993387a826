/**
 * The open cases as the API holds them, kept up by the signals of the engine, and the newest steps of all
 * cases, which ClickHouse may not have yet. Pure: who feeds it says when it is complete.
 *
 * A step counts once, by its number in the chain; an older step of a case never undoes a newer one.
 */
import type { CaseRecord, CaseSignal } from '../../contracts/case-record.ts';
import type { CommandName } from '../../contracts/events/control.ts';
import { isOpen } from './view.ts';

export interface BookLimits {
  /** Open cases kept; beyond it the one that is untouched for the longest is left out. */
  readonly openCases: number;
  /** Newest steps kept. */
  readonly steps: number;
}

/** A command that was sent as an event. */
export interface Asked {
  readonly caseId: string;
  readonly command: CommandName;
  readonly source: string;
  readonly eventId: string;
}

/** Whether a step is what became of a command; time's own steps may bear its event's id too. */
export function isAnswer({ eventId, source, step: { kind } }: CaseSignal, asked: Asked): boolean {
  const isOfEvent = source === asked.source && eventId === asked.eventId;
  return isOfEvent && (kind === asked.command || kind === 'refused');
}

interface Entry {
  readonly record: CaseRecord;
  /** Number of the step that led to it. */
  readonly n: number;
}

export class CaseBook {
  readonly #limits: BookLimits;
  /** Open cases; the one that is untouched for the longest first. */
  readonly #open = new Map<string, Entry>();
  /** Newest steps by number, oldest first. */
  readonly #steps = new Map<number, CaseSignal>();
  /** Newest step of each case among them: tells of cases that were closed of late. */
  readonly #newest = new Map<string, Entry>();
  #latest = 0;

  constructor(limits: BookLimits) {
    this.#limits = limits;
  }

  /** Number of the newest step. */
  get latest(): number {
    return this.#latest;
  }

  get size(): number {
    return this.#open.size;
  }

  /** Takes a step; answers false when it is known already. */
  take(signal: CaseSignal): boolean {
    const { n, record } = signal;
    if (this.#steps.has(n)) return false;
    this.#steps.set(n, signal);
    this.#latest = Math.max(this.#latest, n);
    if (record !== null) this.put(record, n);
    while (this.#steps.size > this.#limits.steps) this.#forgetOldestStep();
    return true;
  }

  /** Takes a case as it stood after step `n`, unless a newer step of it is known. */
  put(record: CaseRecord, n: number): void {
    const { caseId } = record;
    const known = Math.max(this.#open.get(caseId)?.n ?? 0, this.#newest.get(caseId)?.n ?? 0);
    this.#latest = Math.max(this.#latest, n);
    if (n < known) return;
    const entry: Entry = { record, n };
    if (this.#steps.has(n)) this.#newest.set(caseId, entry);
    this.#open.delete(caseId);
    if (!isOpen(record)) return;
    this.#open.set(caseId, entry);
    if (this.#open.size > this.#limits.openCases) {
      const [longest] = this.#open.keys();
      if (longest !== undefined) this.#open.delete(longest);
    }
  }

  *open(): Generator<CaseRecord> {
    for (const { record } of this.#open.values()) yield record;
  }

  /** Cases that the newest steps are of, as they stand. */
  *touched(): Generator<CaseRecord> {
    for (const { record } of this.#newest.values()) yield record;
  }

  /** The case, if it is open or was touched of late. */
  get(caseId: string): CaseRecord | undefined {
    return (this.#open.get(caseId) ?? this.#newest.get(caseId))?.record;
  }

  /** Newest steps of a case, oldest first. */
  stepsOf(caseId: string): CaseSignal[] {
    return [...this.#steps.values()].filter((signal) => signal.caseId === caseId);
  }

  /** What became of a command, as far as the newest steps tell. */
  answerTo(asked: Asked): CaseSignal | undefined {
    return this.stepsOf(asked.caseId).find((signal) => isAnswer(signal, asked));
  }

  #forgetOldestStep(): void {
    for (const [n, { caseId }] of this.#steps) {
      this.#steps.delete(n);
      if (this.#newest.get(caseId)?.n === n) this.#newest.delete(caseId);
      return;
    }
  }
}
