/**
 * The stock ledger as events reach it, without NATS and ClickHouse: producer events are checked and
 * exploded by the contract, stamped as the door does, taken in by the runtime's intake as text of the
 * LOG, and applied. What comes out is collected.
 */
import { ACCOUNTS, type Account } from '../../contracts/states.ts';
import { createArchive } from '../../processors/archive/archive.ts';
import type {
  Applied,
  Cell,
  Cleared,
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
import { logMessages, tickAt, type Given } from './given.ts';

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
  /** Findings whose condition holds no more. */
  readonly ended: Cleared[] = [];
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
    this.cells = Object.fromEntries(
      Object.keys(TABLE_COLUMNS).map((table) => [table, []]),
    ) as unknown as typeof this.cells;
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
    const id = given.id ?? `e${++this.#ids}`;
    return logMessages(given, { id, nowMs: this.nowMs }).map(({ raw }) => raw);
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
    return this.given(tickAt(minutes));
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
    bench.ended.push(...this.ended);
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
      cleared: (cleared) => this.ended.push(cleared),
      changed: (sku) => this.changed.add(sku),
      signal: () => undefined,
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
