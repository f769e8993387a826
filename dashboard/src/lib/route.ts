/**
 * Where the page is, as a hash that can be sent to a colleague: a view, what it shows, and how.
 *
 *   #/                      where one begins: the board, every KPI
 *   #/kpi/K01b              one of them, whole
 *   #/cases?team=returns    the inbox, filtered
 *   #/sku/85123A/why/dc-01  why the ATP of a SKU at a node is what it is
 *
 * What the parts after the view mean is up to the view (views.ts lists them).
 */
export interface Route {
  /** First part; empty where one begins. */
  readonly view: string;
  /** The parts after it, decoded, none of them empty. */
  readonly path: readonly string[];
  /** What stands after `?`. */
  readonly query: Readonly<Record<string, string>>;
}

export function parseRoute(hash: string): Route {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?', 2);
  const [view = '', ...rest] = path.split('/').filter(Boolean).map(decode);
  return { view, path: rest, query: Object.fromEntries(new URLSearchParams(query)) };
}

/** The hash of a view: `href('sku', ['85123A'])`; entries of the query that are empty are left out. */
export function href(
  view: string,
  path: readonly string[] = [],
  query: Readonly<Record<string, string>> = {},
): string {
  const kept = Object.entries(query).filter(([, value]) => value !== '');
  const parts = [view, ...path].map(encodeURIComponent).join('/');
  return `#/${parts}${kept.length === 0 ? '' : `?${new URLSearchParams(kept).toString()}`}`;
}

export const boardHref = '#/';
export const kpiHref = (id: string) => href('kpi', [id]);
export const inventoryHref = href('inventory');
export const casesHref = href('cases');
export const caseHref = (caseId: string) => href('case', [caseId]);
export const skuHref = (sku: string) => href('sku', [sku]);
export const ordersHref = (query: Readonly<Record<string, string>> = {}) =>
  href('orders', [], query);
export const orderHref = (order: string) => href('order', [order]);
export const suppliersHref = href('suppliers');
export const supplierHref = (supplier: string, query: Readonly<Record<string, string>> = {}) =>
  href('supplier', [supplier], query);
export const whyHref = (sku: string, node: string) => href('sku', [sku, 'why', node]);

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
