/** A balance below zero is a finding once late events have had their chance to mend it. */
import { describe, expect, it } from 'vitest';
import { defaultsOf } from '../../../contracts/rules.ts';
import { LedgerBench } from '../../support/ledger.ts';
import { adjusted, stocked } from '../../support/facts.ts';

const GRACE = defaultsOf('NEG_INVENTORY')['grace_min'] as number;
const below = () =>
  new LedgerBench().given(stocked(3, { at: 0 }), adjusted(-5, { at: 1, id: 'culprit' }));

describe('a balance below zero', () => {
  it('is applied and shown at once', () => {
    const bench = below();
    expect(bench.accounts('A', 'dc')).toEqual({ available: -2 });
    expect(bench.view('A').nodes[0]).toMatchObject({ qoh: -2, atp: -2, afs: 0 });
  });

  it('is reported when it has lasted, once, with the event that caused it', () => {
    const bench = below().tick(GRACE);
    expect(bench.findings).toEqual([]);
    bench.tick(1 + GRACE).tick(1 + 3 * GRACE);
    expect(bench.findings).toMatchObject([
      {
        code: 'NEG_INVENTORY',
        subtype: 'available',
        entity: 'sku/A/node/dc',
        units: -2,
        conditionAtMs: Date.parse('2026-03-02T08:01:00Z'),
        evidence: [{ source: 'urn:test:wms', id: 'culprit' }],
      },
    ]);
  });

  it('is not reported when a late event mends it within the grace', () => {
    const bench = below()
      .given(stocked(2, { at: 0 }))
      .tick(3 * GRACE);
    expect(bench.accounts('A', 'dc')).toEqual({});
    expect(bench.findings).toEqual([]);
  });

  it('is not mended by less than it lacks', () => {
    expect(
      below()
        .given(stocked(1, { at: 5 }))
        .tick(3 * GRACE).findings,
    ).toMatchObject([{ units: -1, conditionAtMs: Date.parse('2026-03-02T08:01:00Z') }]);
  });

  it('is reported again when it comes again', () => {
    const bench = below()
      .tick(20)
      .given(stocked(10, { at: 21 }), adjusted(-9, { at: 22 }));
    bench.tick(60);
    expect(bench.findings.map(({ units }) => units)).toEqual([-2, -1]);
    expect(new Set(bench.findings.map(({ findingId }) => findingId)).size).toBe(2);
  });

  it('is reported after a restart in the middle of the grace', async () => {
    const bench = below();
    const restarted = await bench.restarted();
    for (const one of [bench, restarted]) one.tick(30);
    expect(restarted.findings).toHaveLength(1);
    expect(restarted.findings).toEqual(bench.findings);
  });
});
