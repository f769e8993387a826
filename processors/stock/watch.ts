/**
 * Watches what is posted for what someone should know: a physical state below zero that late events do
 * not mend, and transitions that the legal table does not have. Both are applied all the same.
 */
import { joined, mapParts, restoreMap } from '../facts/parts.ts';
import { parameter, type RulePolicies, type RuleSetting } from '../facts/rule-policies.ts';
import type { Applied, Cleared, Finding, SnapshotPart } from '../processor.ts';
import { accountName, isPhysical } from './accounts.ts';
import type { Ledger } from './ledger.ts';

const MINUTE_MS = 60_000;
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
  readonly #rules: RulePolicies;
  /** Balances below zero that late events may still mend, by position and account. */
  readonly #pending = new Map<number, Negative>();
  /** Those that were reported, with the id of the finding. */
  readonly #raised = new Map<number, string>();
  readonly #illegal = new Map<string, number>();

  constructor(ledger: Ledger, rules: RulePolicies) {
    this.#ledger = ledger;
    this.#rules = rules;
  }

  /** Notes a movement that has just been posted; what it ends when it mends a balance that was reported. */
  posted({ from, row, to, units }: Posted, { event, nowMs, seq }: Applied): Cleared | null {
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
        return this.#mended(keyOf(row, to), nowMs);
      }
    }
    return null;
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

  /** Balances that stayed below zero past the grace of their rule; forgets old quiet times. */
  *onTime(nowMs: number): Generator<Finding> {
    for (const [key, negative] of this.#pending) {
      const { nodeId: node, skuId: sku } = this.#entityOf(rowOf(key));
      const setting = this.#rules.of('NEG_INVENTORY', { sku, node });
      if (nowMs - negative.sinceMs < parameter(setting, 'grace_min') * MINUTE_MS) continue;
      this.#pending.delete(key);
      if (!setting.enabled) continue;
      const finding = this.#negative(key, negative, { setting, nowMs });
      this.#raised.set(key, finding.findingId);
      yield finding;
    }
    for (const [key, atMs] of this.#illegal) {
      if (nowMs - atMs < ILLEGAL_QUIET_MS) break;
      this.#illegal.delete(key);
    }
  }

  snapshot(): Iterable<SnapshotPart> {
    return joined([
      mapParts('watch.pending', this.#pending),
      mapParts('watch.raised', this.#raised),
      mapParts('watch.illegal', this.#illegal),
    ]);
  }

  restore({ bytes, name }: SnapshotPart): void {
    if (name === 'watch.pending') restoreMap(this.#pending, bytes);
    else if (name === 'watch.illegal') restoreMap(this.#illegal, bytes);
    else restoreMap(this.#raised, bytes);
  }

  #mended(key: number, nowMs: number): Cleared | null {
    this.#pending.delete(key);
    const findingId = this.#raised.get(key);
    if (findingId === undefined) return null;
    this.#raised.delete(key);
    const name = accountName(key % SIDES);
    const entity = this.#entityOf(rowOf(key));
    return {
      ...entity,
      findingId,
      code: 'NEG_INVENTORY',
      subtype: name,
      clearedAtMs: nowMs,
      detail: `${name} of ${entity.skuId} at ${entity.nodeId} is no longer below zero`,
    };
  }

  #negative(
    key: number,
    { id, seq, sinceMs, source }: Negative,
    { nowMs, setting }: { readonly setting: RuleSetting; readonly nowMs: number },
  ): Finding {
    const row = rowOf(key);
    const account = key % SIDES;
    const name = accountName(account);
    const units = this.#ledger.balance(row, account);
    const entity = this.#entityOf(row);
    const minutes = Math.floor((nowMs - sinceMs) / MINUTE_MS);
    return {
      ...entity,
      findingId: `NEG_INVENTORY/${entity.skuId}/${entity.nodeId}/${name}/${seq}`,
      code: 'NEG_INVENTORY',
      subtype: name,
      conditionAtMs: sinceMs,
      units,
      detail: `${name} of ${entity.skuId} at ${entity.nodeId} is ${units} units, below zero for ${minutes} minutes`,
      rule: { version: setting.version, parameters: setting.parameters },
      evidence: [{ source, id }],
    };
  }

  #entityOf(row: number): { entity: string; skuId: string; nodeId: string } {
    const skuId = this.#ledger.skuOf(row);
    const nodeId = this.#ledger.nodeOf(row);
    return { entity: `sku/${skuId}/node/${nodeId}`, skuId, nodeId };
  }
}

const rowOf = (key: number) => Math.floor(key / SIDES);

function keyOf(row: number, account: number): number {
  return row * SIDES + account;
}
