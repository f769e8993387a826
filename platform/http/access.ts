/**
 * The gate before every route of a process: who calls, and may they. Each refusal is a problem document,
 * and a decision that is told to whoever keeps the audit.
 *
 *   request ─▶ foreign page? ─▶ who? (platform/access) ─▶ may they? (the table) ─▶ handler
 *                 403              401, 429 after many        403
 *
 * A caller presents a credential as `Authorization: Bearer <token>`, as the password of any user name
 * (Basic), or as the dashboard's cookie. A change or a socket that is asked for with the cookie must come
 * from a page of this very origin, since browsers send cookies by themselves.
 */
import type { FastifyInstance, FastifyRequest, RouteOptions } from 'fastify';
import { ROLE_NAMES, type Role } from '../../contracts/access.ts';
import type { Access, Checked, Refusal } from '../access/access.ts';
import { hasRole, isScoped, type Caller } from '../access/identity.ts';
import { allowScoped, type RouteRule, type RouteRules } from '../access/rules.ts';
import { isLoopback } from '../config.ts';
import {
  hostName,
  isForeignPage,
  isOwnPage,
  ON_BEHALF_HEADER,
  presentedBy,
  readDelegate,
  sessionCookie,
} from './presented.ts';
import { ProblemError, sendProblem } from './problem.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Who calls; null where nobody has to be anybody, and nobody is. */
    caller: Caller | null;
    /** Why a WebSocket must be closed at once: a page cannot read the answer to a refused upgrade. */
    refusal: ProblemError | null;
    /** Why the credential that was sent does not count; null when it does, or none was. */
    unproved: string | null;
  }
}

/** A decision about access, as the audit keeps it. */
export interface Decision {
  readonly action: 'refused' | 'signed_in' | 'signed_out' | 'token_created' | 'token_revoked';
  /** Who; empty when nobody is known. */
  readonly subject: string;
  readonly credential: string;
  /** Kind of the problem; empty when there was none. */
  readonly reason: string;
  readonly detail: string;
}

/** Where and how it was asked. */
export interface DecisionContext {
  readonly address: string;
  readonly method: string;
  readonly route: string;
}

export interface Gate {
  readonly access: Access;
  /** A row for every route; one without stops the start. */
  readonly rules: RouteRules;
  readonly onDecision: (decision: Decision & DecisionContext) => void;
}

const REFUSALS = new Set([401, 403, 429]);
const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS']);

/** Puts the gate before every route that is registered from here on. */
export function registerAccess(
  app: FastifyInstance,
  { config, gate }: { config: { host: string; apiPort: number }; gate: Gate },
): void {
  const { access, onDecision, rules } = gate;
  const cookieName = sessionCookie(config);
  const listensLocally = isLoopback(config.host);

  app.decorateRequest('caller', null);
  app.decorateRequest('refusal', null);
  app.decorateRequest('unproved', null);
  app.addHook('onRoute', (route) => assertRuled(route, rules));
  app.addHook('onRequest', async (request, reply) => {
    const presented = presentedBy(request.headers, cookieName);
    const foreign = foreignness(request, presented?.by === 'cookie', access.isOpen);
    const refusal = foreign ?? (await refusalOf(request, presented?.text ?? null));
    if (refusal === null) return;
    onDecision({ ...refusedDecision(request.caller, refusal), ...contextOf(request) });
    if (foreign !== null || !isUpgrade(request)) return sendProblem(reply, refusal);
    request.refusal = refusal;
  });
  // What a handler itself refuses: a role that only the body shows to be needed, a sign-in, a scope.
  app.addHook('onError', async (request, _reply, error) => {
    if (!(error instanceof ProblemError) || !REFUSALS.has(error.problem.status)) return;
    onDecision({ ...refusedDecision(request.caller, error), ...contextOf(request) });
  });

  /** Why the request goes no further; otherwise null, with `request.caller` set when somebody is known. */
  async function refusalOf(
    request: FastifyRequest,
    presented: string | null,
  ): Promise<ProblemError | null> {
    const rule = ruleOf(request, rules);
    const checked = await access.check(presented);
    if (checked.ok) {
      request.caller = onBehalf(checked.caller, request.headers[ON_BEHALF_HEADER]);
      return request.caller === null ? badDelegate() : forbidden(request.caller, rule);
    }
    if (presented !== null) request.unproved = checked.detail;
    if (rule.for === 'anybody' || (rule.for === 'neighbours' && listensLocally)) return null;
    return unauthenticated(checked, access.countFailure(checked, request.ip));
  }
}

/** Who calls a route that only callers reach. */
export function callerOf({ caller }: Pick<FastifyRequest, 'caller'>): Caller {
  if (caller === null) throw new Error('a route that needs a caller is open to anybody');
  return caller;
}

export function contextOf({ ip, method, routeOptions, url }: FastifyRequest): DecisionContext {
  // Of a route the pattern, so that what is asked for in vain many times counts as one thing.
  return { address: ip, method, route: routeOptions.url ?? url.split('?')[0] ?? '' };
}

/** The answer to a credential that does not count, or to none; `waitMs` after too many of them. */
export function unauthenticated(
  { detail, refusal }: Pick<Extract<Checked, { ok: false }>, 'detail' | 'refusal'>,
  waitMs: number,
): ProblemError {
  if (waitMs > 0) return tooManyFailures(waitMs);
  const { kind, retryAfterS, title } = CREDENTIAL_PROBLEMS[refusal];
  return new ProblemError({
    ...{ status: retryAfterS === undefined ? 401 : 503, kind, title, detail, retryAfterS },
    ...(retryAfterS === undefined ? { challenge: CHALLENGE } : {}),
  });
}

