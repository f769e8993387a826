/** The brand as every view needs it: money in its house currency, asked for until it is known. */
import { readBrand } from './api.ts';
import { kpiFormats } from './kpi.ts';
import { moneyText } from './money.ts';

const AGAIN_MS = 15_000;

export class Brand {
  /** ISO 4217; empty while it is not known. */
  #currency = $state('');

  get currency(): string {
    return this.#currency;
  }

  /** An amount in the house currency: "€3,794.40". */
  money(amount: string | number): string {
    return moneyText({ amount: String(amount), currency: this.#currency });
  }

  /** A value of a KPI with its unit; money in the house currency. */
  figure(value: number | null, unit: string): string {
    return unit === 'money' && value !== null ? this.money(value) : kpiFormats.value(value, unit);
  }

  run(): () => void {
    const aborter = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const ask = async () => {
      try {
        this.#currency = (await readBrand(aborter.signal)).currency ?? '';
      } catch {
        // Amounts stand without their currency until it is known.
      }
      if (this.#currency === '' && !aborter.signal.aborted)
        timer = setTimeout(() => void ask(), AGAIN_MS);
    };
    void ask();
    return () => {
      aborter.abort();
      clearTimeout(timer);
    };
  }
}
