/** Sums of money between decimal strings of up to six places, as ClickHouse writes them: exact, never a float. */
const MICROS = 1_000_000n;

export function addAmounts(a: string, b: string): string {
  const sum = micros(a) + micros(b);
  const magnitude = sum < 0n ? -sum : sum;
  const part = String(magnitude % MICROS)
    .padStart(6, '0')
    .replace(/0+$/, '');
  return `${sum < 0n ? '-' : ''}${magnitude / MICROS}${part === '' ? '' : `.${part}`}`;
}

function micros(amount: string): bigint {
  const [whole = '0', part = ''] = amount.replace('-', '').split('.');
  const magnitude = BigInt(whole) * MICROS + BigInt(part.padEnd(6, '0'));
  return amount.startsWith('-') ? -magnitude : magnitude;
}
