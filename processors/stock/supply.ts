/**
 * Inbound supply on the ledger: purchase orders, ship notices, receipts.
 *
 *   PO issued ─▶ on_order ─▶ (ASN) in_transit_in ─▶ (receipt) pending_putaway … ─▶ available
 *
 * What is on order and in transit follows from counters, so a receipt before its PO, or an ASN after its
 * receipt, comes out right. A receipt takes first what its ASN announced, then what its PO ordered, and
 * the rest, being over or blind, from outside.
 */
import type { SupplyTerms } from '../../contracts/atp.ts';
import type { DataOf } from '../../contracts/events.ts';
import { A, COUNTER } from './accounts.ts';
import type { Books } from './books.ts';
import type { Entry } from './history.ts';
import { OpenLines, type OpenSupply } from './open-supply.ts';
import {
  isAsn,
  newAsnLine,
  newPoLine,
  recordKey,
  Retired,
  type Asn,
  type AsnLine,
  type PoLine,
} from './records.ts';
import { pairShifts } from './stages.ts';
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

interface Change {
  readonly row: number;
  readonly account: number;
  readonly units: number;
}

export class Supply {
  readonly #books: Books;
  readonly #retiredPo: Retired<PoLine>;
  readonly #retiredAsn: Retired<AsnLine>;
  readonly #openLines: OpenLines;

  constructor(books: Books) {
    this.#books = books;
    this.#retiredPo = new Retired(books.records.poLines, CLOSED_SUPPLY_MS);
    this.#retiredAsn = new Retired(books.records.asnLines, CLOSED_SUPPLY_MS);
    this.#openLines = new OpenLines(books.records);
  }

  issued(data: DataOf<'purchaseorder.line.issued'>): void {
    this.#order(data, (line) => this.#books.applied.timeMs > line.orderedAtMs);
  }

  changed(data: DataOf<'purchaseorder.line.changed'>): void {
    // A change of the very instant of the order comes after it.
    this.#order(data, (line) => this.#books.applied.timeMs >= line.orderedAtMs);
  }

  acknowledged(data: DataOf<'purchaseorder.line.acknowledged'>): void {
    const { applied, out } = this.#books;
    const { key, line } = this.#poLine(data.po_id, data.sku_id);
    if (applied.timeMs >= line.acknowledgedAtMs) {
      line.acknowledgedAtMs = applied.timeMs;
      line.promised = data.status === 'rejected' ? 0 : data.qty;
      line.promisedAtMs = Date.parse(data.promised_at);
    }
    this.#post(this.#settle(key, line), { kind: 'supply', ref: data.po_id });
    out.changed(data.sku_id);
  }

