/**
 * Access over REST: signing in and out of the dashboard, API tokens, the table of who may do what, and the
 * audit of access decisions.
 */
import type { ClickHouseClient } from '@clickhouse/client';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import {
  ACCESS_ACTIONS,
  AccessAuditPage,
  AccessRules,
  SessionView,
  SignIn,
  TokenCreated,
  TokenList,
  TokenSpec,
  TokenView,
} from '../../contracts/access.ts';
import type { Access } from '../../platform/access/access.ts';
import {
  callerOf,
  contextOf,
  type Decision,
  type DecisionContext,
} from '../../platform/http/access.ts';
import { sessionCookie } from '../../platform/http/presented.ts';
import { describeRules, permissionsOf } from '../access/describe.ts';
import { identityOf, type Sessions } from '../access/sessions.ts';
import type { TokenDesk } from '../access/token-desk.ts';
import { readAudit } from '../clickhouse/access-audit.ts';
import { pagedList, pageQuery } from '../page.ts';
import { ProblemDocument, readingClickHouse } from './problems.ts';

export interface AccessRoutes {
  readonly access: Access;
  readonly sessions: Sessions;
  readonly tokens: TokenDesk;
  readonly clickhouse: ClickHouseClient;
  readonly apiPort: number;
  /** Keeps what was decided in the audit. */
  readonly keep: (decision: Decision & DecisionContext) => void;
}

const MAX_LIMIT = 500;
const AUDIT = pagedList('access-audit', Type.Tuple([Type.Integer(), Type.String()]));
const problems = { 400: ProblemDocument, 401: ProblemDocument, 403: ProblemDocument };
const tags = ['access'];

export function registerAccessRoutes(app: FastifyInstance, routes: AccessRoutes): void {
  registerSession(app, routes);
  registerTokens(app, routes);

  const typed = app.withTypeProvider<TypeBoxTypeProvider>();
  typed.get(
    '/v1/access/rules',
    {
      schema: {
        tags,
        summary: 'Who may do what',
        description: 'Every route, command about a case and live topic with its roles.',
        response: { 200: AccessRules, ...problems },
      },
    },
    async () => describeRules(),
  );

  typed.get(
    '/v1/access/audit',
    {
      schema: {
        tags,
        summary: 'Decisions about access, the newest first',
        description: 'Sign-ins, refusals, tokens made and revoked; a second or two old.',
        querystring: Type.Object(
          {
            action: Type.Optional(Type.Enum([...ACCESS_ACTIONS])),
            subject: Type.Optional(Type.String({ minLength: 1, maxLength: 128 })),
            ...pageQuery({ limit: 50, maxLimit: MAX_LIMIT }),
          },
          { additionalProperties: false },
        ),
        response: { 200: AccessAuditPage, 503: ProblemDocument, ...problems },
      },
    },
    async ({ query: { action, cursor, limit, subject } }) => {
      const question = { action, subject };
      const after = AUDIT.after(cursor, question);
      const read = await readingClickHouse(() =>
        readAudit(routes.clickhouse, { ...question, after, limit: limit + 1 }),
      );
      const page = AUDIT.page(read, { limit, question, placeOf: ({ at_ms, id }) => [at_ms, id] });
      const entries = page.entries.map(({ at_ms: _atMs, id: _id, ...entry }) => entry);
      return { entries, next_cursor: page.nextCursor };
    },
  );
}

