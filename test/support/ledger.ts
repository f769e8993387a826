/**
 * The stock ledger as events reach it, without NATS and ClickHouse: producer events are checked and
 * exploded by the contract, stamped as the door does, taken in by the runtime's intake as text of the
 * LOG, and applied. What comes out is collected.
 *
 * Times are minutes after T0. A field that a test does not care about has a default.
 */
import { explode } from '../../contracts/explode.ts';
import type { InputDataOf, InputType } from '../../contracts/events.ts';
import { ACCOUNTS, type Account } from '../../contracts/states.ts';
import { checkEvent } from '../../contracts/validate.ts';
import { createArchive } from '../../processors/archive/archive.ts';
import type {
  Applied,
  Cell,
  Finding,
  Outputs,
  SnapshotPart,
  TableName,
} from '../../processors/processor.ts';
import { decodeFrames } from '../../processors/runtime/frames.ts';
import { Intake, type Taken } from '../../processors/runtime/intake.ts';
import { captureState, type Stateful } from '../../processors/runtime/snapshots.ts';
import { TABLE_COLUMNS } from '../../processors/runtime/tables.ts';
import { A } from '../../processors/stock/accounts.ts';
import { createStock, type Stock } from '../../processors/stock/stock.ts';
import { atpView, positionAnswer } from '../../processors/stock/view.ts';

export const T0 = Date.parse('2026-03-02T08:00:00.000Z');
const MINUTE_MS = 60_000;
/** The instant `minutes` after T0. */
export const at = (minutes: number) => new Date(T0 + minutes * MINUTE_MS).toISOString();

export const WMS = 'urn:test:wms';

/** An event as a producer would send it. */
export interface Given {
  readonly name: InputType;
  readonly data: Record<string, unknown>;
  /** Minutes after T0; as late as the newest event when absent. */
  readonly at?: number;
  readonly id?: string;
  readonly source?: string;
}

export function event<T extends InputType>(
  name: T,
  data: Partial<InputDataOf<T>>,
  envelope: Omit<Given, 'name' | 'data'> = {},
): Given {
  return { ...envelope, name, data };
}

/** What tests rarely care about, by type. */
const DEFAULTS: { [T in InputType]?: Partial<InputDataOf<T>> } = {
  'order.created': {
    channel_id: 'web',
    sla_class: 'standard',
    ordered_at: at(0),
    ship_by: at(1_440),
    deliver_by: at(4_320),
    currency: 'EUR',
    region: 'DE',
  },
  'order.changed': { reason: 'customer asked' },
  'order.cancelled': { initiator: 'customer', reason: 'changed mind' },
  'pick.completed': { task_id: 't1', location_id: 'B1', shift_id: 's1', worker_pseudo_id: 'w1' },
  'pick.shorted': {
    task_id: 't1',
    location_id: 'B1',
    shift_id: 's1',
    worker_pseudo_id: 'w1',
    reason: 'bin empty',
  },
  'pack.completed': { carton_id: 'c1', weight_g: 500 },
  'shipment.dispatched': { carrier: 'dhl', service: 'ground', shipped_at: at(0) },
  'shipment.voided': { reason: 'label misprint' },
  'shipment.delivered': { delivered_at: at(0) },
  'return.received': { received_at: at(0) },
  'return.dispositioned': { disposition: 'restocked' },
  'inventory.adjusted': {
    adjustment_id: 'a1',
    state: 'available',
    reason_code: 'correction',
    raw_code: 'AB',
    actor: 'u1',
  },
  'inventory.state.changed': { reason: 'inspection' },
  'reservation.created': { channel_id: 'web' },
  'putaway.completed': { location_id: 'B1' },
  'quality.inspected': { qty_pass: 0, qty_fail: 0, defect_code: 'none' },
  'receipt.line.received': { receipt_id: 'r1', condition_code: 'good' },
  'receipt.closed': { receipt_id: 'r1', closed_at: at(0) },
  'inbound.eta.changed': { reason: 'traffic' },
  'channel.availability.published': { computed_at: at(0) },
  'event.corrected': { reason: 'did_not_occur', corrective_ids: [] },
};

export type Row = Record<string, Cell>;
/** A position: SKU, node and every account in the order of ACCOUNTS. */
export type DumpRow = [sku: string, node: string, ...balances: number[]];

export interface LedgerOptions {
  /** Movements that are remembered. */
  readonly history?: number;
  readonly recentIds?: number;
  /** Partitions of a slice; all when absent. */
  readonly partitions?: ReadonlySet<number>;
  readonly archive?: boolean;
}

export class LedgerBench {
  readonly options: LedgerOptions;
  readonly stock: Stock;
  readonly #intake: Intake;
  readonly #archive = createArchive();
  /** Everything that reached the LOG, in order. */
  readonly log: string[] = [];
  /** Cells of each table, in order. */
  readonly cells: Record<TableName, (readonly Cell[])[]>;
  readonly findings: Finding[] = [];
  readonly changed = new Set<string>();
  /** What the intake made of each message. */
  readonly outcomes: Taken['outcome'][] = [];
  #ids = 0;

  constructor(options: LedgerOptions = {}) {
    const { history = 10_000, partitions, recentIds = 10_000 } = options;
    this.options = options;
    this.#intake = new Intake(recentIds);
    this.stock = createStock({
      historyCapacity: history,
      ...(partitions === undefined ? {} : { partitions }),
    });
    this.cells = {
      events: [],
      items: [],
      stock_movements: [],
      stock_reconciliations: [],
      findings: [],
    };
  }

  get nowMs(): number {
    return this.#intake.nowMs;
  }

