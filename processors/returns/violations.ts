/**
 * What does not fit in the flow from sale to refund. All of it was applied as far as it is true; this says
 * what is odd about it. Pure.
 */
import type { Fact } from '../facts/signed.ts';
import type { Goods, Returned } from './goods.ts';
import type { Sold } from './leakage.ts';

export interface Violation {
  readonly subtype: string;
  /** The fact that shows it. */
  readonly fact: Fact & { readonly source: string; readonly id: string };
  readonly sku: string;
  readonly node: string;
  readonly units: number;
  readonly detail: string;
}

export function violationsOf(order: string, sold: Sold): Violation[] {
  return [
    ...sold.goods.returned.flatMap((piece) => receiptViolations(order, piece, sold)),
    ...overAuthorised(sold),
    ...dispositionViolations(sold.goods),
    ...moneyViolations(order, sold),
  ];
}

/** Whether the order was ever heard of, apart from what came back. */
const isKnown = ({ facts }: Sold) => facts.line.length > 0 || facts.shipped.length > 0;

function receiptViolations(order: string, piece: Returned, sold: Sold): Violation[] {
  const { authorised, fact, sale, units } = piece;
  const { node, sku } = fact;
  const found = (subtype: string, detail: string) => [{ subtype, fact, sku, node, units, detail }];
  const goods = `${units} units of ${sku} came back to ${node}`;
  const blind = authorised === undefined && fact.shipment === '';
  return [
    ...(blind ? found('blind_return', `${goods} without an authorisation`) : []),
    ...(order !== '' && !isKnown(sold)
      ? found('return_without_order', `${goods} for order ${order}, which is not known`)
      : []),
    ...(isKnown(sold) && sale === undefined
      ? found('return_over_shipped', `${goods}, more than left with order ${order}`)
      : []),
  ];
}

/** Units of an authorisation beyond what it allows, at the receipt that went beyond. */
function overAuthorised({ facts: { authorised, received } }: Sold): Violation[] {
  const allowed = new Map<string, number>();
  const keyOf = ({ rma, sku }: { rma: string; sku: string }) => `${rma} ${sku}`;
  for (const fact of authorised) {
    allowed.set(keyOf(fact), (allowed.get(keyOf(fact)) ?? 0) + fact.units);
  }
  return received.flatMap((fact) => {
    const { node, rma, sku } = fact;
    const left = allowed.get(keyOf(fact));
    if (left === undefined) return [];
    allowed.set(keyOf(fact), left - fact.units);
    const units = Math.min(fact.units, fact.units - left);
    if (units <= 0) return [];
    const detail = `${units} units of ${sku} came back beyond what return ${rma} allows`;
    return { subtype: 'return_over_authorised', fact, sku, node, units, detail };
  });
}

function dispositionViolations({ early, returned }: Goods): Violation[] {
  const unreceived = early.map(({ fact, units }) => ({
    ...{ subtype: 'disposition_without_receipt', fact, sku: fact.sku, node: fact.node, units },
    detail: `${units} units of ${fact.sku} at ${fact.node} went to ${fact.to} without having been received`,
  }));
  const before = returned.flatMap(({ disposed, fact: { receivedMs } }) =>
    disposed
      .filter(({ fact }) => fact.timeMs < receivedMs)
      .map(({ fact, units }) => ({
        ...{ subtype: 'disposition_before_receipt', fact, sku: fact.sku, node: fact.node, units },
        detail: `${units} units of ${fact.sku} at ${fact.node} went to ${fact.to} before they were received`,
      })),
  );
  return [...unreceived, ...before];
}

function moneyViolations(order: string, sold: Sold): Violation[] {
  const { facts, refunds } = sold;
  const currency = facts.line[0]?.currency ?? '';
  const none = { sku: '', node: '', units: 0 };
  const unknown = isKnown(sold)
    ? []
    : refunds.map(({ fact }) => ({
        ...{ ...none, subtype: 'refund_without_order', fact },
        detail: `${fact.amount} ${fact.currency} went back for order ${order}, which is not known`,
      }));
  const foreign = [
    ...refunds.map(({ currency: stated, fact, inHouse }) => ({
      ...{ fact, what: `refund ${fact.refund}`, stated },
      odd: !inHouse || (currency !== '' && stated !== currency),
    })),
    ...facts.freight.map((fact) => ({
      ...{ fact, what: `freight of ${fact.shipment}`, stated: fact.currency, odd: !fact.inHouse },
    })),
    ...facts.cost.map((fact) => ({
      ...{ fact, what: `${fact.component} cost ${fact.ref}`, stated: fact.currency },
      odd: !fact.inHouse,
    })),
  ];
  const inOther = foreign
    .filter(({ odd }) => odd)
    .map(({ fact, stated, what }) => ({
      ...{ ...none, subtype: 'currency', fact },
      detail: `${what} is ${fact.amount} ${stated}, another currency than that of the order or the house`,
    }));
  return [...unknown, ...inOther];
}
