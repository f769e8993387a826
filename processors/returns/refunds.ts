/**
 * Refunds and the goods that they are for. Pure.
 *
 * Received units answer for refunds in the order in which the money went back, each unit once. A refund
 * that does not say how many units it is for needs one receipt that it can be for, and uses up none.
 */
import { amountOf, micros } from '../facts/money.ts';
import type { AuthorisedFact, ReceivedFact, RefundedFact } from './facts.ts';
import { agree, type Facts, type Goods, type Sale } from './goods.ts';

export interface Refund {
  readonly fact: RefundedFact;
  /** As stated; else that of the order. '' is the house currency. */
  readonly currency: string;
  readonly inHouse: boolean;
  /** The first receipt that it is for. */
  readonly received: ReceivedFact | undefined;
  readonly initiated: AuthorisedFact | undefined;
  /** A shipment of the goods; undefined when nothing of them left. */
  readonly sale: Sale | undefined;
  /** Part of the amount whose goods have not come back. */
  readonly unreturned: string;
}

export function refundsOf(
  { authorised, line: [line], refunded }: Facts,
  { returned, sales }: Goods,
): Refund[] {
  const left = returned.map(({ fact, units }) => ({ fact, units }));
  return refunded.map((fact) => {
    const receipts = left.filter((receipt) => receipt.units > 0 && answersFor(receipt.fact, fact));
    let open = fact.units;
    for (const receipt of receipts) {
      const units = Math.min(open, receipt.units);
      receipt.units -= units;
      open -= units;
    }
    const received = receipts[0]?.fact;
    const unreturned =
      fact.units > 0 ? shareOf(fact.amount, open, fact.units) : received ? '0' : fact.amount;
    return {
      ...{ fact, received, unreturned },
      currency: fact.currency === '' ? (line?.currency ?? '') : fact.currency,
      inHouse: fact.currency === '' ? (line?.inHouse ?? true) : fact.inHouse,
      initiated: authorised.find((authorisation) => answersFor(authorisation, fact)),
      sale: sales.find(({ fact: shipped }) => sameGoods(shipped, fact)),
    };
  });
}

type Named = { readonly line: string; readonly sku: string };

const answersFor = (goods: Named & { readonly rma: string }, refund: RefundedFact) =>
  agree(goods.rma, refund.rma) && sameGoods(goods, refund);

const sameGoods = (goods: Named, refund: Named) =>
  agree(goods.sku, refund.sku) && agree(goods.line, refund.line);

/** `part` of `whole` of an amount, towards zero in the last micro-unit. */
const shareOf = (amount: string, part: number, whole: number) =>
  amountOf((micros(amount) * BigInt(part)) / BigInt(whole));