function registerSession(app: FastifyInstance, routes: AccessRoutes): void {
  const { access, apiPort, keep, sessions } = routes;
  const typed = app.withTypeProvider<TypeBoxTypeProvider>();
  const name = sessionCookie({ apiPort });
  const viewOf = (
    caller: FastifyRequest['caller'],
    ended: SessionView['ended'] = null,
  ): SessionView => ({
    identity: caller === null ? null : identityOf(caller),
    may: permissionsOf(caller),
    ended,
    oidc: access.hasOidc,
  });
  /** Sent by this site's pages only, read by no script. */
  const attributes = ({ protocol }: FastifyRequest) =>
    ({ path: '/', httpOnly: true, sameSite: 'strict', secure: protocol === 'https' }) as const;

  typed.get(
    '/v1/session',
    { schema: { tags, summary: 'Who is signed in', response: { 200: SessionView } } },
    async ({ caller, unproved }, reply) => {
      void reply.header('cache-control', 'no-store');
      return viewOf(caller, unproved);
    },
  );

  typed.post(
    '/v1/session',
    {
      schema: {
        tags,
        summary: 'Sign in to the dashboard with a token',
        description: 'The answer sets a cookie that scripts cannot read; it ends with the token.',
        body: SignIn,
        response: { 200: SessionView, 429: ProblemDocument, 503: ProblemDocument, ...problems },
      },
    },
    async (request, reply) => {
      const {
        caller,
        cookie: value,
        expiresAtMs,
      } = await sessions.open(request.body.token, request.ip);
      const { credential, subject } = caller;
      keep({
        ...{ action: 'signed_in', subject, credential, reason: '', detail: '' },
        ...contextOf(request),
      });
      const expires = new Date(expiresAtMs);
      void reply.setCookie(name, value, { ...attributes(request), expires });
      void reply.header('cache-control', 'no-store');
      return viewOf(caller);
    },
  );

  typed.delete(
    '/v1/session',
    {
      schema: {
        tags,
        summary: 'Sign out of the dashboard; everything open in it ends',
        response: { 200: SessionView, 503: ProblemDocument, ...problems },
      },
    },
    async (request, reply) => {
      const { caller } = request;
      if (caller !== null && caller.sessionId !== null) {
        await sessions.close(caller.sessionId);
        const { credential, subject } = caller;
        keep({
          ...{ action: 'signed_out', subject, credential, reason: '', detail: '' },
          ...contextOf(request),
        });
      }
      void reply.clearCookie(name, attributes(request));
      return viewOf(null);
    },
  );
}

function registerTokens(app: FastifyInstance, { keep, tokens }: AccessRoutes): void {
  const typed = app.withTypeProvider<TypeBoxTypeProvider>();
  const tell = (request: FastifyRequest, action: Decision['action'], token: TokenView) => {
    const { credential, subject } = callerOf(request);
    const { roles, subject: holder, token_id: id } = token;
    keep({
      ...{ action, subject, credential, reason: '' },
      detail: `token ${id} of ${holder} (${roles.join(', ')})`,
      ...contextOf(request),
    });
  };

  typed.get(
    '/v1/tokens',
    {
      schema: {
        tags,
        summary: 'API tokens, the newest first',
        response: { 200: TokenList, ...problems },
      },
    },
    async () => ({ tokens: tokens.list() }),
  );

  typed.post(
    '/v1/tokens',
    {
      schema: {
        tags,
        summary: 'Make an API token',
        description: 'The answer has the token itself, this once. Only a hash of it is kept.',
        body: TokenSpec,
        response: { 201: TokenCreated, 409: ProblemDocument, 503: ProblemDocument, ...problems },
      },
    },
    async (request, reply) => {
      const created = await tokens.create(request.body, callerOf(request).subject);
      tell(request, 'token_created', created.view);
      return reply.code(201).header('cache-control', 'no-store').send(created);
    },
  );

  typed.delete(
    '/v1/tokens/:id',
    {
      schema: {
        tags,
        summary: 'Revoke an API token, with its sessions and sockets',
        params: Type.Object({ id: Type.String({ pattern: '^[a-z2-7]{12}$' }) }),
        response: { 200: TokenView, 404: ProblemDocument, 503: ProblemDocument, ...problems },
      },
    },
    async (request) => {
      const view = await tokens.revoke(request.params.id, callerOf(request).subject);
      tell(request, 'token_revoked', view);
      return view;
    },
  );
}
