/**
 * Sessions of the dashboard: whoever shows a token once gets a cookie that stands for it, until it expires,
 * is signed out of, or the token ends. The token itself stays nowhere in the browser.
 */
import { randomBytes } from 'node:crypto';
import type { Identity } from '../../contracts/access.ts';
import type { Access } from '../../platform/access/access.ts';
import type { Caller } from '../../platform/access/identity.ts';
import { mint, type SessionRecord } from '../../platform/access/tokens.ts';
import { unauthenticated } from '../../platform/http/access.ts';
import { ProblemError } from '../../platform/http/problem.ts';
import { ACCESS_LIMITS } from '../limits.ts';
import { stored } from './token-desk.ts';

export interface SessionsOptions {
  readonly access: Access;
  readonly sessionMs: number;
  readonly nowMs: () => number;
}

export interface Opened {
  readonly caller: Caller;
  /** Value of the cookie. */
  readonly cookie: string;
  readonly expiresAtMs: number;
}

export class Sessions {
  readonly #options: SessionsOptions;

  constructor(options: SessionsOptions) {
    this.#options = options;
  }

  /** Opens a session for whoever the token is of. Throws a problem when it does not count. */
  async open(token: string, address: string): Promise<Opened> {
    const { access, nowMs, sessionMs } = this.#options;
    const waitMs = access.signInWaitMs(token, address);
    if (waitMs > 0) throw unauthenticated({ refusal: 'invalid', detail: '' }, waitMs);
    const checked = await access.check(token);
    if (!checked.ok) throw unauthenticated(checked, access.countFailure(checked, address));
    if (access.sessions.values().length >= ACCESS_LIMITS.sessions) throw tooManySessions();

    const { credential, expiresAtMs, roles, scope, subject, tokenId } = checked.caller;
    const { hash, id, text } = mint('session', randomBytes);
    const session: SessionRecord = {
      ...{ id, hash, subject, roles, scope, credential, tokenId },
      expiresAtMs: Math.min(nowMs() + sessionMs, expiresAtMs ?? Infinity),
    };
    await stored(() => access.sessions.put(id, session));
    const caller = { ...checked.caller, sessionId: id, expiresAtMs: session.expiresAtMs };
    return { caller, cookie: text, expiresAtMs: session.expiresAtMs };
  }

  async close(sessionId: string): Promise<void> {
    await stored(() => this.#options.access.sessions.remove(sessionId));
  }
}

export function identityOf({ credential, expiresAtMs, roles, scope, subject }: Caller): Identity {
  return {
    ...{ subject, roles: [...roles], credential },
    nodes: scope.nodes === null ? null : [...scope.nodes],
    channels: scope.channels === null ? null : [...scope.channels],
    expires_at: expiresAtMs === null ? null : new Date(expiresAtMs).toISOString(),
  };
}

function tooManySessions(): ProblemError {
  return new ProblemError({
    status: 503,
    kind: 'too-many-sessions',
    title: 'Too many sessions',
    detail: `There are ${ACCESS_LIMITS.sessions} open sessions, as many as may be`,
    retryAfterS: 60,
  });
}