  announced(data: DataOf<'asn.line.received'>): void {
    const { ledger } = this.#books;
    const { asn_id: asnId, qty: units } = data;
    const row = ledger.row(data.sku_id, data.node_id);
    const { key, line } = this.#asnLine(asnId, data.sku_id);
    const changes = this.#place(key, line, row);
    line.supplier = data.supplier_id ?? line.supplier;
    this.#setEta(asnId, data.eta_at);
    this.#count(COUNTER.asnAnnounced, key, line, units);
    changes.push(...this.#settle(key, line));
    if (data.po_id !== undefined) {
      const po = this.#poLine(data.po_id, data.sku_id);
      if (po.line.row < 0) po.line.row = row;
      line.poLine = po.key;
      this.#count(COUNTER.poAnnounced, po.key, po.line, units);
      changes.push(...this.#settle(po.key, po.line));
    }
    this.#post(changes, { kind: 'supply', ref: asnId });
  }

  etaChanged(data: DataOf<'inbound.eta.changed'>): void {
    this.#setEta(data.asn_id, data.eta_at);
    for (const { line } of this.#linesOf(data.asn_id)) {
      this.#books.out.changed(this.#books.ledger.skuOf(line.row));
    }
  }

  received(data: DataOf<'receipt.line.received'>): void {
    const row = this.#books.ledger.row(data.sku_id, data.node_id);
    const units = data.qty_received;
    const changes: Change[] = [{ row, account: ENTERS[data.condition_code], units }];
    const blind = data.asn_id === undefined && data.po_id === undefined;
    if (!blind) {
      const { key, line } =
        data.asn_id === undefined
          ? this.#poLine(data.po_id ?? '', data.sku_id)
          : this.#asnLine(data.asn_id, data.sku_id);
      if (line.row < 0) line.row = row;
      const counter = isAsn(line) ? COUNTER.asnReceived : COUNTER.poReceived;
      this.#count(counter, key, line, units);
      changes.push(...this.#settle(key, line));
      this.#learn(data, key, line);
    }
    const reason = blind ? 'blind: neither PO nor ASN' : data.condition_code;
    this.#post(changes, { kind: 'receipt', ref: data.receipt_id, reason });
  }

  /** What an ASN announced and its receipt did not bring will not come any more. */
  receiptClosed({ asn_id: asnId }: DataOf<'receipt.closed'>): void {
    if (asnId === undefined) return;
    this.#asn(asnId).closed = true;
    const changes = this.#linesOf(asnId).flatMap(({ key, line }) => this.#settle(key, line));
    this.#post(changes, { kind: 'supply', ref: asnId, reason: 'receipt closed' });
  }

  /** Takes the change of a counter back (corrections). */
  revert({ from: counter, record: key, timeMs, units }: Entry): void {
    const { asnLines, poLines } = this.#books.records;
    const ofAsn = counter === COUNTER.asnAnnounced || counter === COUNTER.asnReceived;
    const line = (ofAsn ? asnLines : poLines).get(key);
    if (line === undefined) return;
    if (counter === COUNTER.poOrdered && !isAsn(line)) {
      // A newer fact has taken its place.
      if (timeMs < line.orderedAtMs) return;
      line.orderedAtMs = Number.MIN_SAFE_INTEGER;
    }
    this.#count(counter, key, line, -units);
    const ref = isAsn(line) ? line.asn : line.po;
    this.#books.profiles.revised(line.supplier, key, {
      received: line.received,
      expected: expectedOf(line),
    });
    this.#post(this.#settle(key, line), { kind: 'correction', ref });
  }

  /** Open supply of a position, the earliest first. */
  of(row: number): OpenSupply[] {
    return this.#openLines.of(row);
  }

  /** How the open supply of a position is counted on, by supplier, and where that comes from. */
  termsOf(row: number): SupplyTerms[] {
    const { policies } = this.#books;
    const suppliers = new Set(this.of(row).map(({ supplier }) => supplier));
    return [...suppliers].sort().map((supplier) => ({
      supplier_id: supplier,
      ...policies.supply(supplier),
      basis: policies.supplyBasis(supplier),
    }));
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
    this.#openLines.restored();
  }

  /** Remembers how the supplier delivered. */
  #learn(data: DataOf<'receipt.line.received'>, key: string, line: PoLine | AsnLine): void {
    const { applied, profiles } = this.#books;
    if (line.supplier === '') line.supplier = data.supplier_id ?? '';
    profiles.received({
      supplier: line.supplier,
      line: key,
      receipt: data.receipt_id,
      sku: data.sku_id,
      receivedMs: applied.timeMs,
      promisedMs: this.#promisedMs(line),
      received: line.received,
      expected: expectedOf(line),
    });
  }

