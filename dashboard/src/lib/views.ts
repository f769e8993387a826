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
  /** It shows one thing, `path[0]`: another one is another page. */
  readonly one?: true;
  readonly load: () => Promise<{ readonly default: Component<ViewProps> | Component }>;
}

const board = () => import('../views/Board.svelte');

export const VIEWS: Readonly<Record<string, View>> = {
  board: { title: 'Board', group: 'Now', load: board },
  kpi: { title: 'KPI', under: 'board', load: board },
  cases: { title: 'Cases', group: 'Now', load: () => import('../views/Cases.svelte') },
  case: { title: 'Case', under: 'cases', one: true, load: () => import('../views/Case.svelte') },
  inventory: {
    title: 'Inventory',
    group: 'Operations',
    load: () => import('../views/Inventory.svelte'),
  },
  orders: { title: 'Orders', group: 'Operations', load: () => import('../views/Orders.svelte') },
  order: {
    title: 'Order',
    under: 'orders',
    one: true,
    load: () => import('../views/Order.svelte'),
  },
  floor: { title: 'Floor', group: 'Operations', load: () => import('../views/Floor.svelte') },
  suppliers: {
    title: 'Suppliers',
    group: 'Operations',
    load: () => import('../views/Suppliers.svelte'),
  },
  supplier: {
    title: 'Supplier',
    under: 'suppliers',
    one: true,
    load: () => import('../views/Supplier.svelte'),
  },
  returns: { title: 'Returns', group: 'Operations', load: () => import('../views/Returns.svelte') },
  feeds: { title: 'Feeds', group: 'Operations', load: () => import('../views/Feeds.svelte') },
  policies: {
    title: 'Policies',
    group: 'Operations',
    load: () => import('../views/Policies.svelte'),
  },
  sql: { title: 'SQL', group: 'Data', load: () => import('../views/Sql.svelte') },
  admin: { title: 'Admin', group: 'System', load: () => import('../views/Admin.svelte') },
  sku: { title: 'SKU', under: 'inventory', one: true, load: () => import('../views/Sku.svelte') },
};

export interface NavigationGroup {
  readonly name: string;
  readonly entries: readonly {
    readonly name: string;
    readonly title: string;
    readonly href: string;
  }[];
}

/** The navigation, in the order of the views. */
export const NAVIGATION: readonly NavigationGroup[] = [
  'Now',
  'Operations',
  'Data',
  'System',
].flatMap((group) => {
  const entries = Object.entries(VIEWS)
    .filter(([, view]) => view.group === group)
    .map(([name, view]) => ({ name, title: view.title, href: href(name) }));
  return entries.length === 0 ? [] : [{ name: group, entries }];
});
