/**
 * Inbound supply on the ledger: purchase orders, ship notices, receipts.
 *
 *   PO issued ─▶ on_order ─▶ (ASN) in_transit_in ─▶ (receipt) pending_putaway … ─▶ available
 *
 * What is on order and in transit follows from counters, so a receipt before its PO, or an ASN after its
 * receipt, comes out right. A receipt takes first what its ASN announced, then what its PO ordered, and
 * the rest, being over or blind, from outside.
 */
import type { DataOf } from '../../contracts/events.ts';
import { A } from './accounts.ts';
import { COUNTER, type Books } from './books.ts';
import { newAsnLine, newPoLine, recordKey, Retired, type AsnLine, type PoLine } from './records.ts';
import { pairMoves } from './stages.ts';
import type { MovementKind } from './transitions.ts';

/** A closed PO or ASN is remembered this long (event time) for facts that come late. */
const CLOSED_SUPPLY_MS = 30 * 24 * 60 * 60_000;

/** State that received goods enter, by condition. */
const ENTERS = {
  good: A.pending_putaway,
  inspect: A.pending_inspection,
  damaged: A.damaged,
  hold: A.on_hold,
  rejected: A.rtv_pending,
} as const;

/** Supply that has not arrived: what time-phased ATP counts on. */
export interface OpenSupply {
  readonly ref: string;
  readonly supplier: string;
  readonly units: number;
  /** Expected at the dock (ms); an ASN's ETA or an acknowledged PO's promise. */
  readonly expectedMs: number;
  /** An ASN counts in full, an acknowledged PO with the supplier's haircut. */
  readonly kind: 'asn' | 'po';
}

interface Change {
  readonly row: number;
  readonly account: number;
  readonly units: number;
}

export class Supply {
  readonly #books: Books;
  readonly #retiredPo: Retired<PoLine>;
  readonly #retiredAsn: Retired<AsnLine>;
  /** Keys of lines that are open, by position. */
  readonly #open = new Map<number, { po: Set<string>; asn: Set<string> }>();

  constructor(books: Books) {
    this.#books = books;
    this.#retiredPo = new Retired(books.records.poLines, CLOSED_SUPPLY_MS);
    this.#retiredAsn = new Retired(books.records.asnLines, CLOSED_SUPPLY_MS);
  }

  ordered(data: DataOf<'purchaseorder.line.issued'> | DataOf<'purchaseorder.line.changed'>): void {
    const { applied, ledger } = this.#books;
    const { key, line } = this.#poLine(data.po_id, data.sku_id);
    if (data.node_id !== undefined) line.row = ledger.row(data.sku_id, data.node_id);
    if (data.supplier_id !== undefined) line.supplier = data.supplier_id;
    if (applied.timeMs >= line.orderedAtMs) {
      line.orderedAtMs = applied.timeMs;
      line.dueMs = Date.parse(data.due_at);
      this.#countPo(COUNTER.poOrdered, key, line, data.qty - line.ordered);
    }
    this.#post(this.#settlePo(key, line), 'supply', data.po_id);
  }

  acknowledged(data: DataOf<'purchaseorder.line.acknowledged'>): void {
    const { applied, out } = this.#books;
    const { line } = this.#poLine(data.po_id, data.sku_id);
    if (applied.timeMs < line.acknowledgedAtMs) return;
    line.acknowledgedAtMs = applied.timeMs;
    line.promised = data.status === 'rejected' ? 0 : data.qty;
    line.promisedAtMs = Date.parse(data.promised_at);
    out.changed(data.sku_id);
  }

