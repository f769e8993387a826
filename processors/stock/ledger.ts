/**
 * The stock ledger's books: positions (SKU at node) with a column for each account.
 *
 * Guarantee (law 4): `move` takes from one account exactly what it gives to another, so the goods
 * accounts and `outside` of a position always sum to 0. It never refuses: the warehouse is the system of
 * record, and a balance below 0 is a finding, not an error.
 */
import { ACCOUNTS, UNSOURCED_NODE } from '../../contracts/states.ts';
import type { SnapshotPart } from '../processor.ts';
import { jsonParts, parseJson } from '../facts/parts.ts';
import { decodeRows, encodePages, Pages, type FrozenPages } from './pages.ts';

const LAST_SEQ = ACCOUNTS.length;
const LAST_TIME = LAST_SEQ + 1;
/** Newest entry of the history for the position, plus 1; 0 when there is none. */
const NEWEST = LAST_TIME + 1;
const STRIDE = NEWEST + 1;

const NONE = -1;

export class Ledger {
  #cells = new Pages(STRIDE);
  #skuOfRow: string[] = [];
  #nodeOfRow: number[] = [];
  /** The SKU's row before this one: rows of a SKU form a chain. */
  #previousOfRow: number[] = [];
  #newestRowOfSku = new Map<string, number>();
  #nodes: string[] = [];
  #nodeNumbers = new Map<string, number>();

  get positions(): number {
    return this.#skuOfRow.length;
  }

  get skus(): Iterable<string> {
    return this.#newestRowOfSku.keys();
  }

  get nodes(): readonly string[] {
    return this.#nodes;
  }

  /** Row of a position, made when it is new. */
  row(sku: string, node: string): number {
    const found = this.find(sku, node);
    if (found !== undefined) return found;
    let nodeNumber = this.#nodeNumbers.get(node);
    if (nodeNumber === undefined) {
      nodeNumber = this.#nodes.length;
      this.#nodes.push(node);
      this.#nodeNumbers.set(node, nodeNumber);
    }
    const row = this.#append(sku, nodeNumber);
    this.#cells.grow(row + 1);
    return row;
  }

  find(sku: string, node: string): number | undefined {
    const nodeNumber = this.#nodeNumbers.get(node);
    if (nodeNumber === undefined) return undefined;
    let row = this.#newestRowOfSku.get(sku) ?? NONE;
    while (row !== NONE && this.#nodeOfRow[row] !== nodeNumber) {
      row = this.#previousOfRow[row] as number;
    }
    return row === NONE ? undefined : row;
  }

  /** Rows of a SKU, ordered by node name with the unsourced one last. */
  rowsOf(sku: string): number[] {
    const rows: number[] = [];
    let row = this.#newestRowOfSku.get(sku) ?? NONE;
    while (row !== NONE) {
      rows.push(row);
      row = this.#previousOfRow[row] as number;
    }
    return rows.sort((a, b) => compareNodes(this.nodeOf(a), this.nodeOf(b)));
  }

  /** Rows of a node; a scan of all positions, for full snapshots only. */
  *rowsAtNode(node: string): Generator<number> {
    const nodeNumber = this.#nodeNumbers.get(node);
    for (let row = 0; row < this.#nodeOfRow.length; row++) {
      if (this.#nodeOfRow[row] === nodeNumber) yield row;
    }
  }

  has(sku: string): boolean {
    return this.#newestRowOfSku.has(sku);
  }

  skuOf(row: number): string {
    return this.#skuOfRow[row] as string;
  }

  nodeOf(row: number): string {
    return this.#nodes[this.#nodeOfRow[row] as number] as string;
  }

  balance(row: number, account: number): number {
    return this.#cells.get(row, account);
  }

  sum(row: number, accounts: readonly number[]): number {
    let total = 0;
    for (const account of accounts) total += this.#cells.get(row, account);
    return total;
  }

  /** Moves units between two accounts of a position. */
  move(row: number, from: number, to: number, units: number): void {
    this.#cells.add(row, from, -units);
    this.#cells.add(row, to, units);
  }

  touch(row: number, seq: number, timeMs: number): void {
    this.#cells.set(row, LAST_SEQ, seq);
    if (timeMs > this.#cells.get(row, LAST_TIME)) this.#cells.set(row, LAST_TIME, timeMs);
  }

  lastSeq(row: number): number {
    return this.#cells.get(row, LAST_SEQ);
  }

  /** Latest event time of a movement (ms), 0 when there was none. */
  lastTimeMs(row: number): number {
    return this.#cells.get(row, LAST_TIME);
  }

  newestEntry(row: number): number {
    return this.#cells.get(row, NEWEST) - 1;
  }

  setNewestEntry(row: number, entry: number): void {
    this.#cells.set(row, NEWEST, entry + 1);
  }

  snapshot(): Iterable<SnapshotPart> {
    const cells = this.#cells.freeze();
    const nodes = [...this.#nodes];
    const rows = this.#skuOfRow.length;
    return this.#parts(cells, nodes, rows);
  }

  *#parts(cells: FrozenPages, nodes: string[], rows: number): Generator<SnapshotPart> {
    yield* jsonParts('ledger.nodes', [nodes]);
    yield* jsonParts('ledger.rows', this.#names(rows));
    for (const bytes of encodePages(cells, STRIDE)) yield { name: 'ledger.cells', bytes };
    cells.release();
  }

  /** SKU and node of a row never change, so the first `rows` of them stay those of the snapshot. */
  *#names(rows: number): Generator<[string, number]> {
    for (let row = 0; row < rows; row++) {
      yield [this.#skuOfRow[row] as string, this.#nodeOfRow[row] as number];
    }
  }

  restore(part: SnapshotPart): void {
    switch (part.name) {
      case 'ledger.nodes': {
        const [nodes] = parseJson<string[]>(part.bytes);
        this.#nodes = nodes ?? [];
        this.#nodeNumbers = new Map(this.#nodes.map((node, index) => [node, index]));
        return;
      }
      case 'ledger.rows':
        for (const [sku, node] of parseJson<[string, number]>(part.bytes)) this.#append(sku, node);
        return;
      case 'ledger.cells':
        decodeRows(this.#cells, part.bytes);
        return;
      default:
        throw new Error(`the ledger has no part ${part.name}`);
    }
  }

  #append(sku: string, nodeNumber: number): number {
    const row = this.#skuOfRow.length;
    this.#skuOfRow.push(sku);
    this.#nodeOfRow.push(nodeNumber);
    this.#previousOfRow.push(this.#newestRowOfSku.get(sku) ?? NONE);
    this.#newestRowOfSku.set(sku, row);
    return row;
  }
}

function compareNodes(a: string, b: string): number {
  if (a === b) return 0;
  if (a === UNSOURCED_NODE) return 1;
  if (b === UNSOURCED_NODE) return -1;
  return a < b ? -1 : 1;
}
