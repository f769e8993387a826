import { expect, test } from 'vitest';
import { mergeHits } from '../../../api/routes/skus.ts';

const hit = (sku_id: string) => ({ sku_id, nodes: 1, atp: 0 });
const ids = (q: string, byId: string[], byDescription: string[] = []) =>
  mergeHits(q, byId.map(hit), byDescription.map(hit)).map((found) => found.sku_id);

test('the id itself comes first, then ids that begin with it, then the others', () => {
  expect(ids('221', ['X221', '2210', '221', '2219'])).toEqual(['221', '2210', '2219', 'X221']);
});

test('case does not matter', () => {
  expect(ids('ab', ['xAB', 'Abc', 'AB'])).toEqual(['AB', 'Abc', 'xAB']);
});

test('descriptions come after ids, each SKU once', () => {
  expect(ids('bag', ['BAG-1'], ['20725', 'BAG-1', '20727'])).toEqual(['BAG-1', '20725', '20727']);
});

test('without words the order of the ledger stays', () => {
  expect(ids('', ['C', 'A', 'B'])).toEqual(['C', 'A', 'B']);
});
