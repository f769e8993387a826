/**
 * Supply that has not arrived, by position: what time-phased ATP counts on. An index over the lines of
 * POs and ASNs, so that an answer does not search all of them.
 */
import { isAsn, type AsnLine, type PoLine, type StockRecords } from './records.ts';

export interface OpenSupply {
  /** ASN or PO. */
  readonly ref: string;
  readonly supplier: string;
  readonly units: number;
  /** Expected at the dock (ms): an ASN's ETA or an acknowledged PO's promise. */
  readonly expectedMs: number;
  /** PO that it is for, and when its line was promised (ms); null for an ASN of which that is not known. */
  readonly order: { readonly po: string; readonly promisedMs: number } | null;
  /** An ASN counts in full, an acknowledged PO with the supplier's haircut. */
  readonly kind: 'asn' | 'po';
}

export class OpenLines {
  readonly #records: StockRecords;
  /** Keys of lines that are open. */
  readonly #byRow = new Map<number, { po: Set<string>; asn: Set<string> }>();

  constructor(records: StockRecords) {
    this.#records = records;
  }

  /** Notes whether a line that has a position is open. */
  note(key: string, line: PoLine | AsnLine): void {
    let open = this.#byRow.get(line.row);
    if (open === undefined) {
      if (line.open === 0) return;
      open = { po: new Set(), asn: new Set() };
      this.#byRow.set(line.row, open);
    }
    const keys = isAsn(line) ? open.asn : open.po;
    if (line.open > 0) keys.add(key);
    else keys.delete(key);
    if (open.po.size + open.asn.size === 0) this.#byRow.delete(line.row);
  }

  /** Open supply of a position, the earliest first. */
  of(row: number): OpenSupply[] {
    const open = this.#byRow.get(row);
    if (open === undefined) return [];
    const supply = [
      ...[...open.asn].map((key) => this.#ofAsn(key)),
      ...[...open.po].map((key) => this.#ofPo(key)),
    ];
    return supply
      .filter((it) => it !== null)
      .sort((a, b) => a.expectedMs - b.expectedMs || (a.ref < b.ref ? -1 : 1));
  }

  /** Finds the open lines again after a restore. */
  restored(): void {
    const { asnLines, poLines } = this.#records;
    for (const { entries } of [asnLines, poLines]) {
      for (const [key, line] of entries) if (line.open > 0) this.note(key, line);
    }
  }

  #ofAsn(key: string): OpenSupply | null {
    const line = this.#records.asnLines.get(key);
    if (line === undefined) return null;
    const expectedMs = this.#records.asns.get(line.asn)?.etaMs ?? 0;
    const { asn: ref, open: units, poLine, supplier } = line;
    const po = this.#records.poLines.get(poLine);
    const order =
      po === undefined || po.promised === null ? null : { po: po.po, promisedMs: po.promisedAtMs };
    return { ref, supplier, units, expectedMs, order, kind: 'asn' };
  }

  /** What the supplier has not acknowledged is not counted on at all. */
  #ofPo(key: string): OpenSupply | null {
    const line = this.#records.poLines.get(key);
    if (line === undefined || line.promised === null) return null;
    const { announced, open, po: ref, promised, received, supplier } = line;
    const units = Math.min(open, promised - announced - received);
    if (units <= 0) return null;
    const order = { po: ref, promisedMs: line.promisedAtMs };
    return { ref, supplier, units, expectedMs: order.promisedMs, order, kind: 'po' };
  }
}
