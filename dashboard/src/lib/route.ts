/**
 * Where the page is, as a hash that can be sent to a colleague:
 *
 *   #/                      what moved lately
 *   #/sku/85123A            one SKU
 *   #/sku/85123A/why/dc-01  and why its ATP at dc-01 is what it is
 */
export type Route =
  | { readonly view: 'inventory' }
  | { readonly view: 'sku'; readonly sku: string; readonly why: string | null };

/** The route of a hash; an unknown one is the start. */
export function parseRoute(hash: string): Route {
  const [view, sku, why, node] = hash.replace(/^#\/?/, '').split('/').map(decode);
  if (view !== 'sku' || !sku) return { view: 'inventory' };
  return { view: 'sku', sku, why: why === 'why' && node ? node : null };
}

export const inventoryHref = '#/';
export const skuHref = (sku: string) => `#/sku/${encodeURIComponent(sku)}`;
export const whyHref = (sku: string, node: string) =>
  `${skuHref(sku)}/why/${encodeURIComponent(node)}`;

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
