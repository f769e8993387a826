/**
 * API tokens as admins manage them: made (and shown once), listed, revoked. What is stored is what
 * platform/access checks against, so that a token that is made or revoked here is so everywhere at once.
 */
import { randomBytes } from 'node:crypto';
import type { TokenCreated, TokenSpec, TokenView } from '../../contracts/access.ts';
import type { Access } from '../../platform/access/access.ts';
import { mint, statusOf, type TokenRecord } from '../../platform/access/tokens.ts';
import { ProblemError } from '../../platform/http/problem.ts';
import { RecordsError } from '../../platform/nats/records.ts';
import { ACCESS_LIMITS } from '../limits.ts';

const DAY_MS = 86_400_000;

export interface TokenDeskOptions {
  readonly access: Access;
  readonly nowMs: () => number;
}

export class TokenDesk {
  readonly #options: TokenDeskOptions;

  constructor(options: TokenDeskOptions) {
    this.#options = options;
  }

  /** Every token, the newest first. Throws a problem while they have not been read. */
  list(): TokenView[] {
    const { access, nowMs } = this.#options;
    if (!access.tokens.isLoaded) throw unavailable('NATS has not been reached yet');
    return access.tokens
      .values()
      .sort((a, b) => b.createdAtMs - a.createdAtMs)
      .map((token) => viewOf(token, nowMs()));
  }

  /** Throws a problem when there are as many as may be, or none can be stored now. */
  async create(spec: TokenSpec, by: string): Promise<TokenCreated> {
    const { access, nowMs } = this.#options;
    await this.#makeRoom();
    const { hash, id, text } = mint('token', randomBytes);
    const atMs = nowMs();
    const token: TokenRecord = {
      ...{ id, hash, subject: spec.subject, note: spec.note ?? '', roles: spec.roles },
      scope: { nodes: spec.nodes ?? null, channels: spec.channels ?? null },
      createdAtMs: atMs,
      createdBy: by,
      expiresAtMs: atMs + (spec.expires_in_days ?? ACCESS_LIMITS.tokenDays) * DAY_MS,
      revoked: null,
    };
    await stored(() => access.tokens.put(id, token));
    return { token: text, view: viewOf(token, atMs) };
  }

  /** Revoking twice changes nothing. Throws a problem when there is no such token. */
  async revoke(id: string, by: string): Promise<TokenView> {
    const { access, nowMs } = this.#options;
    const token = access.tokens.get(id);
    if (token === undefined) throw unknownToken(id);
    const revoked: TokenRecord =
      token.revoked === null ? { ...token, revoked: { atMs: nowMs(), by } } : token;
    if (revoked !== token) await stored(() => access.tokens.put(id, revoked));
    return viewOf(revoked, nowMs());
  }

  /** Forgets the token that has been over for longest when there are as many as may be. */
  async #makeRoom(): Promise<void> {
    const { access, nowMs } = this.#options;
    const tokens = access.tokens.values();
    if (tokens.length < ACCESS_LIMITS.tokens) return;
    const over = tokens
      .filter((token) => statusOf(token, nowMs()) !== 'active')
      .sort((a, b) => a.expiresAtMs - b.expiresAtMs)[0];
    if (over === undefined) throw tooManyTokens();
    await stored(() => access.tokens.remove(over.id));
  }
}

/** Whatever keeps a record from being stored is a reason to come again. */
export async function stored<T>(store: () => Promise<T>): Promise<T> {
  try {
    return await store();
  } catch (error) {
    if (!(error instanceof RecordsError)) throw error;
    throw unavailable(error.message);
  }
}

function unavailable(detail: string): ProblemError {
  return new ProblemError({
    status: 503,
    kind: 'access-unavailable',
    title: 'Access cannot be read or changed now',
    detail,
    retryAfterS: 1,
  });
}

function viewOf(token: TokenRecord, nowMs: number): TokenView {
  const { createdAtMs, createdBy, expiresAtMs, id, note, revoked, roles, scope, subject } = token;
  return {
    ...{ token_id: id, subject, note, roles: [...roles], status: statusOf(token, nowMs) },
    nodes: scope.nodes === null ? null : [...scope.nodes],
    channels: scope.channels === null ? null : [...scope.channels],
    created_at: new Date(createdAtMs).toISOString(),
    created_by: createdBy,
    expires_at: new Date(expiresAtMs).toISOString(),
    revoked_at: revoked === null ? null : new Date(revoked.atMs).toISOString(),
    revoked_by: revoked === null ? null : revoked.by,
  };
}

function unknownToken(id: string): ProblemError {
  return new ProblemError({
    status: 404,
    kind: 'unknown-token',
    title: 'Unknown token',
    detail: 'There is no token of this id; GET /v1/tokens lists them',
    field: 'id',
    value: id,
  });
}

function tooManyTokens(): ProblemError {
  return new ProblemError({
    status: 409,
    kind: 'too-many-tokens',
    title: 'Too many tokens',
    detail: `There are ${ACCESS_LIMITS.tokens} tokens that count; revoke one first`,
    allowed: `at most ${ACCESS_LIMITS.tokens}`,
  });
}