  announced(data: DataOf<'asn.line.received'>): void {
    const { ledger } = this.#books;
    const { key, line } = this.#asnLine(data.asn_id, data.sku_id);
    line.row = ledger.row(data.sku_id, data.node_id);
    line.supplier = data.supplier_id ?? line.supplier;
    this.#setEta(data.asn_id, data.eta_at);
    this.#countAsn(COUNTER.asnAnnounced, key, line, data.qty);
    const changes = this.#settleAsn(key, line);
    if (data.po_id !== undefined) {
      const po = this.#poLine(data.po_id, data.sku_id);
      this.#countPo(COUNTER.poAnnounced, po.key, po.line, data.qty);
      changes.push(...this.#settlePo(po.key, po.line));
    }
    this.#post(changes, 'supply', data.asn_id);
  }

  etaChanged(data: DataOf<'inbound.eta.changed'>): void {
    this.#setEta(data.asn_id, data.eta_at);
    for (const [key, line] of this.#books.records.asnLines.entries) {
      if (line.row >= 0 && key.startsWith(`${data.asn_id} `)) {
        this.#books.out.changed(this.#books.ledger.skuOf(line.row));
      }
    }
  }

  received(data: DataOf<'receipt.line.received'>): void {
    const row = this.#books.ledger.row(data.sku_id, data.node_id);
    const units = data.qty_received;
    const changes: Change[] = [{ row, account: ENTERS[data.condition_code], units }];
    if (data.asn_id !== undefined) {
      const { key, line } = this.#asnLine(data.asn_id, data.sku_id);
      if (line.row < 0) line.row = row;
      this.#countAsn(COUNTER.asnReceived, key, line, units);
      changes.push(...this.#settleAsn(key, line));
    } else if (data.po_id !== undefined) {
      const { key, line } = this.#poLine(data.po_id, data.sku_id);
      if (line.row < 0) line.row = row;
      this.#countPo(COUNTER.poReceived, key, line, units);
      changes.push(...this.#settlePo(key, line));
    }
    const blind = data.asn_id === undefined && data.po_id === undefined;
    const reason = blind ? 'blind: neither PO nor ASN' : data.condition_code;
    this.#post(changes, 'receipt', data.receipt_id, reason);
  }

  /** Takes the change of a counter back (corrections). */
  revert(counter: number, key: string, units: number): void {
    const { asnLines, poLines } = this.#books.records;
    const isAsn = counter === COUNTER.asnAnnounced || counter === COUNTER.asnReceived;
    if (isAsn) {
      const line = asnLines.get(key);
      if (line === undefined) return;
      this.#countAsn(counter, key, line, -units);
      this.#post(this.#settleAsn(key, line), 'correction', line.asn);
      return;
    }
    const line = poLines.get(key);
    if (line === undefined) return;
    this.#countPo(counter, key, line, -units);
    this.#post(this.#settlePo(key, line), 'correction', line.po);
  }

  /** Open supply of a position, the earliest first. */
  of(row: number): OpenSupply[] {
    const open = this.#open.get(row);
    if (open === undefined) return [];
    const { asnLines, asns, poLines } = this.#books.records;
    const supply: OpenSupply[] = [];
    for (const key of open.asn) {
      const line = asnLines.get(key);
      if (line === undefined) continue;
      const expectedMs = asns.get(line.asn)?.etaMs ?? 0;
      supply.push({
        ref: line.asn,
        supplier: line.supplier,
        units: line.open,
        expectedMs,
        kind: 'asn',
      });
    }
    for (const key of open.po) {
      const line = poLines.get(key);
      // What the supplier has not acknowledged is not counted on at all.
      if (line === undefined || line.promised === null) continue;
      const units = Math.min(
        line.open,
        Math.max(0, line.promised - line.announced - line.received),
      );
      const expectedMs = line.promisedAtMs;
      if (units > 0) {
        supply.push({ ref: line.po, supplier: line.supplier, units, expectedMs, kind: 'po' });
      }
    }
    return supply.sort((a, b) => a.expectedMs - b.expectedMs || (a.ref < b.ref ? -1 : 1));
  }

  onTime(nowMs: number): void {
    this.#retiredPo.onTime(nowMs);
    this.#retiredAsn.onTime(nowMs);
    for (const [key, asn] of this.#books.records.asns.entries) {
      if (nowMs - asn.touchedMs < 2 * CLOSED_SUPPLY_MS) break;
      this.#books.records.asns.delete(key);
    }
  }

  restored(): void {
    this.#retiredPo.restored((line) => line.open === 0);
    this.#retiredAsn.restored((line) => line.open === 0);
    for (const [key, line] of this.#books.records.poLines.entries) this.#index('po', key, line);
    for (const [key, line] of this.#books.records.asnLines.entries) this.#index('asn', key, line);
  }

  #poLine(po: string, sku: string): { key: string; line: PoLine } {
    const key = recordKey(po, sku);
    return { key, line: this.#books.records.poLines.ensure(key, () => ({ ...newPoLine(), po })) };
  }

  #asnLine(asn: string, sku: string): { key: string; line: AsnLine } {
    const key = recordKey(asn, sku);
    return {
      key,
      line: this.#books.records.asnLines.ensure(key, () => ({ ...newAsnLine(), asn })),
    };
  }

  #setEta(asnId: string, eta: string): void {
    const { applied, records } = this.#books;
    const known = records.asns.get(asnId);
    if (known !== undefined && known.etaAtMs > applied.timeMs) return;
    records.asns.delete(asnId);
    records.asns.entries.set(asnId, {
      etaMs: Date.parse(eta),
      etaAtMs: applied.timeMs,
      touchedMs: applied.nowMs,
    });
  }

  #countPo(counter: number, key: string, line: PoLine, units: number): void {
    if (counter === COUNTER.poOrdered) line.ordered += units;
    else if (counter === COUNTER.poAnnounced) line.announced += units;
    else line.received += units;
    this.#books.count(counter, line.row, key, units);
  }

  #countAsn(counter: number, key: string, line: AsnLine, units: number): void {
    if (counter === COUNTER.asnAnnounced) line.announced += units;
    else line.received += units;
    this.#books.count(counter, line.row, key, units);
  }

  /** Brings a PO line's open units in line with its counters; the change of the account. */
  #settlePo(key: string, line: PoLine): Change[] {
    const open = Math.max(0, line.ordered - line.announced - line.received);
    const change = this.#settle(line, open, A.on_order);
    this.#retiredPo.note(key, line, open === 0);
    this.#index('po', key, line);
    return change;
  }

