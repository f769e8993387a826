/** Answers beside ATP: one position account by account, a search, a dump. */
import { describe, expect, it } from 'vitest';
import { AtpView } from '../../../contracts/atp.ts';
import { Compile } from 'typebox/compile';
import { positionAnswer, searchSkus } from '../../../processors/stock/view.ts';
import { event } from '../../support/given.ts';
import { LedgerBench } from '../../support/ledger.ts';
import {
  acknowledged,
  announced,
  ordered,
  purchased,
  reserved,
  stocked,
} from '../../support/facts.ts';

describe('the answer to a question', () => {
  it('about ATP has the shape of the contract', () => {
    const bench = new LedgerBench().given(
      stocked(5),
      ordered(2, { sourced: false }),
      reserved(1),
      purchased(9),
      acknowledged(9),
      announced(4),
      event('channel.availability.published', { sku_id: 'A', channel_id: 'web', qty: 3 }),
    );
    expect([...Compile(AtpView).Errors(bench.view('A'))]).toEqual([]);
    expect([...Compile(AtpView).Errors(bench.view('unheard-of'))]).toEqual([]);
    expect(bench.view('A')).toMatchObject({
      known: true,
      now: '2026-03-02T08:00:00.000Z',
      seq: bench.log.length,
      totals: { inbound: 9 },
      nodes: [{ node_id: 'dc', last_event_at: '2026-03-02T08:00:00.000Z' }, { node_id: '-' }],
    });
  });

  it('about a position gives every account and the safety stock behind it', () => {
    const bench = new LedgerBench().given(
      stocked(5),
      event('policy.set', {
        policy: 'safety_stock',
        scope: { node_id: 'dc' },
        value: { units: 2 },
        actor: 'ann',
        reason: 'test',
      }),
    );
    const answer = positionAnswer(bench.stock, 'A', 'dc', bench.nowMs);
    expect(answer).toMatchObject({
      known: true,
      accounts: { available: 5, outside: -5, open_demand: 0, unclaimed: 0 },
      safetyStock: 2,
      safetyStockScope: 'node dc',
      lastSeq: 1,
    });
    expect(positionAnswer(bench.stock, 'A', 'store', bench.nowMs)).toMatchObject({
      known: false,
      lastSeq: 0,
    });
  });
});

describe('a search', () => {
  const bench = new LedgerBench().given(
    ...['RED-SHOE', 'SHOE-1', 'BLUE-SHOE', 'HAT'].map((sku, index) =>
      stocked(index + 1, { sku, at: index }),
    ),
    stocked(7, { sku: 'SHOE-1', node: 'store' }),
  );
  const skus = (question: Omit<Parameters<typeof searchSkus>[1], 'limit'>, limit = 10) =>
    searchSkus(bench.stock, { ...question, limit }).hits.map((hit) => hit.sku_id);

  it('finds ids that begin with the words before those that hold them', () => {
    expect(skus({ q: 'shoe' })).toEqual(['SHOE-1', 'RED-SHOE', 'BLUE-SHOE']);
    expect(skus({ q: 'shoe' }, 2)).toEqual(['SHOE-1', 'RED-SHOE']);
    expect(skus({ q: 'boot' })).toEqual([]);
  });

  it('gives the ones that moved last when nothing is asked for', () => {
    expect(skus({}, 3)).toEqual(['SHOE-1', 'HAT', 'BLUE-SHOE']);
    expect(skus({ q: '' }, 1)).toEqual(['SHOE-1']);
  });

  it('looks ids up exactly', () => {
    expect(skus({ skus: ['HAT', 'CAP'] })).toEqual(['HAT']);
    expect(searchSkus(bench.stock, { skus: ['SHOE-1'], limit: 5 })).toEqual({
      positions: 5,
      hits: [{ sku_id: 'SHOE-1', nodes: 2, atp: 9 }],
    });
  });
});
