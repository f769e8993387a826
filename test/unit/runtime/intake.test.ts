/** From a message of the LOG to an event: decoded, told apart from its repeats, given the time. */
import { describe, expect, it } from 'vitest';
import { Intake } from '../../../processors/runtime/intake.ts';
import { at, event } from '../../support/given.ts';
import { LedgerBench } from '../../support/ledger.ts';
import { adjusted, stocked } from '../../support/facts.ts';

const T0 = Date.parse(at(0));
const door = new LedgerBench();
const message = (...args: Parameters<typeof stocked>) => door.messages(stocked(...args))[0] ?? '';
const changed = (raw: string, change: object) =>
  JSON.stringify({ ...(JSON.parse(raw) as object), ...change });

describe('the intake', () => {
  it('gives an event its name, its time and its place in the log', () => {
    const raw = message(5, { at: 3, id: 'e1' });
    expect(new Intake(10).take(42, raw)).toMatchObject({
      outcome: 'event',
      applied: { seq: 42, name: 'inventory.adjusted', timeMs: T0 + 180_000, raw },
    });
  });

  it('knows the lines that the door makes of documents', () => {
    const order = event('order.created', {
      order_id: 'o1',
      lines: [{ line_id: '1', sku_id: 'A', qty: 1, unit_price: '1.00' }],
    });
    const intake = new Intake(10);
    const names = door.messages(order).map((raw, seq) => {
      const taken = intake.take(seq, raw);
      return taken.outcome === 'event' ? taken.applied.name : taken.outcome;
    });
    expect(names).toEqual(['order.created', 'order.line.created']);
  });

  it('never lets time go back', () => {
    const intake = new Intake(10);
    const now = [5, 2, 9].map((minutes, seq) => {
      const taken = intake.take(seq, message(1, { at: minutes, id: `n${minutes}` }));
      return taken.outcome === 'event' ? (taken.applied.nowMs - T0) / 60_000 : null;
    });
    expect(now).toEqual([5, 5, 9]);
    expect(intake.nowMs).toBe(T0 + 9 * 60_000);
  });

  it('takes an id once, and says when it comes with other data', () => {
    const intake = new Intake(10);
    const first = message(5, { id: 'e1' });
    const other = door.messages(adjusted(-1, { id: 'e1' }))[0] ?? '';
    const outcomes = [first, first, other, first].map((raw, seq) => intake.take(seq, raw).outcome);
    expect(outcomes).toEqual(['event', 'duplicate', 'conflict', 'duplicate']);
  });

  it('tells the ids of different sources apart', () => {
    const intake = new Intake(10);
    expect(intake.take(1, message(5, { id: 'e1' })).outcome).toBe('event');
    expect(intake.take(2, message(5, { id: 'e1', source: 'urn:test:erp' })).outcome).toBe('event');
    expect(intake.holds('urn:test:wms', 'e1')).toBe(true);
    expect(intake.holds('urn:test:wms', 'e2')).toBe(false);
  });

  it('does not let a repeat or a wrong message move the time', () => {
    const intake = new Intake(10);
    const raw = message(5, { id: 'e1', at: 1 });
    intake.take(1, raw);
    intake.take(2, changed(raw, { time: at(90), datahash: '00000001' }));
    expect(intake.nowMs).toBe(T0 + 60_000);
  });

  it.each([
    ['no JSON', '{"id":'],
    ['nothing', 'null'],
    ['a number', '7'],
    ['no type', changed(message(1), { type: undefined })],
    ['another type', changed(message(1), { type: 'stocktide.moon.rose.v1' })],
    ['a document that was not exploded', changed(message(1), { type: 'order.created' })],
    ['no time', changed(message(1), { time: 'soon' })],
    ['no source', changed(message(1), { source: undefined })],
    ['no id', changed(message(1), { id: 12 })],
    ['no hash', changed(message(1), { datahash: undefined })],
    ['no data', changed(message(1), { data: null })],
  ])('puts a message aside that is %s', (_, raw) => {
    const intake = new Intake(10);
    const taken = intake.take(1, raw);
    expect(taken.outcome).toBe('undecodable');
    expect(taken).toMatchObject({ detail: expect.any(String) as string });
    expect(intake.nowMs).toBe(0);
  });

  it('goes on after a restart with the same time and the same ids', () => {
    const intake = new Intake(10);
    const raw = message(5, { id: 'e1', at: 7 });
    intake.take(1, raw);
    const restarted = new Intake(10);
    restarted.restore(intake.snapshot().map(({ bytes, name }) => ({ name, bytes: bytes.slice() })));
    expect(restarted.nowMs).toBe(T0 + 7 * 60_000);
    expect(restarted.take(2, raw).outcome).toBe('duplicate');
  });
});
