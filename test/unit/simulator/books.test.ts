/** The brand keeps its own books: without incidents the real ledger finds nothing to complain of. */
import { describe, expect, it } from 'vitest';
import { explode } from '../../../contracts/explode.ts';
import { checkEvent } from '../../../contracts/validate.ts';
import { A } from '../../../processors/stock/accounts.ts';
import type { Stock } from '../../../processors/stock/stock.ts';
import { createBrand, createState, openingEvents } from '../../../simulator/brand.ts';
import { DAY, HOUR } from '../../../simulator/calendar.ts';
import type { Founding, SimEvent } from '../../../simulator/world.ts';
import { ReducerBench } from '../../support/reducers.ts';

const OPENED_AT = Date.parse('2026-03-02T00:00:00Z');
const QUIET = { run: 'books', openedAtMs: OPENED_AT, ordersPerDay: 300, skuCount: 200 };

/** Events as the door would put them into the log, each ingested when the newest one happened. */
function feed(bench: ReducerBench, events: readonly SimEvent[]): void {
  for (const event of events) {
    const checked = checkEvent(event);
    if (!checked.ok) throw new Error(checked.rejection.detail);
    const newestMs = Math.max(bench.nowMs, Date.parse(event.time));
    const ingestedtime = new Date(newestMs).toISOString();
    for (const single of explode(checked.name, checked.event)) {
      const raw = JSON.stringify({ ...single.event, ingestedtime });
      bench.feed({ raw, subject: single.subject });
    }
  }
}

function livedThrough(founding: Founding, spanMs: number) {
  const brand = createBrand(createState(founding));
  const bench = new ReducerBench(['stock']);
  feed(bench, openingEvents(brand.state()));
  const stepMs = HOUR / (founding.tempo ?? 1);
  for (let atMs = OPENED_AT + stepMs; atMs <= OPENED_AT + spanMs; atMs += stepMs) {
    feed(bench, brand.advance(atMs));
  }
  return { brand, bench };
}

/** Positions whose available stock the ledger sees otherwise than the brand. */
function differences({ bench, brand }: ReturnType<typeof livedThrough>): string[] {
  const hosted = bench.slice.hosted.find(({ processor }) => processor.name === 'stock');
  const { ledger } = (hosted?.processor as Stock).books;
  return Object.entries(brand.state().positions).flatMap(([key, { available }]) => {
    const [sku = '', node = ''] = key.split(' ');
    const booked = ledger.balance(ledger.row(sku, node), A.available);
    return booked === available ? [] : [`${key}: ledger ${booked}, brand ${available}`];
  });
}

/** What the ledger finds wrong, and what channels are told wrong. */
const complaints = ({ bench }: ReturnType<typeof livedThrough>): string[] =>
  bench.findings.map(({ detail }) => detail);

describe('the books of a quiet brand', { timeout: 120_000 }, () => {
  it('agree with the ledger after two days', () => {
    const lived = livedThrough({ ...QUIET, seed: 3 }, 2 * DAY);
    expect(lived.bench.log.length).toBeGreaterThan(15_000);
    expect(complaints(lived)).toEqual([]);
    expect(lived.bench.asides).toEqual([]);
    expect(differences(lived)).toEqual([]);
  });

  it('agree at the tempo of the demo, too', () => {
    const lived = livedThrough({ ...QUIET, seed: 5, tempo: 360, steady: true }, 4 * 60_000);
    expect(complaints(lived)).toEqual([]);
    expect(differences(lived).length).toBeLessThan(5);
  });

  it('never promise more than there is', () => {
    const brand = createBrand(createState({ ...QUIET, seed: 6 }));
    brand.advance(OPENED_AT + 2 * DAY);
    const over = Object.entries(brand.state().positions).filter(
      ([, { available, promised }]) => available < promised,
    );
    expect(over).toEqual([]);
  });
});