  /** Applies events as they would come through the door. Throws when the contract refuses one. */
  given(...events: readonly Given[]): this {
    for (const one of events) this.feed(...this.messages(one));
    return this;
  }

  /** Messages of the LOG that the door makes of an event. */
  messages(given: Given): string[] {
    const timeMs = given.at === undefined ? Math.max(this.nowMs, T0) : T0 + given.at * MINUTE_MS;
    const producer = {
      specversion: '1.0',
      id: given.id ?? `e${++this.#ids}`,
      source: given.source ?? WMS,
      type: `stocktide.${given.name}.v1`,
      time: new Date(timeMs).toISOString(),
      data: { ...DEFAULTS[given.name], ...given.data },
    };
    const checked = checkEvent(producer, { trusted: true });
    if (!checked.ok) throw new Error(`${given.name}: ${checked.rejection.detail}`);
    const ingestedtime = new Date(Math.max(timeMs, this.nowMs)).toISOString();
    return explode(checked.name, checked.event).map((exploded) =>
      JSON.stringify({ ...exploded.event, ingestedtime }),
    );
  }

  /** Applies messages of the LOG. */
  feed(...messages: readonly string[]): this {
    for (const raw of messages) {
      this.log.push(raw);
      const taken = this.#intake.take(this.log.length, raw);
      this.outcomes.push(taken.outcome);
      if (taken.outcome === 'event') this.#apply(taken.applied);
    }
    return this;
  }

  /** Lets time pass until `minutes` after T0. */
  tick(minutes: number): this {
    const tick = event('clock.ticked', { tick: at(minutes), clock: 'feed' }, { at: minutes });
    return this.given({ ...tick, id: `tick/${minutes}`, source: 'urn:test:clock' });
  }

  /** Rows of a table with their column names. */
  rows(table: TableName): Row[] {
    const columns = TABLE_COLUMNS[table];
    return this.cells[table].map((cells) =>
      Object.fromEntries(columns.map((column, index) => [column, cells[index] ?? null])),
    );
  }

  /** Movements as `from→to units`, with `!` behind an illegal one. */
  movements(): string[] {
    return this.rows('stock_movements').map(
      ({ from_account, illegal, qty, to_account }) =>
        `${from_account}→${to_account} ${qty}${illegal === 1 ? '!' : ''}`,
    );
  }

  /** Accounts of a position that are not 0, `outside` and `unclaimed` left out. */
  accounts(sku: string, node: string): Partial<Record<Account, number>> {
    const { accounts } = positionAnswer(this.stock, sku, node, this.nowMs);
    return Object.fromEntries(
      ACCOUNTS.filter(
        (name) => name !== 'outside' && name !== 'unclaimed' && accounts[name] !== 0,
      ).map((name) => [name, accounts[name]]),
    );
  }

  view(sku: string) {
    return atpView(this.stock, sku, { nowMs: this.nowMs, seq: this.log.length });
  }

  /** Codes of the findings, with their subtype. */
  codes(): string[] {
    return this.findings.map(({ code, subtype }) => (subtype ? `${code} ${subtype}` : code));
  }

  /** Every position, in an order of its own. */
  dump(): DumpRow[] {
    const { ledger } = this.stock.books;
    return Array.from({ length: ledger.positions }, (_, row): DumpRow => {
      const balances = ACCOUNTS.map((account) => ledger.balance(row, A[account]));
      return [ledger.skuOf(row), ledger.nodeOf(row), ...balances];
    }).sort((a, b) => (`${a[0]} ${a[1]}` < `${b[0]} ${b[1]}` ? -1 : 1));
  }

  /** The state as it is written at this instant; the bytes are made only when they are read. */
  capture(): AsyncIterable<Uint8Array> {
    return captureState(this.#parts());
  }

  /** A new ledger from a captured state, with the outputs so far. `chunk`: bytes per read. */
  async restored(state: AsyncIterable<Uint8Array>, chunk = 1_000): Promise<LedgerBench> {
    const bench = new LedgerBench(this.options);
    const read = new Map<string, SnapshotPart[]>(bench.#parts().map(({ name }) => [name, []]));
    for await (const { bytes, name } of decodeFrames(recut(state, chunk))) {
      const slash = name.indexOf('/');
      read.get(name.slice(0, slash))?.push({ name: name.slice(slash + 1), bytes });
    }
    for (const part of bench.#parts()) part.restore(read.get(part.name) ?? []);
    bench.#ids = this.#ids;
    bench.log.push(...this.log);
    bench.outcomes.push(...this.outcomes);
    bench.findings.push(...this.findings);
    for (const table of Object.keys(bench.cells) as TableName[]) {
      bench.cells[table].push(...this.cells[table]);
    }
    return bench;
  }

  /** The same ledger, stopped and started from its snapshot. */
  async restarted(): Promise<LedgerBench> {
    return this.restored(this.capture());
  }

  #parts(): Stateful[] {
    return [this.#intake, this.stock];
  }

  #apply(applied: Applied): void {
    const out: Outputs = {
      row: (table, cells) => this.cells[table].push([...cells]),
      finding: (finding) => this.findings.push(finding),
      changed: (sku) => this.changed.add(sku),
    };
    if (this.options.archive === true) this.#archive.apply(applied, out);
    this.stock.apply(applied, out);
  }
}

/** The bytes of a captured state as one text, to compare states. */
export async function bytesOf(state: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of state) chunks.push(chunk);
  return Buffer.concat(chunks).toString('latin1');
}

/** The same bytes in chunks of another size. */
async function* recut(chunks: AsyncIterable<Uint8Array>, size: number): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    for (let from = 0; from < chunk.length; from += size) yield chunk.subarray(from, from + size);
  }
}
