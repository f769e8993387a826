/**
 * Where the page is, as a hash that can be sent to a colleague:
 *
 *   #/                      the board: every KPI
 *   #/kpi/K01b              and one of them, whole
 *   #/inventory             what moved lately
 *   #/cases                 the inbox: open cases, ranked
 *   #/cases/SHORT_PICK%2F…  one case
 *   #/sku/85123A            one SKU
 *   #/sku/85123A/why/dc-01  and why its ATP at dc-01 is what it is
 */
export type Route =
  | { readonly view: 'board'; readonly kpi: string | null }
  | { readonly view: 'inventory' }
  | { readonly view: 'cases' }
  | { readonly view: 'case'; readonly caseId: string }
  | { readonly view: 'sku'; readonly sku: string; readonly why: string | null };

/** The route of a hash; an unknown one is the start. */
export function parseRoute(hash: string): Route {
  const [view, name, why, node] = hash.replace(/^#\/?/, '').split('/').map(decode);
  switch (view) {
    case 'inventory':
      return { view };
    case 'cases':
      return name ? { view: 'case', caseId: name } : { view };
    case 'sku':
      if (!name) return { view: 'inventory' };
      return { view, sku: name, why: why === 'why' && node ? node : null };
    case 'kpi':
      return { view: 'board', kpi: name || null };
    default:
      return { view: 'board', kpi: null };
  }
}

export const boardHref = '#/';
export const kpiHref = (id: string) => `#/kpi/${encodeURIComponent(id)}`;
export const inventoryHref = '#/inventory';
export const casesHref = '#/cases';
export const caseHref = (caseId: string) => `#/cases/${encodeURIComponent(caseId)}`;
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
