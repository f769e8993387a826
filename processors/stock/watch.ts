/**
 * Watches what is posted for what someone should know: a physical state below zero that late events do
 * not mend, and transitions that the legal table does not have. Both are applied all the same.
 */
import type { Applied, Finding, SnapshotPart } from '../processor.ts';
import { accountName, isPhysical } from './accounts.ts';
import type { Ledger } from './ledger.ts';
import { joined, jsonParts, mapParts, parseJson, restoreMap } from '../facts/parts.ts';

/** A state that stays below zero this long (event time) is reported; until then late events may mend it. */
export const NEGATIVE_GRACE_MS = 10 * 60_000;
/** The same illegal transition of a position is reported once in this time (event time). */
export const ILLEGAL_QUIET_MS = 60 * 60_000;
/** Room for accounts in the key of a balance. */
const SIDES = 64;

/** A balance that went below zero, and the event that took it there. */
interface Negative {
  readonly sinceMs: number;
  readonly seq: number;
  readonly source: string;
  readonly id: string;
}

export interface Posted {
  readonly row: number;
  readonly from: number;
  readonly to: number;
  readonly units: number;
}

export class Watch {
  readonly #ledger: Ledger;
  /** Balances below zero, the longest first, by position and account. */
  readonly #pending = new Map<number, Negative>();
  readonly #raised = new Set<number>();
  readonly #illegal = new Map<string, number>();

  constructor(ledger: Ledger) {
    this.#ledger = ledger;
  }

  /** Notes a movement that has just been posted. */
  posted({ from, row, to, units }: Posted, { event, nowMs, seq }: Applied): void {
    if (isPhysical(from)) {
      const balance = this.#ledger.balance(row, from);
      if (balance < 0 && balance + units >= 0) {
        const { id, source } = event;
        this.#pending.set(keyOf(row, from), { sinceMs: nowMs, seq, source, id });
      }
    }
    if (isPhysical(to)) {
      const balance = this.#ledger.balance(row, to);
      if (balance >= 0 && balance - units < 0) {
        const key = keyOf(row, to);
        this.#pending.delete(key);
        this.#raised.delete(key);
      }
    }
  }

  /** A movement that is not legal: the finding, or null while the same one was reported lately. */
  illegal({ from, row, to, units }: Posted, { event, nowMs, seq }: Applied): Finding | null {
    const key = `${row} ${from} ${to}`;
    if (this.#illegal.has(key)) return null;
    this.#illegal.set(key, nowMs);
    const entity = this.#entityOf(row);
    const pair = `${accountName(from)}→${accountName(to)}`;
    return {
      ...entity,
      findingId: `ILLEGAL_TRANSITION/${entity.skuId}/${entity.nodeId}/${pair}/${seq}`,
      code: 'ILLEGAL_TRANSITION',
      subtype: pair,
      conditionAtMs: Date.parse(event.time),
      units,
      detail: `${event.type} moved ${units} units of ${entity.skuId} at ${entity.nodeId} ${pair}, which is no legal transition; it was applied`,
      evidence: [{ source: event.source, id: event.id }],
    };
  }

  /** Balances that stayed below zero past the grace; forgets old quiet times. */
  *onTime(nowMs: number): Generator<Finding> {
    for (const [key, negative] of this.#pending) {
      if (nowMs - negative.sinceMs < NEGATIVE_GRACE_MS) break;
      this.#pending.delete(key);
      this.#raised.add(key);
      yield this.#negative(key, negative);
    }
    for (const [key, atMs] of this.#illegal) {
      if (nowMs - atMs < ILLEGAL_QUIET_MS) break;
      this.#illegal.delete(key);
    }
  }

  snapshot(): Iterable<SnapshotPart> {
    return joined([
      mapParts('watch.pending', this.#pending),
      jsonParts('watch.raised', [...this.#raised]),
      mapParts('watch.illegal', this.#illegal),
    ]);
  }

  restore({ bytes, name }: SnapshotPart): void {
    if (name === 'watch.pending') restoreMap(this.#pending, bytes);
    else if (name === 'watch.illegal') restoreMap(this.#illegal, bytes);
    else for (const key of parseJson<number>(bytes)) this.#raised.add(key);
  }

  #negative(key: number, { id, seq, sinceMs, source }: Negative): Finding {
    const row = Math.floor(key / SIDES);
    const account = key % SIDES;
    const name = accountName(account);
    const units = this.#ledger.balance(row, account);
    const entity = this.#entityOf(row);
    return {
      ...entity,
      findingId: `NEG_INVENTORY/${entity.skuId}/${entity.nodeId}/${name}/${seq}`,
      code: 'NEG_INVENTORY',
      subtype: name,
      conditionAtMs: sinceMs,
      units,
      detail: `${name} of ${entity.skuId} at ${entity.nodeId} is ${units} units, below zero for ${NEGATIVE_GRACE_MS / 60_000} minutes`,
      evidence: [{ source, id }],
    };
  }

  #entityOf(row: number): { entity: string; skuId: string; nodeId: string } {
    const skuId = this.#ledger.skuOf(row);
    const nodeId = this.#ledger.nodeOf(row);
    return { entity: `sku/${skuId}/node/${nodeId}`, skuId, nodeId };
  }
}

function keyOf(row: number, account: number): number {
  return row * SIDES + account;
}
