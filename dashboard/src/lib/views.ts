/**
 * Every view of the dashboard: its name in the address, its place in the navigation, and its code,
 * which is loaded when it is first opened. A view gets the parts of the address after its name as
 * `path`, and what stands after `?` as `query`.
 */
import type { Component } from 'svelte';
import type { Route } from './route.ts';
import { href } from './route.ts';

export interface ViewProps {
  readonly path: Route['path'];
  readonly query: Route['query'];
}

export interface View {
  /** What the page is called; of one thing its name (`path[0]`). */
  readonly title: string;
  /** In the navigation under this heading; one without is reached from another view. */
  readonly group?: 'Now' | 'Operations' | 'Data' | 'System';
  /** Entry of the navigation that stands for this view; its own when absent. */
  readonly under?: string;
  /** Route of the API that it cannot do without: whoever may not call it is not shown the view. */
  readonly needs: string;
  /** It shows one thing, `path[0]`: another one is another page. */
  readonly one?: true;
  readonly load: () => Promise<{ readonly default: Component<ViewProps> | Component }>;
}

const board = () => import('../views/Board.svelte');

export const VIEWS: Readonly<Record<string, View>> = {
  board: { title: 'Board', group: 'Now', needs: 'GET /v1/kpi', load: board },
  kpi: { title: 'KPI', under: 'board', needs: 'GET /v1/kpi/:id', load: board },
  cases: {
    title: 'Cases',
    group: 'Now',
    needs: 'GET /v1/cases',
    load: () => import('../views/Cases.svelte'),
  },
  case: {
    title: 'Case',
    under: 'cases',
    needs: 'GET /v1/cases/:id',
    one: true,
    load: () => import('../views/Case.svelte'),
  },
  inventory: {
    title: 'Inventory',
    group: 'Operations',
    needs: 'GET /v1/skus',
    load: () => import('../views/Inventory.svelte'),
  },
  orders: {
    title: 'Orders',
    group: 'Operations',
    needs: 'GET /v1/orders',
    load: () => import('../views/Orders.svelte'),
  },
  order: {
    title: 'Order',
    under: 'orders',
    needs: 'GET /v1/orders/:id',
    one: true,
    load: () => import('../views/Order.svelte'),
  },
  floor: {
    title: 'Floor',
    group: 'Operations',
    needs: 'GET /v1/floor',
    load: () => import('../views/Floor.svelte'),
  },
  suppliers: {
    title: 'Suppliers',
    group: 'Operations',
    needs: 'GET /v1/suppliers',
    load: () => import('../views/Suppliers.svelte'),
  },
  supplier: {
    title: 'Supplier',
    under: 'suppliers',
    needs: 'GET /v1/suppliers/:id',
    one: true,
    load: () => import('../views/Supplier.svelte'),
  },
  returns: {
    title: 'Returns',
    group: 'Operations',
    needs: 'GET /v1/returns',
    load: () => import('../views/Returns.svelte'),
  },
  feeds: {
    title: 'Feeds',
    group: 'Operations',
    needs: 'GET /v1/feeds',
    load: () => import('../views/Feeds.svelte'),
  },
  policies: {
    title: 'Policies',
    group: 'Operations',
    needs: 'GET /v1/policies',
    load: () => import('../views/Policies.svelte'),
  },
  sql: {
    title: 'SQL',
    group: 'Data',
    needs: 'POST /v1/sql',
    load: () => import('../views/Sql.svelte'),
  },
  admin: {
    title: 'Admin',
    group: 'System',
    needs: 'GET /v1/access/rules',
    load: () => import('../views/Admin.svelte'),
  },
  sku: {
    title: 'SKU',
    under: 'inventory',
    needs: 'GET /v1/atp/:sku',
    one: true,
    load: () => import('../views/Sku.svelte'),
  },
};

export interface NavigationGroup {
  readonly name: string;
  readonly entries: readonly {
    readonly name: string;
    readonly title: string;
    readonly href: string;
  }[];
}

/** The navigation of somebody who may call some routes, in the order of the views. */
export function navigationOf(mayCall: (route: string) => boolean): NavigationGroup[] {
  return ['Now', 'Operations', 'Data', 'System'].flatMap((group) => {
    const entries = Object.entries(VIEWS)
      .filter(([, view]) => view.group === group && mayCall(view.needs))
      .map(([name, view]) => ({ name, title: view.title, href: href(name) }));
    return entries.length === 0 ? [] : [{ name: group, entries }];
  });
}

/** Where somebody begins: the board, or the first view that is theirs. */
export function startOf(navigation: readonly NavigationGroup[]): string {
  return navigation[0]?.entries[0]?.name ?? 'board';
}