  #settleAsn(key: string, line: AsnLine): Change[] {
    const open = Math.max(0, line.announced - line.received);
    const change = this.#settle(line, open, A.in_transit_in);
    this.#retiredAsn.note(key, line, open === 0);
    this.#index('asn', key, line);
    return change;
  }

  #settle(line: PoLine | AsnLine, open: number, account: number): Change[] {
    line.touchedMs = this.#books.applied.nowMs;
    if (line.row < 0) return [];
    const units = open - line.open;
    line.open = open;
    return [{ row: line.row, account, units }];
  }

  #index(kind: 'po' | 'asn', key: string, line: PoLine | AsnLine): void {
    if (line.row < 0) return;
    let open = this.#open.get(line.row);
    if (open === undefined) {
      open = { po: new Set(), asn: new Set() };
      this.#open.set(line.row, open);
    }
    if (line.open > 0) open[kind].add(key);
    else open[kind].delete(key);
    if (open.po.size + open.asn.size === 0) this.#open.delete(line.row);
  }

  /** Posts changes of accounts, pairing those of one position; `outside` gives or takes the rest. */
  #post(changes: readonly Change[], kind: MovementKind, ref: string, reason = ''): void {
    for (const row of new Set(changes.map((change) => change.row))) {
      const own = changes.filter((change) => change.row === row);
      const total = own.reduce((sum, change) => sum + change.units, 0);
      const balanced = [
        ...own.map((change) => ({ ...change })),
        { account: A.outside, units: -total },
      ];
      for (const move of pairMoves(balanced)) {
        this.#books.move({ ...move, row, kind, ref, reason });
      }
    }
  }
}
