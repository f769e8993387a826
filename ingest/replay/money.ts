/**
 * Exact decimal arithmetic for the few sums a mapping needs. Amounts are decimal strings, never
 * floats (REFERENCE §0); inside they are integers of a millionth, which the contract's six decimals
 * fit exactly.
 */

const DECIMALS = 6;
const AMOUNT = /^(-?)(\d{1,15})(?:\.(\d{1,6}))?$/;

/** Millionths of a decimal string, or null when it is none that the contract takes. */
export function parseMicros(amount: string): bigint | null {
  const match = AMOUNT.exec(amount);
  if (match === null) return null;
  const [, sign = '', whole = '0', fraction = ''] = match;
  const micros = BigInt(whole + fraction.padEnd(DECIMALS, '0'));
  return sign === '-' ? -micros : micros;
}

/** The shortest decimal string with at least two decimals: `2.50`, `0.001`. */
export function formatMicros(micros: bigint): string {
  const digits = (micros < 0n ? -micros : micros).toString().padStart(DECIMALS + 1, '0');
  const whole = digits.slice(0, -DECIMALS);
  const fraction = digits.slice(-DECIMALS).replace(/0{1,4}$/, '');
  return `${micros < 0n ? '-' : ''}${whole}.${fraction}`;
}
