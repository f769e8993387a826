/**
 * Who calls, as every process knows them once a credential has been checked: a subject, what they may
 * do, and what they may see. Pure.
 */
import type { Credential, Role } from '../../contracts/access.ts';

/** What answers may show; null is no limit. */
export interface Scope {
  readonly nodes: readonly string[] | null;
  readonly channels: readonly string[] | null;
}

export interface Caller {
  /** The actor of what they decide, as events and audits name it. */
  readonly subject: string;
  readonly roles: readonly Role[];
  readonly scope: Scope;
  readonly credential: Credential;
  /** Token and dashboard session that it stands on: when one of them ends, so does everything open. */
  readonly tokenId: string | null;
  readonly sessionId: string | null;
  /** Wall time from which it counts no more; null: it has no end of its own. */
  readonly expiresAtMs: number | null;
}

export const EVERYWHERE: Scope = { nodes: null, channels: null };

export const isScoped = ({ channels, nodes }: Scope): boolean =>
  nodes !== null || channels !== null;

export const hasRole = (caller: Pick<Caller, 'roles'>, allowed: readonly Role[]): boolean =>
  caller.roles.some((role) => allowed.includes(role));

/** Processes of one deployment to each other, and whoever sets it up: what ACCESS_TOKEN proves. */
export const SERVICE: Caller = {
  subject: 'service',
  roles: ['admin'],
  scope: EVERYWHERE,
  credential: 'service',
  tokenId: null,
  sessionId: null,
  expiresAtMs: null,
};

/** Everybody, where ACCESS=open lets everybody in on loopback. */
export const ANYBODY: Caller = { ...SERVICE, subject: 'local', credential: 'open' };
