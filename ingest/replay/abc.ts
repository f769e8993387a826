/** A, B or C by the place of a SKU in the turnover, highest first. Pure. */

export type AbcClass = 'A' | 'B' | 'C';

/** Parts of the turnover, from the top, that classes A and B end at. */
const A_SHARE = 0.8;
const B_SHARE = 0.95;

export function abcClasses(turnoverMicros: ReadonlyMap<string, bigint>): Map<string, AbcClass> {
  const ranked = [...turnoverMicros].sort(([, a], [, b]) => (a === b ? 0 : a > b ? -1 : 1));
  const total = ranked.reduce((sum, [, micros]) => sum + Number(micros), 0);
  let before = 0;
  return new Map(
    ranked.map(([sku, micros]) => {
      const share = before / (total || 1);
      before += Number(micros);
      return [sku, share < A_SHARE ? 'A' : share < B_SHARE ? 'B' : 'C'];
    }),
  );
}
