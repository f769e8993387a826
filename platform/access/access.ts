/**
 * Checks credentials: what a caller presents becomes a Caller, or a reason why not.
 *
 *   ACCESS_TOKEN            the deployment's own secret: its processes, and whoever sets it up
 *   st_…                    API token, looked up by its id, compared by its hash
 *   ss_…                    dashboard session (its cookie); ends with the token it was signed in with
 *   a.b.c                   JWT of the identity provider, where one is configured
 *
 * Tokens and sessions are held in memory and followed (platform/nats/records.ts), so that a revocation holds
 * within milliseconds; only of one that is not known NATS is asked, since another process may have just made it.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { Config } from '../config.ts';
import type { NatsLink } from '../nats/connect.ts';
import { Records } from '../nats/records.ts';
import { SESSION_BUCKET, TOKEN_BUCKET } from '../nats/streams.ts';
import { ANYBODY, SERVICE, type Caller } from './identity.ts';
import { createOidc, isJwt, type OidcConfig, type OidcFailure, type VerifyOidc } from './oidc.ts';
import { Throttle } from './throttle.ts';
import { matches, parseSecret, statusOf, type SessionRecord, type TokenRecord } from './tokens.ts';

/** Why a credential does not count. */
export type Refusal =
  | 'missing'
  | 'invalid'
  | 'expired'
  | 'revoked'
  | 'signed_out'
  | 'not_loaded'
  | `oidc_${OidcFailure}`;

export type Checked =
  | { readonly ok: true; readonly caller: Caller }
  | {
      readonly ok: false;
      readonly refusal: Refusal;
      readonly detail: string;
      /** Of the token that was named, known or not: attempts are counted by it. */
      readonly tokenId: string | null;
    };

export interface AccessOptions {
  readonly config: Pick<Config, 'access' | 'accessToken'> & OidcConfig;
  readonly nowMs: () => number;
}

const PRUNE_MS = 60_000;
/** Failed attempts of one address, and with one token, before the answer is to wait. */
const FAILURES = { most: 20, windowMs: 60_000, keys: 10_000 } as const;
/** What somebody would see who guesses; having been late with a good token is no attempt. */
const GUESSES: ReadonlySet<Refusal> = new Set([
  'invalid',
  'oidc_invalid',
  'oidc_issuer',
  'oidc_audience',
  'oidc_unknown_key',
]);

export class Access {
  readonly tokens = new Records<TokenRecord>(TOKEN_BUCKET);
  readonly sessions = new Records<SessionRecord>(SESSION_BUCKET);
  readonly isOpen: boolean;
  readonly #service: Buffer | null;
  readonly #oidc: VerifyOidc | null;
  readonly #nowMs: () => number;
  readonly #failures = new Throttle(FAILURES);

  constructor({ config, nowMs }: AccessOptions) {
    this.isOpen = config.access === 'open';
    this.#service = config.accessToken === '' ? null : digest(config.accessToken);
    this.#oidc = createOidc(config);
    this.#nowMs = nowMs;
  }

  get hasOidc(): boolean {
    return this.#oidc !== null;
  }

  /** Follows tokens and sessions until the signal aborts. */
  async run(link: NatsLink, signal: AbortSignal): Promise<void> {
    const prune = setInterval(() => {
      const nowMs = this.#nowMs();
      this.sessions.prune((session) => session.expiresAtMs <= nowMs);
    }, PRUNE_MS);
    await Promise.all([this.tokens.run(link, signal), this.sessions.run(link, signal)]);
    clearInterval(prune);
  }

  /** Who presents this; null is nobody. */
  async check(presented: string | null): Promise<Checked> {
    if (this.isOpen) return { ok: true, caller: ANYBODY };
    if (presented === null) {
      return refused(
        'missing',
        'Send "Authorization: Bearer <token>", or sign in to the dashboard',
      );
    }
    // Digests have one length, so that the comparison takes the same time for every text.
    if (this.#service !== null && timingSafeEqual(digest(presented), this.#service)) {
      return { ok: true, caller: SERVICE };
    }
    const parsed = parseSecret(presented);
    if (parsed?.kind === 'token') return this.#checkToken(parsed.id, parsed.secret);
    if (parsed?.kind === 'session') return this.#checkSession(parsed.id, parsed.secret);
    if (this.#oidc !== null && isJwt(presented)) {
      const outcome = await this.#oidc(presented);
      return outcome.ok ? outcome : refused(`oidc_${outcome.failure}`, outcome.detail);
    }
    return refused('invalid', 'This is no token of this system');
  }

