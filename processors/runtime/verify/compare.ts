/**
 * Three accounts of the same positions, compared: the living ledger, the sums in ClickHouse, a replay of
 * the log (law 4). Pure.
 */
import { ACCOUNTS, type Account } from '../../../contracts/states.ts';

/** One account of the positions; the ledger's own interface. */
export interface Side {
  readonly positions: number;
  skuOf(row: number): string;
  nodeOf(row: number): string;
  find(sku: string, node: string): number | undefined;
  /** Units in the account with this number (its place in ACCOUNTS). */
  balance(row: number, account: number): number;
}

export interface Sides {
  readonly ledger: Side;
  readonly clickhouse: Side;
  readonly replay: Side;
}

/** An account of a position on which not all three agree (units). */
export interface Difference {
  readonly sku: string;
  readonly node: string;
  readonly account: Account;
  readonly ledger: number;
  readonly clickhouse: number;
  readonly replay: number;
}

export interface Comparison {
  /** Positions that any side knows. */
  readonly positions: number;
  /** Of them, those with an account on which not all agree. */
  readonly differing: number;
  /** The first one by SKU, node and account. */
  readonly first: Difference | null;
}

/** Compares every account of every position. A position that a side does not know has nothing there. */
export function comparePositions({ clickhouse, ledger, replay }: Sides): Comparison {
  let positions = 0;
  let differing = 0;
  let first: Difference | null = null;
  const compare = (sku: string, node: string) => {
    positions += 1;
    const difference = compareOne({ clickhouse, ledger, replay }, sku, node);
    if (difference === null) return;
    differing += 1;
    if (first === null || comesBefore(difference, first)) first = difference;
  };

  for (const [sku, node] of keysOf(ledger)) compare(sku, node);
  for (const [sku, node] of keysOf(clickhouse)) {
    if (ledger.find(sku, node) === undefined) compare(sku, node);
  }
  for (const [sku, node] of keysOf(replay)) {
    const isKnown =
      ledger.find(sku, node) !== undefined || clickhouse.find(sku, node) !== undefined;
    if (!isKnown) compare(sku, node);
  }
  return { positions, differing, first };
}

/** Several comparisons of different positions as one. */
export function merged(comparisons: readonly Comparison[]): Comparison {
  let first: Difference | null = null;
  for (const { first: other } of comparisons) {
    if (other !== null && (first === null || comesBefore(other, first))) first = other;
  }
  return {
    positions: comparisons.reduce((sum, { positions }) => sum + positions, 0),
    differing: comparisons.reduce((sum, { differing }) => sum + differing, 0),
    first,
  };
}

function compareOne(sides: Sides, sku: string, node: string): Difference | null {
  const ledgerRow = sides.ledger.find(sku, node);
  const clickhouseRow = sides.clickhouse.find(sku, node);
  const replayRow = sides.replay.find(sku, node);
  for (const [number, account] of ACCOUNTS.entries()) {
    const ledger = unitsOf(sides.ledger, ledgerRow, number);
    const clickhouse = unitsOf(sides.clickhouse, clickhouseRow, number);
    const replay = unitsOf(sides.replay, replayRow, number);
    if (ledger !== clickhouse || ledger !== replay) {
      return { sku, node, account, ledger, clickhouse, replay };
    }
  }
  return null;
}

const unitsOf = (side: Side, row: number | undefined, account: number) =>
  row === undefined ? 0 : side.balance(row, account);

function* keysOf(side: Side): Generator<[sku: string, node: string]> {
  for (let row = 0; row < side.positions; row++) yield [side.skuOf(row), side.nodeOf(row)];
}

/** By SKU and node; a position gives one difference. */
function comesBefore(a: Difference, b: Difference): boolean {
  return a.sku === b.sku ? a.node < b.node : a.sku < b.sku;
}