const CHALLENGE = 'Bearer realm="Stocktide"';

const CREDENTIAL_PROBLEMS: Record<Refusal, { kind: string; title: string; retryAfterS?: number }> =
  {
    missing: { kind: 'unauthenticated', title: 'Sign in first' },
    invalid: { kind: 'invalid-token', title: 'The token is not valid' },
    expired: { kind: 'token-expired', title: 'The token has expired' },
    revoked: { kind: 'token-revoked', title: 'The token was revoked' },
    signed_out: { kind: 'signed-out', title: 'The session is over' },
    not_loaded: { kind: 'access-unavailable', title: 'Access cannot be checked', retryAfterS: 1 },
    oidc_expired: { kind: 'token-expired', title: 'The token has expired' },
    oidc_issuer: { kind: 'wrong-issuer', title: 'The token comes from elsewhere' },
    oidc_audience: { kind: 'wrong-audience', title: 'The token is meant for somebody else' },
    oidc_unknown_key: { kind: 'unknown-key', title: 'The token is signed with an unknown key' },
    oidc_invalid: { kind: 'invalid-token', title: 'The token is not valid' },
    oidc_unavailable: {
      kind: 'access-unavailable',
      title: 'Access cannot be checked',
      retryAfterS: 5,
    },
  };

function tooManyFailures(waitMs: number): ProblemError {
  return new ProblemError({
    status: 429,
    kind: 'too-many-failures',
    title: 'Too many failed attempts',
    detail: 'Too many attempts with a token that does not count; wait before the next one',
    retryAfterS: Math.ceil(waitMs / 1000),
  });
}

/** A page of another site, or another name for this machine: what only a browser can be made to do. */
function foreignness(
  { headers, method }: FastifyRequest,
  hasCookie: boolean,
  isOpen: boolean,
): ProblemError | null {
  if (isOpen && !isLoopback(hostName(headers.host ?? ''))) {
    return new ProblemError({
      status: 403,
      kind: 'foreign-host',
      title: 'Refused',
      detail: 'With ACCESS=open only requests to localhost are answered',
      field: 'host',
      value: headers.host,
      allowed: 'localhost, 127.0.0.1 or [::1]',
    });
  }
  const isChange = !SAFE_METHODS.has(method) || headers.upgrade !== undefined;
  if (!isChange || !(isForeignPage(headers) || (hasCookie && !isOwnPage(headers)))) return null;
  return new ProblemError({
    status: 403,
    kind: 'foreign-origin',
    title: 'Refused',
    detail: 'A page of another origin must not change anything here, nor open the live socket',
    field: 'origin',
    value: headers.origin,
    allowed: `the origin of ${headers.host ?? 'this host'}`,
  });
}

/** Null: the caller may. */
function forbidden(caller: Caller, rule: RouteRule): ProblemError | null {
  if (rule.for !== 'roles') return null;
  if (!hasRole(caller, rule.roles)) return wrongRole(caller, rule.roles);
  return isScoped(caller.scope) && !rule.scoped ? outOfScope(SCOPES_NOT_APPLIED) : null;
}

const SCOPES_NOT_APPLIED =
  'This cannot be limited to the nodes and channels of the token, so that it is refused to it';

/** The caller is known and must not. */
export function wrongRole({ roles }: Caller, allowed: readonly Role[]): ProblemError {
  return new ProblemError({
    status: 403,
    kind: 'wrong-role',
    title: 'Not allowed',
    detail: `This needs the role ${allowed.join(' or ')}`,
    field: 'roles',
    value: roles.join(', ') || 'none',
    allowed: allowed.join(', '),
  });
}

/** The caller's token does not reach so far. */
export function outOfScope(detail: string): ProblemError {
  return new ProblemError({ status: 403, kind: 'out-of-scope', title: 'Out of scope', detail });
}

/** Whom the service speaks for, when it does; null when that cannot be read. */
function onBehalf(caller: Caller, header: string | string[] | undefined): Caller | null {
  if (caller.credential !== 'service' || typeof header !== 'string') return caller;
  const named = readDelegate(header);
  return named === null ? null : { ...caller, ...named };
}

function badDelegate(): ProblemError {
  return new ProblemError({
    status: 400,
    kind: 'invalid-request',
    title: 'The request does not match its schema',
    detail: `${ON_BEHALF_HEADER}: cannot be read`,
    field: ON_BEHALF_HEADER,
  });
}

/** Whoever is known may hear that there is nothing. */
const NOTHING_THERE = allowScoped(ROLE_NAMES);

function ruleOf({ is404, method, routeOptions }: FastifyRequest, rules: RouteRules): RouteRule {
  const rule = rules[ruleKey(method, routeOptions.url ?? '')];
  return is404 || rule === undefined ? NOTHING_THERE : rule;
}

/** A row for each method of a route, or the app does not start. */
function assertRuled({ method, url }: RouteOptions, rules: RouteRules): void {
  for (const one of [method].flat()) {
    const key = ruleKey(one, url);
    if (rules[key] === undefined) {
      throw new Error(`no row says who may call "${key}": add one to the table of access`);
    }
  }
}

const ruleKey = (method: string, url: string) => `${method === 'HEAD' ? 'GET' : method} ${url}`;

const isUpgrade = ({ headers }: FastifyRequest) => headers.upgrade?.toLowerCase() === 'websocket';

function refusedDecision(caller: Caller | null, { message, problem }: ProblemError): Decision {
  return {
    action: 'refused',
    subject: caller?.subject ?? '',
    credential: caller?.credential ?? '',
    reason: problem.type.replace(/^urn:stocktide:problem:/, ''),
    detail: message,
  };
}
