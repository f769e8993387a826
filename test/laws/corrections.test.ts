/** An event that is declared wrong, whenever that is heard of, leaves the balances as if it had never come. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { corrected } from '../support/facts.ts';
import { type Given } from '../support/given.ts';
import { LedgerBench } from '../support/ledger.ts';
import { AFTERWARDS, filled, happening, messagesOf, runs } from './histories.ts';
import { adjustment, order, SPAN, supply } from './stories.ts';

/** Left out: what ends a reservation or a receipt ends it for good. */
function canBeTakenBack({ data, name }: Given): boolean {
  switch (name) {
    case 'reservation.created':
    case 'receipt.closed':
    case 'purchaseorder.acknowledged':
      return false;
    case 'order.created':
      return !JSON.stringify(data).includes('reservation_id');
    default:
      return true;
  }
}

/** What is found is taken from what is known to be lost then: it depends on more than its own event. */
const isFound = ({ data, name }: Given) =>
  name === 'inventory.adjusted' && Number(data['qty_delta']) > 0 && data['raw_code'] !== 'AB';

describe('a correction', () => {
  it('leaves the balances as if its event had never come', () => {
    const history = fc
      .array(fc.oneof(order, supply, adjustment), { minLength: 1, maxLength: 5 })
      .map((stories) => happening(stories).filter((one) => !isFound(one)));
    fc.assert(
      fc.property(history, fc.nat(), fc.nat(), (events, which, when) => {
        const candidates = events.filter(canBeTakenBack);
        const wrong = candidates[which % Math.max(1, candidates.length)];
        fc.pre(wrong !== undefined);
        const at = when % (events.length + 1);
        const correction = corrected({ id: wrong?.id ?? '' }, { id: 'correction', at: SPAN + 500 });
        const held = (log: readonly Given[]) =>
          filled(new LedgerBench().feed(...messagesOf([...log, ...AFTERWARDS])).dump());
        const known = [...events.slice(0, at), { ...correction, at: 0 }, ...events.slice(at)];
        const without = events.filter((one) => one !== wrong);
        expect(held(known)).toEqual(held(without));
        expect(held([...events, correction])).toEqual(held(without));
      }),
      runs(400),
    );
  });
});
