/** DUPLICATE_SKU: one valid GTIN on several active SKUs of one pack. */
import { describe, expect, test } from 'vitest';
import { isValidGtin } from '../../../processors/items/gtin.ts';
import { corrected } from '../../support/facts.ts';
import { item } from '../../support/floor.ts';
import { event, T0, type Given } from '../../support/given.ts';
import { ReducerBench } from '../../support/reducers.ts';

const MINUTE = 60_000;
/** EAN 4006381333931, a published example, as a GTIN-14. */
const GTIN = '04006381333931';

const bench = () => new ReducerBench(['items']);
const first = item('A', '1', { gtin: GTIN }, { at: 1 });
const twin = (it: Parameters<typeof item>[2] = {}, at = 2, id = 'twin') =>
  item('B', '1', { gtin: GTIN, ...it }, { at, id });

describe('check digit', () => {
  test.each([
    [GTIN, true],
    ['00036000291452', true],
    ['04006381333932', false],
    ['40063813339310', false],
    ['00000000000000', false],
    ['4006381333931', false],
    ['', false],
  ])('%s: %s', (gtin, valid) => {
    expect(isValidGtin(gtin)).toBe(valid);
  });
});

describe('DUPLICATE_SKU', () => {
  test('fires on two active SKUs of one GTIN and pack', () => {
    expect(bench().given(first, twin()).findings).toMatchObject([
      {
        code: 'DUPLICATE_SKU',
        entity: `gtin/${GTIN}`,
        skuId: 'B',
        conditionAtMs: T0 + 2 * MINUTE,
        detail: `${GTIN} stands on 2 active SKUs of one pack: A, B`,
        rule: { version: 0 },
      },
    ]);
  });

  test.each([
    ['another pack', { pack_qty: 12 }],
    ['another unit of measure', { uom: 'CS' }],
    ['a SKU that is discontinued', { status: 'discontinued' as const }],
    ['another GTIN', { gtin: '00036000291452' }],
  ])('does not fire on %s, and ends with it', (_what, it) => {
    expect(bench().given(first, twin(it)).findings).toEqual([]);
    const on = bench().given(first, twin(), twin(it, 9, 'later'));
    const [{ findingId } = { findingId: '' }] = on.findings;
    expect(on.ended).toMatchObject([{ findingId, clearedAtMs: T0 + 9 * MINUTE }]);
  });

  test('does not fire on a GTIN whose check digit is wrong', () => {
    const wrong = '04006381333932';
    const on = bench().given(item('A', '1', { gtin: wrong }), item('B', '1', { gtin: wrong }));
    expect(on.findings).toEqual([]);
  });

  test('an older version that comes late changes nothing', () => {
    const on = bench().given(first, twin({ pack_qty: 12 }, 9), twin({}, 2, 'older'));
    expect(on.findings).toEqual([]);
  });

  test('ends when the version that made it is declared wrong, before and after a restart', async () => {
    const on = bench().given(first, twin());
    const again = (await on.restarted()).given(corrected({ id: 'twin' }, { at: 5 }));
    expect(again.ended).toMatchObject([{ findingId: on.findings[0]?.findingId }]);
    expect(bench().given(first, corrected({ id: 'twin' }), twin()).findings).toEqual([]);
  });

  test('a restart forgets nobody who bears the GTIN', async () => {
    const on = (await bench().given(first).restarted()).given(twin());
    expect(on.findings).toHaveLength(1);
  });

  test('is silent when a policy switches it off', () => {
    const off = event('policy.set', {
      ...{ policy: 'rule.DUPLICATE_SKU', scope: {}, value: { enabled: false, parameters: {} } },
      ...{ actor: 'u', reason: 'r' },
    } as Given['data']);
    expect(bench().given(off, first, twin()).findings).toEqual([]);
  });
});
