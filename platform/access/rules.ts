/**
 * Who may call a route: one row for each, in the table of the process (api/access/table.ts,
 * ingest/access.ts). A route without a row stops the start.
 */
import type { Role } from '../../contracts/access.ts';

export interface RoleRule {
  readonly for: 'roles';
  readonly roles: readonly Role[];
  /**
   * A caller with node or channel scopes is shown only what these allow. Where that cannot be, such
   * callers are refused.
   */
  readonly scoped: boolean;
}

export type RouteRule =
  /** Everybody: probes, the page itself, signing in. */
  | { readonly for: 'anybody' }
  /** Everybody where the process listens on loopback only; who is signed in with a role elsewhere. */
  | { readonly for: 'neighbours'; readonly roles: readonly Role[] }
  | RoleRule;

/** By method and path as registered, such as `GET /v1/atp/:sku`. HEAD goes by GET. */
export type RouteRules = Readonly<Record<string, RouteRule>>;

export const anybody: RouteRule = { for: 'anybody' };

/** For callers with any of the roles; those with scopes are refused. */
export const allow = (roles: readonly Role[]): RoleRule => ({
  for: 'roles',
  roles,
  scoped: false,
});

/** The same, and the handler applies scopes, or shows nothing that they could limit. */
export const allowScoped = (roles: readonly Role[]): RoleRule => ({
  for: 'roles',
  roles,
  scoped: true,
});

/** Whoever may see the dashboard. */
export const READERS = ['viewer', 'operator', 'approver', 'analyst', 'admin'] as const;
/** Whoever works cases and dead letters. */
export const WORKERS = ['operator', 'approver', 'admin'] as const;

/** What every process has. */
export const HEALTH_RULES: RouteRules = {
  'GET /healthz': anybody,
  'GET /readyz': anybody,
  'GET /metrics': { for: 'neighbours', roles: READERS },
};
