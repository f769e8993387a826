import { expect, test } from 'vitest';
import {
  boardHref,
  inventoryHref,
  kpiHref,
  parseRoute,
  skuHref,
  whyHref,
} from '../../../dashboard/src/lib/route.ts';

test.each([
  ['', { view: 'board', kpi: null }],
  [boardHref, { view: 'board', kpi: null }],
  [kpiHref('K01b'), { view: 'board', kpi: 'K01b' }],
  ['#/kpi/', { view: 'board', kpi: null }],
  [inventoryHref, { view: 'inventory' }],
  ['#/sku/', { view: 'inventory' }],
  ['#/elsewhere', { view: 'board', kpi: null }],
  ['#/sku/85123A', { view: 'sku', sku: '85123A', why: null }],
  ['#/sku/85123A/why', { view: 'sku', sku: '85123A', why: null }],
  ['#/sku/85123A/why/dc-01', { view: 'sku', sku: '85123A', why: 'dc-01' }],
  ['#/sku/%E0%A4%A', { view: 'sku', sku: '%E0%A4%A', why: null }],
])('%s', (hash, route) => {
  expect(parseRoute(hash)).toEqual(route);
});

test.each(['85123A', 'a/b', 'ü#?&%', '-'])('a link leads back to %s', (name) => {
  expect(parseRoute(skuHref(name))).toEqual({ view: 'sku', sku: name, why: null });
  expect(parseRoute(whyHref(name, name))).toEqual({ view: 'sku', sku: name, why: name });
});
