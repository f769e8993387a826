/**
 * What the ledger remembers beside balances: order lines, soft reservations, inbound supply and
 * shipments under way. Each record holds counters from which its derived accounts follow, so that the
 * order in which events arrive does not matter:
 *
 *   open demand of a line   = max(0, ordered − cancelled − committed or shipped)
 *   on order of a PO line   = max(0, ordered − announced − received)
 *   in transit of an ASN    = max(0, announced − received) until its receipt is closed
 */
import type { SnapshotPart } from '../processor.ts';
import { jsonParts, parseJson } from '../facts/parts.ts';

/** What has been reported of an order line at one node: counters, each of them net of what was undone. */
export interface LineStage {
  row: number;
  allocated: number;
  shorted: number;
  picked: number;
  packed: number;
  shipped: number;
}

export interface OrderLine {
  /** Position that carries the open demand; -1 until the line's own event has come. */
  row: number;
  channel: string;
  /** When it was promised to be dispatched, as the order said (ms). */
  shipByMs: number;
  /** By the order itself, and by its last change: the later of the two facts (event time) holds. */
  created: number;
  createdAtMs: number;
  changed: number;
  changedAtMs: number;
  cancelled: number;
  /** What the open_demand account holds for the line now. */
  demand: number;
  /** What the channel's set-aside has been charged for the line. */
  sold: number;
  stages: LineStage[];
  /** Packed at a node that is not known yet. */
  packedUnplaced: number;
  /** Event time of the processor when the line was last touched. */
  touchedMs: number;
}

export interface Reservation {
  row: number;
  channel: string;
  /** 0 once it was released or lapsed: a late `reservation.created` then changes nothing. */
  units: number;
  expiresAtMs: number;
  touchedMs: number;
}

export interface PoLine {
  row: number;
  po: string;
  supplier: string;
  ordered: number;
  orderedAtMs: number;
  announced: number;
  received: number;
  /** What the supplier promised; null until it has acknowledged. */
  promised: number | null;
  promisedAtMs: number;
  /** Event time of the acknowledgement: the newest wins. */
  acknowledgedAtMs: number;
  /** What the on_order account holds for the line now. */
  open: number;
  touchedMs: number;
}

export interface AsnLine {
  row: number;
  asn: string;
  /** Key of the PO line that it is for, '' when it names none. */
  poLine: string;
  supplier: string;
  announced: number;
  received: number;
  /** What the in_transit_in account holds for the line now. */
  open: number;
  touchedMs: number;
}

export const isAsn = (line: PoLine | AsnLine): line is AsnLine => 'asn' in line;

export interface Asn {
  etaMs: number;
  /** Event time of the fact that `etaMs` comes from: the newest wins. */
  etaAtMs: number;
  /** Its receipt was closed: nothing more of it will come. */
  closed: boolean;
  /** Keys of its lines. */
  lines: string[];
  touchedMs: number;
}

/** Units of one dispatched line, and what became of them. */
export interface Leg {
  row: number;
  /** Key of the order line, '' when the dispatch named none. */
  line: string;
  /** Dispatched. */
  units: number;
  /** No longer under way: delivered, or come back. */
  closed: number;
  voided: number;
  /** Of the event that dispatched them. */
  identity: number;
}

export interface Shipment {
  legs: Leg[];
  /** Units that came back undelivered, by position. */
  back: [row: number, units: number][];
  /** What happened to it, in case it is heard of before the dispatch itself. */
  fate: 'under_way' | 'delivered' | 'voided';
  touchedMs: number;
}

/** A map of records that can be copied at an instant and written later. */
export class Records<T extends object> {
  readonly name: string;
  readonly entries = new Map<string, T>();
  readonly #copy: (record: T) => T;

  constructor(name: string, copy: (record: T) => T) {
    this.name = name;
    this.#copy = copy;
  }

  get(key: string): T | undefined {
    return this.entries.get(key);
  }