  /** Counts an attempt that failed; how long this address, or this token, has to wait (0: not at all). */
  countFailure({ refusal, tokenId }: Extract<Checked, { ok: false }>, address: string): number {
    if (!GUESSES.has(refusal)) return 0;
    const keys = [`address ${address}`, ...(tokenId === null ? [] : [`token ${tokenId}`])];
    const waitMs = this.#failures.waitMs(keys, this.#nowMs());
    this.#failures.failed(keys, this.#nowMs());
    return waitMs;
  }

  /** How long who signs in has to wait, however good the token is. */
  signInWaitMs(presented: string, address: string): number {
    const tokenId = parseSecret(presented)?.id;
    const keys = [`address ${address}`, ...(tokenId === undefined ? [] : [`token ${tokenId}`])];
    return this.#failures.waitMs(keys, this.#nowMs());
  }

  /** Whether a caller who was let in still counts: sockets stay open for long. */
  holds({ expiresAtMs, sessionId, tokenId }: Caller): boolean {
    const nowMs = this.#nowMs();
    if (expiresAtMs !== null && nowMs >= expiresAtMs) return false;
    if (sessionId !== null && this.sessions.get(sessionId) === undefined) return false;
    if (tokenId === null) return true;
    const token = this.tokens.get(tokenId);
    return token !== undefined && statusOf(token, nowMs) === 'active';
  }

  /** Has `listener` told whenever a token or a session changed. */
  watch(listener: () => void): () => void {
    const stops = [this.tokens.watch(listener), this.sessions.watch(listener)];
    return () => stops.forEach((stop) => stop());
  }

  async #checkToken(id: string, secret: string): Promise<Checked> {
    const token = await this.tokens.find(id);
    if (token === undefined) {
      return this.tokens.isLoaded ? invalid(id) : notLoaded(id);
    }
    if (!matches(secret, token.hash)) return invalid(id);
    const status = statusOf(token, this.#nowMs());
    if (status === 'revoked') return refused('revoked', 'The token was revoked', id);
    if (status === 'expired') return refused('expired', 'The token has expired', id);
    return {
      ok: true,
      caller: {
        subject: token.subject,
        roles: token.roles,
        scope: token.scope,
        credential: 'token',
        tokenId: id,
        sessionId: null,
        expiresAtMs: token.expiresAtMs,
      },
    };
  }

  async #checkSession(id: string, secret: string): Promise<Checked> {
    const session = await this.sessions.find(id);
    if (session === undefined) {
      return this.sessions.isLoaded
        ? refused('signed_out', 'The session is over; sign in again')
        : notLoaded(null);
    }
    if (!matches(secret, session.hash)) return invalid(null);
    const { credential, expiresAtMs, roles, scope, subject, tokenId } = session;
    // It stands on a token that may be as new as itself.
    if (tokenId !== null) await this.tokens.find(tokenId);
    const caller = { subject, roles, scope, credential, tokenId, sessionId: id, expiresAtMs };
    return this.holds(caller) ? { ok: true, caller } : refused('signed_out', this.#endOf(session));
  }

  /** Why a session that does not hold is over. */
  #endOf({ tokenId }: SessionRecord): string {
    const token = tokenId === null ? undefined : this.tokens.get(tokenId);
    const status = token === undefined ? null : statusOf(token, this.#nowMs());
    switch (status) {
      case 'revoked':
        return 'The session is over: the token that it was opened with was revoked';
      case 'expired':
        return 'The session is over: the token that it was opened with has expired';
      case 'active':
      case null:
        return 'The session is over; sign in again';
      default:
        return status satisfies never;
    }
  }
}

function refused(refusal: Refusal, detail: string, tokenId: string | null = null): Checked {
  return { ok: false, refusal, detail, tokenId };
}

/** The same for an unknown token and a wrong secret: which ids exist is nobody's business. */
const invalid = (tokenId: string | null) =>
  refused('invalid', 'This is no token of this system', tokenId);

const notLoaded = (tokenId: string | null) =>
  refused('not_loaded', 'Tokens cannot be checked yet: NATS is not connected', tokenId);

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
