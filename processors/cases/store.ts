/**
 * The cases that the engine keeps, and the ways to find one: by id, by code and entity, by a finding that
 * belongs to it, by what it is open for.
 *
 * Bounds: MOST_CASES, of which the closed one that is untouched for the longest is forgotten; a closed case
 * is kept for KEPT_MS after its last step.
 */
import { joined, jsonParts, mapParts, parseJson, restoreMap } from '../facts/parts.ts';
import type { SnapshotPart } from '../processor.ts';
import { isClosed, type CaseRecord } from './record.ts';

const DAY_MS = 86_400_000;
/** Openings of a code and entity in this time count as recurrences (REFERENCE §4.1). */
const RECURRENCE_MS = 30 * DAY_MS;
/** Newest openings that are kept of a code and entity. */
const MOST_OPENINGS = 10;
const KEPT_MS = 45 * DAY_MS;
const MOST_CASES = 100_000;

/** What a case is found by while another of the kind could be opened. */
export const keyOf = ({ code, entity }: { code: string; entity: string }) => `${code} ${entity}`;

export class CaseStore {
  /** By case id; the one that is untouched for the longest first. */
  readonly #cases = new Map<string, CaseRecord>();
  /** Open cases by code, in the order of their opening. */
  readonly #open = new Map<string, Set<string>>();
  /** Cases that people call resolved and that are to be looked at again. */
  readonly #toVerify = new Set<string>();
  /** Newest case of each code and entity. */
  readonly #byKey = new Map<string, string>();
  /** Case that each finding belongs to, while it is open. */
  readonly #byFinding = new Map<string, string>();
  /** When each code and entity was opened of late. */
  readonly #openedAt = new Map<string, readonly number[]>();

  get size(): number {
    return this.#cases.size;
  }

  get(caseId: string): CaseRecord | undefined {
    return this.#cases.get(caseId);
  }

  /** The newest case of a code and entity. */
  ofKey(key: string): CaseRecord | undefined {
    return this.#cases.get(this.#byKey.get(key) ?? '');
  }

  ofFinding(findingId: string): CaseRecord | undefined {
    return this.#cases.get(this.#byFinding.get(findingId) ?? '');
  }

  /** Cases that are not closed; of one code, when it is named. */
  open(code?: string): CaseRecord[] {
    const codes = code === undefined ? [...this.#open.keys()] : [code];
    return codes.flatMap((one) =>
      [...(this.#open.get(one) ?? [])].flatMap((caseId) => this.#cases.get(caseId) ?? []),
    );
  }

  /** Cases that are to be looked at again by now. */
  toVerify(nowMs: number): CaseRecord[] {
    return [...this.#toVerify].flatMap((caseId) => {
      const record = this.#cases.get(caseId);
      const verifyAtMs = record?.verifyAtMs ?? null;
      if (record === undefined || verifyAtMs === null) {
        this.#toVerify.delete(caseId);
        return [];
      }
      return verifyAtMs <= nowMs ? [record] : [];
    });
  }

  /** Puts a case behind all others. Returns what it was before. */
  put(record: CaseRecord): CaseRecord | undefined {
    const { caseId, code, status, verifyAtMs } = record;
    const before = this.#cases.get(caseId);
    this.#cases.delete(caseId);
    this.#cases.set(caseId, record);
    this.#byKey.set(keyOf(record), caseId);
    let open = this.#open.get(code);
    if (open === undefined) this.#open.set(code, (open = new Set()));
    if (isClosed(record)) open.delete(caseId);
    else open.add(caseId);
    if (verifyAtMs === null) this.#toVerify.delete(caseId);
    else this.#toVerify.add(caseId);
    if (status !== 'merged') this.#belong(record, caseId);
    if (this.#cases.size > MOST_CASES) this.#makeRoom();
    return before;
  }

  /** The findings of a case belong to another one from now on. */
  hand(symptom: CaseRecord, to: string): void {
    for (const { findingId } of symptom.conditions) this.#byFinding.set(findingId, to);
  }

  /** A finding has ended. */
  release(findingId: string): void {
    this.#byFinding.delete(findingId);
  }

  noteOpening(key: string, nowMs: number): void {
    const times = this.#openedAt.get(key) ?? [];
    this.#openedAt.delete(key);
    this.#openedAt.set(key, [...times.slice(1 - MOST_OPENINGS), nowMs]);
  }

  /** How often a code and entity was opened of late. */
  recurrences(key: string, nowMs: number): number {
    const times = this.#openedAt.get(key) ?? [];
    return times.filter((atMs) => nowMs - atMs <= RECURRENCE_MS).length;
  }

  /** Forgets what is too old to matter. */
  onTime(nowMs: number): void {
    for (const record of this.#cases.values()) {
      if (nowMs - record.touchedMs <= KEPT_MS) break;
      if (isClosed(record)) this.#forget(record);
    }
    for (const [key, times] of this.#openedAt) {
      if (nowMs - (times.at(-1) ?? 0) > RECURRENCE_MS) this.#openedAt.delete(key);
    }
  }

  snapshot(): Iterable<SnapshotPart> {
    return joined([
      mapParts('engine.cases', this.#cases),
      jsonParts(
        'engine.open',
        [...this.#open].map(([code, ids]) => [code, [...ids]]),
      ),
      jsonParts('engine.verify', [...this.#toVerify]),
      mapParts('engine.keys', this.#byKey),
      mapParts('engine.findings', this.#byFinding),
      mapParts('engine.openings', this.#openedAt),
    ]);
  }

  restore({ bytes, name }: SnapshotPart): void {
    switch (name) {
      case 'engine.cases':
        return restoreMap(this.#cases, bytes);
      case 'engine.open':
        for (const [code, ids] of parseJson<[string, string[]]>(bytes)) {
          this.#open.set(code, new Set(ids));
        }
        return;
      case 'engine.verify':
        for (const caseId of parseJson<string>(bytes)) this.#toVerify.add(caseId);
        return;
      case 'engine.keys':
        return restoreMap(this.#byKey, bytes);
      case 'engine.findings':
        return restoreMap(this.#byFinding, bytes);
      default:
        return restoreMap(this.#openedAt, bytes);
    }
  }

  #belong({ conditions }: CaseRecord, caseId: string): void {
    for (const { clearedAtMs, findingId } of conditions) {
      if (clearedAtMs === null) this.#byFinding.set(findingId, caseId);
    }
  }

  #makeRoom(): void {
    for (const record of this.#cases.values()) {
      if (!isClosed(record)) continue;
      this.#forget(record);
      return;
    }
  }

  #forget(record: CaseRecord): void {
    const { caseId, conditions } = record;
    this.#cases.delete(caseId);
    this.#toVerify.delete(caseId);
    if (this.#byKey.get(keyOf(record)) === caseId) this.#byKey.delete(keyOf(record));
    for (const { findingId } of conditions) {
      if (this.#byFinding.get(findingId) === caseId) this.#byFinding.delete(findingId);
    }
  }
}