  /** The record of the key, made when it is new. */
  ensure(key: string, make: () => T): T {
    let record = this.entries.get(key);
    if (record === undefined) {
      record = make();
      this.entries.set(key, record);
    }
    return record;
  }

  delete(key: string): void {
    this.entries.delete(key);
  }

  snapshot(): Iterable<SnapshotPart> {
    const copies: [string, T][] = [];
    for (const [key, record] of this.entries) copies.push([key, this.#copy(record)]);
    return jsonParts(this.name, copies);
  }

  restore(part: SnapshotPart): void {
    for (const [key, record] of parseJson<[string, T]>(part.bytes)) this.entries.set(key, record);
  }
}

export const createRecords = () => ({
  lines: new Records<OrderLine>('lines', (line) => ({
    ...line,
    stages: line.stages.map((stage) => ({ ...stage })),
  })),
  reservations: new Records<Reservation>('reservations', (reservation) => ({ ...reservation })),
  poLines: new Records<PoLine>('po_lines', (line) => ({ ...line })),
  asnLines: new Records<AsnLine>('asn_lines', (line) => ({ ...line })),
  asns: new Records<Asn>('asns', (asn) => ({ ...asn, lines: [...asn.lines] })),
  shipments: new Records<Shipment>('shipments', (shipment) => ({
    ...shipment,
    legs: shipment.legs.map((leg) => ({ ...leg })),
    back: shipment.back.map(([row, units]): [number, number] => [row, units]),
  })),
});
export type StockRecords = ReturnType<typeof createRecords>;

/**
 * Records that nothing more is expected of, kept a while (event time) for facts that come late.
 * Iteration meets the longest closed first.
 */
export class Retired<T extends { touchedMs: number }> {
  readonly #records: Records<T & object>;
  readonly #keepMs: number;
  readonly #since = new Map<string, number>();

  constructor(records: Records<T & object>, keepMs: number) {
    this.#records = records;
    this.#keepMs = keepMs;
  }

  /** Notes whether a record that was just touched is closed. */
  note(key: string, record: T, closed: boolean): void {
    this.#since.delete(key);
    if (closed) this.#since.set(key, record.touchedMs);
  }

  onTime(nowMs: number): void {
    for (const [key, sinceMs] of this.#since) {
      if (nowMs - sinceMs < this.#keepMs) return;
      this.#since.delete(key);
      this.#records.delete(key);
    }
  }

  /** Finds the closed records again after a restore. */
  restored(isClosed: (record: T) => boolean): void {
    const closed = [...this.#records.entries].filter(([, record]) => isClosed(record));
    closed.sort(([, a], [, b]) => a.touchedMs - b.touchedMs);
    for (const [key, record] of closed) this.#since.set(key, record.touchedMs);
  }
}

/** Keys of records are made of ids, which hold no white space. */
export const recordKey = (document: string, line: string) => `${document} ${line}`;

export const newLine = (): OrderLine => ({
  row: -1,
  channel: '',
  shipByMs: 0,
  created: 0,
  createdAtMs: Number.MIN_SAFE_INTEGER,
  changed: 0,
  changedAtMs: Number.MIN_SAFE_INTEGER,
  cancelled: 0,
  demand: 0,
  sold: 0,
  stages: [],
  packedUnplaced: 0,
  touchedMs: 0,
});

export const newPoLine = (): PoLine => ({
  row: -1,
  po: '',
  supplier: '',
  ordered: 0,
  orderedAtMs: Number.MIN_SAFE_INTEGER,
  announced: 0,
  received: 0,
  promised: null,
  promisedAtMs: 0,
  acknowledgedAtMs: Number.MIN_SAFE_INTEGER,
  open: 0,
  touchedMs: 0,
});

export const newAsnLine = (): AsnLine => ({
  row: -1,
  asn: '',
  poLine: '',
  supplier: '',
  announced: 0,
  received: 0,
  open: 0,
  touchedMs: 0,
});
