/** Money as people read it: rounded for the eye, with its currency. Pure. */
import type { Money } from '../../../contracts/answer.ts';

/** Amounts from here on are shown without cents. */
const WHOLE_FROM = 1000;

export function createMoneyFormat(locale?: string): (money: Money) => string {
  return ({ amount, currency }) => {
    const value = Number(amount);
    const digits = Math.abs(value) >= WHOLE_FROM ? 0 : 2;
    const style = currency === '' ? {} : { style: 'currency', currency };
    return new Intl.NumberFormat(locale, {
      ...style,
      minimumFractionDigits: digits,
      maximumFractionDigits: digits,
    } as Intl.NumberFormatOptions)
      .format(value)
      .replace('-', '\u2212');
  };
}

export const moneyText = createMoneyFormat();

/** Sums of several currencies, the largest first; a dash for none. */
export function sumsText(sums: readonly Money[], format = moneyText): string {
  const worth = sums.filter(({ amount }) => Number(amount) !== 0);
  if (worth.length === 0) return '–';
  const ordered = [...worth].sort((a, b) => Number(b.amount) - Number(a.amount));
  return ordered.map((money) => format(money)).join(' + ');
}
