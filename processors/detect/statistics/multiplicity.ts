/** Many tests at once (REFERENCE §5.3). */

/**
 * Benjamini–Hochberg at level q: how many of the smallest p-values are rejected, which is the largest k
 * with p_(k) ≤ k q / m. `tests` is m where hypotheses whose p is 1 are left out of the list.
 */
export function benjaminiHochberg(
  pValues: readonly number[],
  q: number,
  tests = pValues.length,
): number {
  const sorted = [...pValues].sort((a, b) => a - b);
  let rejected = 0;
  sorted.forEach((p, index) => {
    if (p <= ((index + 1) * q) / tests) rejected = index + 1;
  });
  return rejected;
}
