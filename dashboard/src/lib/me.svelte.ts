/**
 * Who is signed in, and what they may do: what the cookie of the dashboard stands for.
 *
 *   asking ──▶ in ──401, 4401, sign out──▶ out ──sign in──▶ in
 *      └─────────▶ out          unreachable: nobody answers, asked again after a while
 *
 * A link of `npm start` carries a token behind `#/sign-in?token=`, where no server sees it; it is exchanged
 * for the cookie at once and taken out of the address.
 */
import type { Identity, Role, SessionView } from '../../../contracts/access.ts';
import { ApiError, onUnauthenticated, readSession, signIn, signOut } from './api.ts';
import { boardHref, parseRoute } from './route.ts';
import { refine } from './route.svelte.ts';

export type MePhase = 'asking' | 'in' | 'out' | 'unreachable';

const ASK_AGAIN_MS = 2000;

export class Me {
  #phase: MePhase = $state('asking');
  #identity: Identity | null = $state.raw(null);
  #oidc = $state(false);
  #trouble: string | null = $state(null);
  #again: number | undefined;
  /** Who was here last: what is in memory is theirs. */
  #lastName = '';

  get phase(): MePhase {
    return this.#phase;
  }

  get identity(): Identity | null {
    return this.#identity;
  }

  /** The actor of what is decided here; empty while nobody is signed in. */
  get name(): string {
    return this.#identity?.subject ?? '';
  }

  /** Whether tokens of an identity provider are taken. */
  get oidc(): boolean {
    return this.#oidc;
  }

  /** Why the last attempt to sign in failed. */
  get trouble(): string | null {
    return this.#trouble;
  }

  /** Whether any of the roles is theirs. */
  can(...roles: Role[]): boolean {
    return this.#identity?.roles.some((role) => roles.includes(role)) ?? false;
  }

  /** Asks who it is now, and whenever an answer says that it is nobody any more. */
  run(): () => void {
    const stop = onUnauthenticated(() => void this.refresh());
    const token = tokenOfLink();
    if (token === null) void this.refresh();
    else void this.signIn(token);
    return stop;
  }

  async refresh(): Promise<void> {
    try {
      this.#take(await readSession());
    } catch {
      if (this.#phase !== 'in') this.#phase = 'unreachable';
      clearTimeout(this.#again);
      this.#again = window.setTimeout(() => void this.refresh(), ASK_AGAIN_MS);
    }
  }

  /** Whether it worked; `trouble` says why not. */
  async signIn(token: string): Promise<boolean> {
    this.#trouble = null;
    try {
      this.#take(await signIn(token));
      return true;
    } catch (error) {
      this.#trouble = troubleOf(error);
      await this.refresh();
      return false;
    }
  }

  async signOut(): Promise<void> {
    this.#take(await signOut());
  }

  #take({ identity, oidc }: SessionView): void {
    if (identity !== null && this.#lastName !== '' && this.#lastName !== identity.subject) {
      return location.reload();
    }
    if (identity !== null) this.#lastName = identity.subject;
    this.#identity = identity;
    this.#oidc = oidc;
    this.#phase = identity === null ? 'out' : 'in';
  }
}

/** The token of a sign-in link, taken out of the address and its history. */
function tokenOfLink(): string | null {
  const { query, view } = parseRoute(location.hash);
  if (view !== 'sign-in') return null;
  refine(boardHref);
  return query['token'] ?? null;
}

function troubleOf(error: unknown): string {
  if (!(error instanceof ApiError)) return String(error);
  return error.status === 429
    ? 'Too many failed attempts. Wait a minute, then try again.'
    : `${error.message}.`.replace(/\.\.$/, '.');
}
