/**
 * Access as people see and manage it: the roles, who is signed in, API tokens, and the audit of access
 * decisions. Shared by the processes that check it and the dashboard that shows it.
 *
 * Tokens are shown once, when they are made; afterwards there is only what stands here.
 */
import { Type, type Static, type TSchema } from 'typebox';
import { instant, key, optional, record, ref, text } from './fields.ts';

/** What each role is for; docs/access.md lists what each may do. Nobody has more than their roles say. */
export const ROLES = {
  viewer: 'Sees the dashboard and everything that it reads',
  operator: 'Works cases and dead letters, and sees what a viewer sees',
  approver:
    'Approves what needs a second person and decides policies, and works cases as an operator',
  analyst: 'Queries with SQL and tries policies on history, and sees what a viewer sees',
  admin: 'Everything, with tokens and the audit of access',
  producer: 'Sends events, and reads what events look like; sees nothing else',
} as const;
export type Role = keyof typeof ROLES;
export const ROLE_NAMES = Object.keys(ROLES) as Role[];

/** Most roles, nodes and channels of one token. */
const MAX_SCOPE = 50;
export const MAX_TOKEN_DAYS = 366;

const nullable = <S extends TSchema>(schema: S) => Type.Union([schema, Type.Null()]);
const roles = Type.Array(Type.Enum(ROLE_NAMES), {
  minItems: 1,
  maxItems: ROLE_NAMES.length,
  uniqueItems: true,
  description: 'What it may do: all that any of these may',
});
const keys = (what: string, one: string) =>
  nullable(
    Type.Array(key(one), {
      minItems: 1,
      maxItems: MAX_SCOPE,
      uniqueItems: true,
      description: `${what} that it may see; null: all`,
    }),
  );

/** How a caller proved who they are. */
export const CREDENTIALS = ['open', 'service', 'token', 'oidc'] as const;
export type Credential = (typeof CREDENTIALS)[number];

/** Who is signed in. */
export const Identity = Type.Object({
  subject: Type.String({ description: 'Who: the actor of their decisions' }),
  roles,
  nodes: keys('Nodes', 'Node'),
  channels: keys('Channels', 'Channel'),
  credential: Type.Enum([...CREDENTIALS], { description: 'How they proved it' }),
  expires_at: nullable(instant('When they have to prove it again')),
});
export type Identity = Static<typeof Identity>;

/** What somebody may call and decide, their scopes included: the part of the table of access that is theirs. */
export const Permissions = Type.Object({
  routes: Type.Array(Type.String(), {
    description: 'Method and path, as `GET /v1/access/rules` has them',
  }),
  commands: Type.Array(Type.String(), { description: 'Commands about cases' }),
});
export type Permissions = Static<typeof Permissions>;

/** `GET /v1/session`: `identity` is null while nobody is signed in. */
export const SessionView = Type.Object({
  identity: nullable(Identity),
  may: Permissions,
  ended: nullable(
    Type.String({ description: 'Why what was sent to prove it does not count; null: nothing was' }),
  ),
  oidc: Type.Boolean({ description: 'Whether tokens of an identity provider are taken' }),
});
export type SessionView = Static<typeof SessionView>;

export const SignIn = record({
  token: Type.String({
    description: 'An API token, or a token of the identity provider',
    minLength: 1,
    maxLength: 8192,
  }),
});

/** What a new token is to be. */
export const TokenSpec = record({
  subject: ref('Who acts with it, a person or a program: the actor of what they decide'),
  note: optional(text('What it is for', 200)),
  roles,
  nodes: optional(keys('Nodes', 'Node')),
  channels: optional(keys('Channels', 'Channel')),
  expires_in_days: optional(
    Type.Integer({ minimum: 1, maximum: MAX_TOKEN_DAYS, description: 'Lifetime; 90 if not given' }),
  ),
});
export type TokenSpec = Static<typeof TokenSpec>;

export const TokenView = Type.Object({
  token_id: Type.String({ description: 'First part of the token; no secret' }),
  subject: Type.String(),
  note: Type.String(),
  roles,
  nodes: keys('Nodes', 'Node'),
  channels: keys('Channels', 'Channel'),
  status: Type.Enum(['active', 'expired', 'revoked']),
  created_at: instant('When it was made'),
  created_by: Type.String({ description: 'Who made it' }),
  expires_at: instant('When it ends'),
  revoked_at: nullable(instant('When it was revoked')),
  revoked_by: nullable(Type.String({ description: 'Who revoked it' })),
});
export type TokenView = Static<typeof TokenView>;

export const TokenList = Type.Object({ tokens: Type.Array(TokenView) });
export type TokenList = Static<typeof TokenList>;

export const TokenCreated = Type.Object({
  token: Type.String({ description: 'The token itself: shown now and never again' }),
  view: TokenView,
});
export type TokenCreated = Static<typeof TokenCreated>;

export const ACCESS_ACTIONS = [
  'refused',
  'signed_in',
  'signed_out',
  'token_created',
  'token_revoked',
] as const;

/** A decision about access, or several of one second that are the same. */
export const AccessEntry = Type.Object({
  at: instant('When'),
  process: Type.String({ description: 'Which process decided' }),
  action: Type.Enum([...ACCESS_ACTIONS]),
  subject: Type.String({ description: 'Whose request it was, or empty' }),
  credential: Type.String({ description: 'How they proved it, or empty' }),
  reason: Type.String({ description: 'Kind of the problem of a refusal, or empty' }),
  detail: Type.String(),
  address: Type.String({ description: 'Network address that asked' }),
  method: Type.String(),
  route: Type.String(),
  count: Type.Integer({ description: 'How many decisions the entry stands for' }),
});
export type AccessEntry = Static<typeof AccessEntry>;

export const AccessAuditPage = Type.Object({
  entries: Type.Array(AccessEntry, { description: 'The newest first' }),
  next_cursor: nullable(Type.String({ description: 'The next page; null at the end' })),
});
export type AccessAuditPage = Static<typeof AccessAuditPage>;

/** `GET /v1/access/rules`: the table of access itself. */
export const AccessRules = Type.Object({
  roles: Type.Array(Type.Object({ role: Type.Enum(ROLE_NAMES), description: Type.String() })),
  routes: Type.Array(
    Type.Object({
      method: Type.String(),
      route: Type.String(),
      roles: nullable(Type.Array(Type.Enum(ROLE_NAMES), { description: 'null: everybody' })),
      scoped: Type.Boolean({
        description: 'Whether tokens with node or channel scopes may call it',
      }),
    }),
  ),
  commands: Type.Array(
    Type.Object({ command: Type.String(), roles: Type.Array(Type.Enum(ROLE_NAMES)) }),
  ),
  topics: Type.Array(
    Type.Object({
      topic: Type.String(),
      roles: Type.Array(Type.Enum(ROLE_NAMES)),
      scoped: Type.Boolean({
        description: 'Whether tokens with node or channel scopes may follow it',
      }),
    }),
  ),
});
export type AccessRules = Static<typeof AccessRules>;
