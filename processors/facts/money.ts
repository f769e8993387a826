/**
 * Money in reducers: exact, as whole micro-units in a bigint, from and to the decimal strings of events.
 * And the house currency: what KPIs of money are in. An amount in another currency stays in its fact and
 * takes no part in sums; whoever meets one says so.
 */
import type { DataOf } from '../../contracts/events.ts';
import type { SnapshotPart } from '../processor.ts';
import { jsonParts, parseJson } from './parts.ts';

const MICROS = 1_000_000n;

/** Micro-units of a decimal string such as "12.5" or "-0.000001" (contracts/fields.ts `amount`). */
export function micros(amount: string): bigint {
  const negative = amount.startsWith('-');
  const [whole = '0', part = ''] = (negative ? amount.slice(1) : amount).split('.');
  const value = BigInt(whole) * MICROS + BigInt(part.padEnd(6, '0'));
  return negative ? -value : value;
}

/** The decimal string of micro-units, without trailing zeros. */
export function amountOf(value: bigint): string {
  const magnitude = value < 0n ? -value : value;
  const part = String(magnitude % MICROS)
    .padStart(6, '0')
    .replace(/0+$/, '');
  const text = part === '' ? String(magnitude / MICROS) : `${magnitude / MICROS}.${part}`;
  return value < 0n ? `-${text}` : text;
}

/** An amount as a sentence says it: with two decimals, or as many as it has. */
export function written(amount: string): string {
  const [whole = '0', part = ''] = amount.split('.');
  return `${whole}.${part.padEnd(2, '0')}`;
}

/** An amount times a number of units. */
export const times = (amount: string, units: number): string =>
  amountOf(micros(amount) * BigInt(units));

/** The policy's house currency; until one is set, the first currency that was seen. */
export class HouseCurrency {
  #code = '';
  #decided = false;

  set(data: DataOf<'policy.set'>): void {
    if (data.policy !== 'measurement' || data.value.house_currency === undefined) return;
    this.#code = data.value.house_currency;
    this.#decided = true;
  }

  /** True when an amount in `currency` counts; none stated means the house currency. */
  counts(currency: string | undefined): boolean {
    if (currency === undefined) return true;
    if (this.#code === '' && !this.#decided) this.#code = currency;
    return currency === this.#code;
  }

  get code(): string {
    return this.#code;
  }

  snapshot(): Iterable<SnapshotPart> {
    return jsonParts('currency', [{ code: this.#code, decided: this.#decided }]);
  }

  restore({ bytes }: SnapshotPart): void {
    const [saved] = parseJson<{ code: string; decided: boolean }>(bytes);
    this.#code = saved?.code ?? '';
    this.#decided = saved?.decided ?? false;
  }
}
