/**
 * What the lines of the SCMS history never say outright: the item master, and which purchase order a line
 * is of when an order has the same item twice. Pure; it looks at the whole file, so that a limit changes
 * neither.
 */
import { createHash } from 'node:crypto';
import { MAX_KEY_LENGTH } from '../../../contracts/fields.ts';
import { abcClasses, type AbcClass } from '../abc.ts';
import { increment, slug } from '../events.ts';
import type { ScmsLine } from './rows.ts';

export interface ScmsItem {
  readonly sku: string;
  readonly name: string;
  readonly abcClass: AbcClass;
  /** Lowest price of a pack that was paid, USD; 0 when there is none. */
  readonly lowestPriceMicros: bigint;
}

/** A line under the keys that it has in the log. */
export interface ScmsOrderLine {
  readonly row: number;
  readonly line: ScmsLine;
  readonly sku: string;
  /** Number of the order; its second line of the same item belongs to `<number>-2`, and so on. */
  readonly poId: string;
}

const HASH_LENGTH = 6;

/**
 * Key of an item: its name, and a hash of it, since names differ in signs that a key leaves out
 * (`[Ziagen]` and `Ziagen`).
 */
export function skuOf(item: string): string {
  const hash = createHash('sha256').update(item).digest('hex').slice(0, HASH_LENGTH);
  const name = slug(item)
    .slice(0, MAX_KEY_LENGTH - HASH_LENGTH - 1)
    .replace(/-$/, '');
  return `${name}-${hash}`;
}

/** Lines under their keys, in the order of the file. */
export function orderLines(
  lines: readonly { readonly row: number; readonly line: ScmsLine }[],
): ScmsOrderLine[] {
  const linesOf = new Map<string, number>();
  return lines.map(({ line, row }) => {
    const sku = skuOf(line.item);
    const nth = increment(linesOf, `${line.po} ${sku}`);
    return { row, line, sku, poId: nth === 1 ? line.po : `${line.po}-${nth}` };
  });
}

/** Items in order of first appearance. */
export function scmsItems(lines: readonly ScmsOrderLine[]): ScmsItem[] {
  const names = new Map<string, string>();
  const lowest = new Map<string, bigint>();
  const turnover = new Map<string, bigint>();
  for (const { line, sku } of lines) {
    if (!names.has(sku)) names.set(sku, line.item);
    turnover.set(sku, (turnover.get(sku) ?? 0n) + BigInt(line.qty) * line.priceMicros);
    const known = lowest.get(sku);
    if (line.priceMicros > 0n && (known === undefined || line.priceMicros < known)) {
      lowest.set(sku, line.priceMicros);
    }
  }
  const classes = abcClasses(turnover);
  return [...names].map(([sku, name]) => ({
    sku,
    name,
    abcClass: classes.get(sku) ?? 'C',
    lowestPriceMicros: lowest.get(sku) ?? 0n,
  }));
}
