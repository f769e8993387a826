/**
 * What counts as a receipt line that was corrected for an error of the receiver (K19):
 *
 * - its event was declared wrong with the reason incorrect_data (did_not_occur says that there was no
 *   receipt at all): the lines of that receipt and SKU that stand instead of it are marked;
 * - an adjustment with X12 947 code AY (receipt error), 04 or 54 (receipt less or more than reported) names
 *   the receipt, as its correlationid or in its note ("receipt R-17"). One that names none blames none.
 */
import type { SnapshotPart } from '../processor.ts';
import { mapParts, restoreMap } from '../facts/parts.ts';

const RECEIPT_ERROR_CODES = new Set(['AY', '04', '54']);
/** A receipt that was declared wrong before it came is waited for this long (event time). */
const KEPT_MS = 7 * 24 * 60 * 60_000;
//                       "Receipt: R-17 was short by 2" → R-17
const RECEIPT_IN_NOTE = /\breceipt[\s:#]+([^\s.,;]*[^\s.,;:])/i;

/** Ids of receipts hold no white space (contracts/fields.ts `key`). */
const IS_KEY = /^\S+$/;

export const isReceiptError = (rawCode: string) => RECEIPT_ERROR_CODES.has(rawCode);

/** The receipt that an adjustment names; null when it names none. */
export function receiptNamed(
  note: string | undefined,
  correlationId: string | undefined,
): string | null {
  const named = RECEIPT_IN_NOTE.exec(note ?? '')?.[1] ?? correlationId ?? '';
  return IS_KEY.test(named) ? named : null;
}

/** Events that were declared to hold incorrect data, in case they are yet to come. */
export class ReceiverErrors {
  readonly #atMs = new Map<number, number>();

  note(identity: number, nowMs: number): void {
    this.#atMs.set(identity, nowMs);
  }

  has(identity: number): boolean {
    return this.#atMs.has(identity);
  }

  onTime(nowMs: number): void {
    for (const [identity, atMs] of this.#atMs) {
      if (nowMs - atMs < KEPT_MS) return;
      this.#atMs.delete(identity);
    }
  }

  snapshot(): Iterable<SnapshotPart> {
    return mapParts('errors', this.#atMs);
  }

  restore({ bytes }: SnapshotPart): void {
    restoreMap(this.#atMs, bytes);
  }
}
