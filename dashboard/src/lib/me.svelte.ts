/**
 * Who is signed in, and what they may do: what the cookie of the dashboard stands for.
 *
 *   asking ──▶ in ──401, 4401, sign out──▶ out ──sign in──▶ in
 *      └─────────▶ out          unreachable: nobody answers, asked again after a while
 *
 * A link of `npm start` carries a token behind `#/sign-in?token=`, where no server sees it; it is exchanged
 * for the cookie at once and taken out of the address.
 */
import type { Identity, Permissions, SessionView } from '../../../contracts/access.ts';
import { ACTS, type Act } from './acts.ts';
import { ApiError, onUnauthenticated, readSession, signIn, signOut } from './api.ts';
import { boardHref, parseRoute } from './route.ts';
import { refine } from './route.svelte.ts';

export type MePhase = 'asking' | 'in' | 'out' | 'unreachable';

const ASK_AGAIN_MS = 2000;
/** Said of a session whose cookie is gone: it has lasted its time. */
const OVER = 'The session is over; sign in again';

export class Me {
  #phase: MePhase = $state('asking');
  #identity: Identity | null = $state.raw(null);
  #oidc = $state(false);
  #trouble: string | null = $state(null);
  #ended: string | null = $state(null);
  #may: Permissions = $state.raw({ routes: [], commands: [] });
  #again: number | undefined;
  #isLeaving = false;
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

  /** Why the last attempt to sign in or out failed. */
  get trouble(): string | null {
    return this.#trouble;
  }

  /** Why whoever was here is not any more; null while nobody was, or they went by themselves. */
  get ended(): string | null {
    return this.#ended;
  }

  may(act: Act): boolean {
    return this.mayCall(ACTS[act]);
  }

  /** Whether they may call a route, such as `GET /v1/kpi`. */
  mayCall(route: string): boolean {
    return this.#may.routes.includes(route);
  }

  /** Whether they may give a command about a case. */
  mayCommand(command: string): boolean {
    return this.may('workCases') && this.#may.commands.includes(command);
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
    this.#trouble = this.#ended = null;
    try {
      this.#take(await signIn(token));
      return true;
    } catch (error) {
      this.#trouble = troubleOf(error);
      await this.refresh();
      return false;
    }
  }

  /** Their own wish is no news to them; `trouble` says why it did not work. */
  async signOut(): Promise<void> {
    this.#trouble = null;
    this.#isLeaving = true;
    try {
      this.#take(await signOut());
    } catch (error) {
      this.#isLeaving = false;
      this.#trouble = troubleOf(error);
    }
  }

  #take({ ended, identity, may, oidc }: SessionView): void {
    if (identity !== null && this.#lastName !== '' && this.#lastName !== identity.subject) {
      return location.reload();
    }
    if (identity !== null) this.#lastName = identity.subject;
    if (identity !== null) this.#isLeaving = false;
    else if (!this.#isLeaving) {
      this.#ended = ended ?? (this.#phase === 'in' ? OVER : this.#ended);
    }
    this.#identity = identity;
    this.#may = may;
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
