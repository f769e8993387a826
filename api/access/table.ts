/**
 * Who may do what at the API: every route, live topic and command about a case, in one place.
 *
 * A route without a row stops the start. To add one:
 *   - what people look at: `allow(READERS)`, or `allowScoped(READERS)` once the handler shows a caller only
 *     the nodes and channels of `callerOf(request).scope` (see scope.ts); until then tokens with such a
 *     scope are refused;
 *   - what changes something: the narrowest roles, and the actor is `callerOf(request).subject`, never a
 *     field of the body.
 * docs/access.md says it in words.
 */
import type { Role } from '../../contracts/access.ts';
import type { CommandName } from '../../contracts/events/control.ts';
import {
  allow,
  allowScoped,
  anybody,
  READERS,
  WORKERS,
  type RoleRule,
  type RouteRules,
} from '../../platform/access/rules.ts';

const ADMIN = ['admin'] as const;
const APPROVERS = ['approver', 'admin'] as const;
const ANALYSTS = ['analyst', 'admin'] as const;
const SENDERS = ['producer', 'admin'] as const;
const SIGNED_IN = [...READERS, 'producer'] as const;

export const API_RULES: RouteRules = {
  // The page itself, and signing in to it.
  'GET /': anybody,
  'GET /*': anybody,
  'GET /v1/session': anybody,
  'POST /v1/session': anybody,
  'DELETE /v1/session': anybody,
  'GET /v1/openapi.json': allowScoped(SIGNED_IN),
  'GET /v1/asyncapi.json': allowScoped(SIGNED_IN),
  'GET /v1/docs': allowScoped(SIGNED_IN),
  'GET /v1/docs/': allowScoped(SIGNED_IN),
  'GET /v1/docs/json': allowScoped(SIGNED_IN),
  'GET /v1/docs/yaml': allowScoped(SIGNED_IN),
  'GET /v1/docs/static/*': allowScoped(SIGNED_IN),
  'GET /v1/docs/static/index.html': allowScoped(SIGNED_IN),
  'GET /v1/docs/static/swagger-initializer.js': allowScoped(SIGNED_IN),

  // Inventory
  'GET /v1/atp/:sku': allowScoped(READERS),
  'GET /v1/atp/:sku/:node/explain': allowScoped(READERS),
  'GET /v1/positions': allowScoped(READERS),
  'GET /v1/skus': allowScoped(READERS),
  'GET /v1/skus/:sku/movements': allowScoped(READERS),
  'GET /v1/skus/:sku/reconciliations': allowScoped(READERS),

  // KPIs and what executives ask
  'GET /v1/kpi': allow(READERS),
  'GET /v1/kpi/:id': allow(READERS),
  'GET /v1/questions': allowScoped(READERS),
  'GET /v1/questions/:name': allow(READERS),

  // Orders, suppliers, the floor, returns
  'GET /v1/orders': allow(READERS),
  'GET /v1/orders/aging': allow(READERS),
  'GET /v1/orders/:id': allow(READERS),
  'GET /v1/orders/:id/events': allow(READERS),
  'GET /v1/orders/:id/trace': allow(READERS),
  'GET /v1/suppliers': allow(READERS),
  'GET /v1/suppliers/:id': allow(READERS),
  'GET /v1/suppliers/:id/po-lines': allow(READERS),
  'GET /v1/suppliers/:id/receipts': allow(READERS),
  'GET /v1/floor': allowScoped(READERS),
  'GET /v1/returns': allow(READERS),
  'GET /v1/returns/overview': allow(READERS),

  // Cases; what each command needs beyond this is in COMMAND_ROLES
  'GET /v1/cases': allowScoped(READERS),
  'GET /v1/cases/:id': allowScoped(READERS),
  'GET /v1/cases/:id/options': allowScoped(READERS),
  'GET /v1/cases/:id/audit': allowScoped(READERS),
  'POST /v1/cases/:id/commands': allowScoped(WORKERS),
  'POST /v1/cases/commands': allowScoped(WORKERS),

  // Policies tried on history
  'POST /v1/backtests': allow([...APPROVERS, 'analyst']),
  'GET /v1/backtests': allow(READERS),
  'GET /v1/backtests/:id': allow(READERS),
  'DELETE /v1/backtests/:id': allow([...APPROVERS, 'analyst']),

  // Policies as they are decided
  'GET /v1/policies': allow(READERS),
  'GET /v1/policies/:policy/history': allow(READERS),
  'POST /v1/policies': allow(APPROVERS),

  // Feeds, and what the door refused of them
  'GET /v1/feeds': allow(READERS),
  'GET /v1/feeds/rejected': allow(READERS),
  'GET /v1/feeds/rejected/:seq': allow(READERS),
  'POST /v1/feeds/rejected/:seq/replay': allow(WORKERS),
  'POST /v1/feeds/rejected/:seq/discard': allow(WORKERS),
  'GET /v1/feeds/settled': allow(READERS),
  'POST /v1/feeds/check': allow(WORKERS),

  // What the door takes, and what it could not; the door checks the same once more
  'POST /v1/events': allow(SENDERS),
  'POST /v1/events/': allow(SENDERS),
  'POST /v1/events/*': allow(SENDERS),
  'GET /v1/events': allow(SIGNED_IN),
  'GET /v1/events/': allow(SIGNED_IN),
  'GET /v1/events/*': allowScoped(SIGNED_IN),
  'GET /v1/dead': allow(READERS),
  'GET /v1/dead/': allow(READERS),
  'GET /v1/dead/*': allow(READERS),
  'POST /v1/dead': allow(WORKERS),
  'POST /v1/dead/': allow(WORKERS),
  'POST /v1/dead/*': allow(WORKERS),

  // Access itself
  'GET /v1/access/rules': allowScoped(READERS),
  'GET /v1/access/audit': allow(ADMIN),
  'GET /v1/tokens': allow(ADMIN),
  'POST /v1/tokens': allow(ADMIN),
  'DELETE /v1/tokens/:id': allow(ADMIN),

  // SQL of data teams; whoever reads may read what they saved, and what the schema means
  'POST /v1/sql': allow(ANALYSTS),
  'GET /v1/sql/:queryId': allow(ANALYSTS),
  'DELETE /v1/sql/:queryId': allow(ANALYSTS),
  'GET /v1/sql/saved': allowScoped(READERS),
  'GET /v1/sql/saved/:name': allowScoped(READERS),
  'PUT /v1/sql/saved/:name': allow(ANALYSTS),
  'DELETE /v1/sql/saved/:name': allow(ANALYSTS),
  'GET /v1/schema': allowScoped(READERS),

  'GET /v1/brand': allowScoped(READERS),

  // The system, live and at a glance; topics are in TOPIC_RULES
  'GET /v1/system': allowScoped(READERS),
  'GET /v1/live': allowScoped(READERS),
};

/** What each command about a case needs. */
export const COMMAND_ROLES: Readonly<Record<CommandName, readonly Role[]>> = {
  acknowledge: WORKERS,
  assign: WORKERS,
  start: WORKERS,
  comment: WORKERS,
  snooze: WORKERS,
  resolve: WORKERS,
  reopen: WORKERS,
  judge: WORKERS,
  take: WORKERS,
  approve: APPROVERS,
};

/**
 * Who may follow a live topic, by the part of its name before `:`; a topic without a row is unknown. Those for
 * tokens with scopes show them their part of it, or have nothing that could be limited.
 */
export const TOPIC_RULES: Readonly<Record<string, RoleRule>> = {
  system: allowScoped(READERS),
  kpi: allow(READERS),
  cases: allowScoped(READERS),
  alerts: allowScoped(READERS),
  atp: allowScoped(READERS),
  feeds: allow(READERS),
};