  #promisedMs(line: PoLine | AsnLine): number | null {
    if (!isAsn(line)) return line.promised === null ? null : line.promisedAtMs;
    const etaMs = this.#books.records.asns.get(line.asn)?.etaMs ?? 0;
    return etaMs === 0 ? null : etaMs;
  }

  /** Sets what was ordered where the fact holds: of two facts about it, the later one does. */
  #order(
    data: DataOf<'purchaseorder.line.issued'> | DataOf<'purchaseorder.line.changed'>,
    holds: (line: PoLine) => boolean,
  ): void {
    const { applied, ledger } = this.#books;
    const { key, line } = this.#poLine(data.po_id, data.sku_id);
    const changes: Change[] = [];
    const rules = holds(line);
    if (data.node_id !== undefined && (rules || line.row < 0)) {
      changes.push(...this.#place(key, line, ledger.row(data.sku_id, data.node_id)));
    }
    if (data.supplier_id !== undefined) line.supplier = data.supplier_id;
    if (rules) {
      line.orderedAtMs = applied.timeMs;
      this.#count(COUNTER.poOrdered, key, line, data.qty - line.ordered);
    }
    changes.push(...this.#settle(key, line));
    this.#post(changes, { kind: 'supply', ref: data.po_id });
  }

  #poLine(po: string, sku: string): { key: string; line: PoLine } {
    const key = recordKey(po, sku);
    return { key, line: this.#books.records.poLines.ensure(key, () => ({ ...newPoLine(), po })) };
  }

  #asnLine(asnId: string, sku: string): { key: string; line: AsnLine } {
    const key = recordKey(asnId, sku);
    const { lines } = this.#asn(asnId);
    if (!lines.includes(key)) lines.push(key);
    const make = () => ({ ...newAsnLine(), asn: asnId });
    return { key, line: this.#books.records.asnLines.ensure(key, make) };
  }

  /** Lines of an ASN that have a position. */
  #linesOf(asnId: string): { key: string; line: AsnLine }[] {
    const { asnLines, asns } = this.#books.records;
    return (asns.get(asnId)?.lines ?? []).flatMap((key) => {
      const line = asnLines.get(key);
      return line === undefined || line.row < 0 ? [] : [{ key, line }];
    });
  }

  /** The ASN, behind all others, so that the longest untouched come first. */
  #asn(asnId: string): Asn {
    const { applied, records } = this.#books;
    const asn = records.asns.get(asnId) ?? {
      etaMs: 0,
      etaAtMs: Number.MIN_SAFE_INTEGER,
      closed: false,
      lines: [],
      touchedMs: 0,
    };
    asn.touchedMs = applied.nowMs;
    records.asns.delete(asnId);
    records.asns.entries.set(asnId, asn);
    return asn;
  }

  #setEta(asnId: string, eta: string): void {
    const { applied } = this.#books;
    const asn = this.#asn(asnId);
    if (asn.etaAtMs > applied.timeMs) return;
    asn.etaMs = Date.parse(eta);
    asn.etaAtMs = applied.timeMs;
  }

  #count(counter: number, key: string, line: PoLine | AsnLine, units: number): void {
    switch (counter) {
      case COUNTER.poOrdered:
        (line as PoLine).ordered += units;
        break;
      case COUNTER.poAnnounced:
      case COUNTER.asnAnnounced:
        line.announced += units;
        break;
      default:
        line.received += units;
    }
    this.#books.count({ counter, row: line.row, record: key, units });
  }

  /** Brings the open units of a line in line with its counters; the change of their account. */
  #settle(key: string, line: PoLine | AsnLine): Change[] {
    line.touchedMs = this.#books.applied.nowMs;
    return this.#setOpen(key, line, line.row < 0 ? 0 : this.#openOf(line));
  }

  #openOf(line: PoLine | AsnLine): number {
    if (!isAsn(line)) return Math.max(0, line.ordered - line.announced - line.received);
    const closed = this.#books.records.asns.get(line.asn)?.closed === true;
    return closed ? 0 : Math.max(0, line.announced - line.received);
  }

  /** Moves a line to another position, with what is open of it. */
  #place(key: string, line: PoLine | AsnLine, row: number): Change[] {
    if (line.row === row) return [];
    const changes = this.#setOpen(key, line, 0);
    line.row = row;
    return changes;
  }

  #setOpen(key: string, line: PoLine | AsnLine, open: number): Change[] {
    const units = open - line.open;
    line.open = open;
    if (isAsn(line)) this.#retiredAsn.note(key, line, open === 0);
    else this.#retiredPo.note(key, line, open === 0);
    if (line.row < 0) return [];
    this.#openLines.note(key, line);
    return [{ row: line.row, account: isAsn(line) ? A.in_transit_in : A.on_order, units }];
  }

  /** Posts changes of accounts, pairing those of one position; `outside` gives or takes the rest. */
  #post(
    changes: readonly Change[],
    step: { kind: MovementKind; ref: string; reason?: string },
  ): void {
    for (const row of new Set(changes.map((change) => change.row))) {
      const own = changes.filter((change) => change.row === row);
      const total = own.reduce((sum, change) => sum + change.units, 0);
      const balanced = [
        ...own.map((change) => ({ ...change })),
        { account: A.outside, units: -total },
      ];
      for (const shift of pairShifts(balanced)) this.#books.move({ ...shift, ...step, row });
    }
  }
}

const expectedOf = (line: PoLine | AsnLine) => (isAsn(line) ? line.announced : line.ordered);
