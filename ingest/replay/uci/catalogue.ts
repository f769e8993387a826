/**
 * First pass over the UCI file: what its rows never say outright but a ledger needs to begin with.
 *
 * - Item master: name, class by revenue and the lowest price seen, per stock code.
 * - Opening stock: the file has neither an opening balance nor receipts, so the smallest balance is
 *   taken that never lets `available` go below zero when the events are applied in their order.
 *
 * Pure; it reads the same groups in the same order as the mapping (mapping.ts).
 */
import { abcClasses, type AbcClass } from '../abc.ts';
import { classifyRow, isGoods, type UciRow } from './rows.ts';

/** Consecutive rows of one invoice and one minute: what becomes one order, or one batch of returns. */
export interface InvoiceGroup {
  readonly invoice: string;
  readonly time: string;
  /** Order lines, then cancellations, then adjustments, each as the file has them. */
  readonly orderLines: readonly UciRow[];
  readonly cancellations: readonly UciRow[];
  readonly adjustments: readonly UciRow[];
}

export interface CatalogueItem {
  readonly sku: string;
  /** First name on a priced row, else on any row; may be empty. */
  readonly name: string;
  readonly abcClass: AbcClass;
  /** Lowest positive price, 0 when there is none. */
  readonly lowestPriceMicros: bigint;
  readonly openingUnits: number;
}

export interface Catalogue {
  /** In order of first appearance. */
  readonly items: readonly CatalogueItem[];
  /** Names printed on priced rows: any other description of a price-0 row was typed by staff. */
  readonly names: ReadonlySet<string>;
  /** Midnight of the first day (RFC 3339). */
  readonly openedAt: string;
}

/** Splits one group's rows by what they are. */
export function invoiceGroup(rows: readonly UciRow[]): InvoiceGroup {
  const [first] = rows;
  if (first === undefined) throw new Error('a group has at least one row');
  const of = (kind: string) => rows.filter((row) => classifyRow(row) === kind);
  return {
    invoice: first.invoice,
    time: first.time,
    orderLines: of('order_line'),
    cancellations: of('cancellation'),
    adjustments: of('adjustment'),
  };
}

interface Tally {
  name: string;
  namedByPrice: boolean;
  lowestPriceMicros: bigint;
  revenueMicros: bigint;
  balance: number;
  lowestBalance: number;
}

/** Collects the catalogue, a group at a time. */
export function catalogueBuilder(): { add(group: InvoiceGroup): void; finish(): Catalogue } {
  const tallies = new Map<string, Tally>();
  const names = new Set<string>();
  let openedAt = '';

  function tallyOf(row: UciRow): Tally {
    let tally = tallies.get(row.sku);
    if (tally === undefined) {
      tally = {
        name: '',
        namedByPrice: false,
        lowestPriceMicros: 0n,
        revenueMicros: 0n,
        balance: 0,
        lowestBalance: 0,
      };
      tallies.set(row.sku, tally);
    }
    const priced = row.priceMicros > 0n;
    if (row.description !== '' && (tally.name === '' || (priced && !tally.namedByPrice))) {
      tally.name = row.description;
      tally.namedByPrice = priced;
    }
    if (priced) {
      if (row.description !== '') names.add(row.description);
      if (tally.lowestPriceMicros === 0n || row.priceMicros < tally.lowestPriceMicros) {
        tally.lowestPriceMicros = row.priceMicros;
      }
    }
    return tally;
  }

  function add(group: InvoiceGroup): void {
    if (openedAt === '') openedAt = `${group.time.slice(0, 10)}T00:00:00Z`;
    for (const row of group.orderLines) {
      const tally = tallyOf(row);
      tally.revenueMicros += BigInt(row.qty) * row.priceMicros;
      if (isGoods(row.sku)) move(tally, -row.qty);
    }
    for (const row of group.cancellations) {
      const tally = tallyOf(row);
      if (isGoods(row.sku)) move(tally, -row.qty);
    }
    for (const row of group.adjustments) move(tallyOf(row), row.qty);
  }

  function finish(): Catalogue {
    const classes = abcClasses(
      new Map([...tallies].map(([sku, { revenueMicros }]) => [sku, revenueMicros])),
    );
    const items = [...tallies].map(([sku, tally]) => ({
      sku,
      name: tally.name,
      abcClass: classes.get(sku) ?? 'C',
      lowestPriceMicros: tally.lowestPriceMicros,
      openingUnits: -tally.lowestBalance,
    }));
    return { items, names, openedAt };
  }

  return { add, finish };
}

function move(tally: Tally, delta: number): void {
  tally.balance += delta;
  tally.lowestBalance = Math.min(tally.lowestBalance, tally.balance);
}
