/** What the order of arrival must not change: repeats, events of other SKUs, facts of one line. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Given } from '../support/given.ts';
import { LedgerBench } from '../support/ledger.ts';
import { stocked } from '../support/facts.ts';
import {
  AFTERWARDS,
  arriving,
  filled,
  happening,
  journeys,
  messagesOf,
  runs,
} from './histories.ts';
import { anyStories, order, SPAN, supply } from './stories.ts';

const choices = fc.array(fc.nat(), { minLength: 1, maxLength: 60 });
const LATER = SPAN + 1_000;
const skuOf = (message: string) =>
  (JSON.parse(message) as { data: { sku_id?: string } }).data.sku_id ?? '';

describe('the order of arrival', () => {
  it('repeats are harmless', () => {
    fc.assert(
      fc.property(anyStories, journeys, (stories, ways) => {
        const once = happening(stories);
        const twice = arriving(
          once,
          ways.map(({ again }) => ({ delay: 0, again })),
        );
        const plain = new LedgerBench().feed(...messagesOf([...once, ...AFTERWARDS]));
        const repeated = new LedgerBench().feed(...messagesOf([...twice, ...AFTERWARDS]));
        expect(repeated.dump()).toEqual(plain.dump());
        // Row for row the same, but for the place in the log.
        const rows = (bench: LedgerBench) => bench.cells.stock_movements.map(([, ...row]) => row);
        expect(rows(repeated)).toEqual(rows(plain));
        expect(repeated.outcomes.filter((outcome) => outcome === 'event')).toHaveLength(
          plain.outcomes.length,
        );
      }),
      runs(200),
    );
  });

  it('events of other SKUs make no difference', () => {
    fc.assert(
      fc.property(anyStories, choices, (stories, chosen) => {
        const log = messagesOf(happening(stories)).filter((message) => skuOf(message) !== '');
        const queues = ['A', 'B', 'C'].map((sku) => log.filter((it) => skuOf(it) === sku));
        const shuffled: string[] = [];
        while (queues.some((queue) => queue.length > 0)) {
          const full = queues.filter((queue) => queue.length > 0);
          const choice = chosen[shuffled.length % chosen.length] ?? 0;
          shuffled.push(...(full[choice % full.length]?.splice(0, 1) ?? []));
        }
        const after = messagesOf(AFTERWARDS);
        const dump = (messages: readonly string[]) =>
          filled(new LedgerBench().feed(...messages, ...after).dump());
        expect(dump(shuffled)).toEqual(dump(log));
      }),
      runs(300),
    );
  });

  it.each([
    ['an order line', order],
    ['a delivery', supply],
  ])('the facts of %s may come in any order', (_, stories) => {
    fc.assert(
      fc.property(stories, choices, (story, chosen) => {
        // Each fact has the time at which it happened, whenever it is heard of.
        const facts = [stocked(50, { at: 0, id: 'opening' }), ...story('o1')];
        const commuting = facts.filter(({ name }) => !name.startsWith('reservation'));
        const shuffled = commuting
          .map((one, index) => ({ one, place: chosen[index % chosen.length] ?? 0 }))
          .sort((a, b) => a.place - b.place)
          .map(({ one }) => one);
        const dump = (events: readonly Given[]) =>
          new LedgerBench()
            .given(...events)
            .tick(LATER)
            .dump();
        expect(dump(shuffled)).toEqual(dump(commuting));
      }),
      runs(1_000),
    );
  });
});
