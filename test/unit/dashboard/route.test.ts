import { expect, test } from 'vitest';
import {
  boardHref,
  casesHref,
  href,
  kpiHref,
  parseRoute,
  skuHref,
  whyHref,
} from '../../../dashboard/src/lib/route.ts';

test.each([
  ['', '', []],
  [boardHref, '', []],
  [kpiHref('K01b'), 'kpi', ['K01b']],
  ['#/kpi/', 'kpi', []],
  [casesHref, 'cases', []],
  ['#/elsewhere', 'elsewhere', []],
  ['#/sku/85123A/why/dc-01', 'sku', ['85123A', 'why', 'dc-01']],
  ['#/sku/%E0%A4%A', 'sku', ['%E0%A4%A']],
])('%s', (hash, view, path) => {
  expect(parseRoute(hash)).toEqual({ view, path, query: {} });
});

test.each(['85123A', 'a/b', 'ü#?&%', '-'])('a link leads back to %s', (name) => {
  expect(parseRoute(skuHref(name))).toEqual({ view: 'sku', path: [name], query: {} });
  expect(parseRoute(whyHref(name, name)).path).toEqual([name, 'why', name]);
  expect(parseRoute(href('cases', [], { q: name, team: '' })).query).toEqual({ q: name });
});
