/**
 * API tokens and dashboard sessions: how their secrets look, and whether one counts now. Pure.
 *
 *   st_k3v9x0q2m7ab_6Yb…43 characters…Q4      token
 *   ss_…                                      session, in the dashboard's cookie
 *      └ id, public     └ secret, 256 random bits
 *
 * Only SHA-256 of the secret is kept. That is enough, and right, for a random secret of 256 bits, which
 * nobody can guess from its hash: docs/decisions/0011-access-tokens.md.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { Credential, Role } from '../../contracts/access.ts';
import type { Scope } from './identity.ts';

export const KINDS = { token: 'st', session: 'ss' } as const;
export type Kind = keyof typeof KINDS;

const ID_LENGTH = 12;
const SECRET_BYTES = 32;
const ID_ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567';

//                      st    _k3v9x0q2m7ab_6Yb…Q4
const SHAPE = /^(st|ss)_([a-z2-7]{12})_([A-Za-z0-9_-]{43})$/;

/** What is kept of a token. */
export interface TokenRecord {
  readonly id: string;
  /** SHA-256 of the secret, hex. */
  readonly hash: string;
  readonly subject: string;
  readonly note: string;
  readonly roles: readonly Role[];
  readonly scope: Scope;
  readonly createdAtMs: number;
  readonly createdBy: string;
  readonly expiresAtMs: number;
  readonly revoked: { readonly atMs: number; readonly by: string } | null;
}

/** What is kept of a dashboard session: who signed in, and on what it stands. */
export interface SessionRecord {
  readonly id: string;
  readonly hash: string;
  readonly subject: string;
  readonly roles: readonly Role[];
  readonly scope: Scope;
  readonly credential: Credential;
  /** Token that was signed in with; the session ends with it. */
  readonly tokenId: string | null;
  readonly expiresAtMs: number;
}

export interface ParsedSecret {
  readonly kind: Kind;
  readonly id: string;
  readonly secret: string;
}

/** Makes a new id and secret of random bytes; `text` is what its holder is given. */
export function mint(
  kind: Kind,
  random: (bytes: number) => Buffer,
): { readonly id: string; readonly hash: string; readonly text: string } {
  const id = [...random(ID_LENGTH)].map((byte) => ID_ALPHABET[byte % 32]).join('');
  const secret = random(SECRET_BYTES).toString('base64url');
  return { id, hash: hashOf(secret), text: `${KINDS[kind]}_${id}_${secret}` };
}

/** The parts of a token or session, or null for any other text. */
export function parseSecret(text: string): ParsedSecret | null {
  const [, prefix, id, secret] = SHAPE.exec(text) ?? [];
  if (id === undefined || secret === undefined) return null;
  return { kind: prefix === KINDS.token ? 'token' : 'session', id, secret };
}

/** Whether the secret is the one behind the hash; takes the same time for every secret. */
export function matches(secret: string, hash: string): boolean {
  return timingSafeEqual(Buffer.from(hashOf(secret), 'hex'), Buffer.from(hash, 'hex'));
}

export type TokenStatus = 'active' | 'expired' | 'revoked';

export function statusOf(
  { expiresAtMs, revoked }: Pick<TokenRecord, 'expiresAtMs' | 'revoked'>,
  nowMs: number,
): TokenStatus {
  if (revoked !== null) return 'revoked';
  return nowMs >= expiresAtMs ? 'expired' : 'active';
}

function hashOf(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}
