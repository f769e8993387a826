/**
 * What a request says about who sends it: its credential, and the page that it comes from. Pure.
 */
import type { IncomingHttpHeaders } from 'node:http';
import { ROLE_NAMES, type Role } from '../../contracts/access.ts';
import type { Caller } from '../access/identity.ts';

export interface Presented {
  readonly text: string;
  /** A browser sends a cookie by itself, whichever page asks; a header is set on purpose. */
  readonly by: 'header' | 'cookie';
}

/** Cookies know no ports: two systems on one machine need two names. */
export const sessionCookie = ({ apiPort }: { apiPort: number }) => `stocktide_session_${apiPort}`;

/** The credential of `Bearer <token>`, `Basic base64(any:<token>)` or the cookie, or null. */
export function presentedBy(headers: IncomingHttpHeaders, cookieName: string): Presented | null {
  const token = authorizationToken(headers.authorization ?? '');
  if (token !== null) return { text: token, by: 'header' };
  const session = cookieValue(headers.cookie ?? '', cookieName);
  return session === null ? null : { text: session, by: 'cookie' };
}

/** `b` of `a=1; name=b; c=2`. */
function cookieValue(cookies: string, name: string): string | null {
  const pair = cookies.split(';').find((one) => one.trim().startsWith(`${name}=`));
  return pair === undefined ? null : pair.slice(pair.indexOf('=') + 1).trim();
}

function authorizationToken(authorization: string): string | null {
  const [, scheme = '', value = ''] = /^(\S+) +(\S+)$/.exec(authorization.trim()) ?? [];
  switch (scheme.toLowerCase()) {
    case 'bearer':
      return value;
    case 'basic': {
      const pair = Buffer.from(value, 'base64').toString();
      const colon = pair.indexOf(':');
      return colon === -1 ? null : pair.slice(colon + 1);
    }
    default:
      return null;
  }
}

/** A page of another site asks; programs say nothing of where they come from, and are not meant. */
export function isForeignPage(headers: IncomingHttpHeaders): boolean {
  const site = headers['sec-fetch-site'];
  if (site !== undefined) return site === 'cross-site' || isForeignOrigin(headers);
  return isForeignOrigin(headers);
}

/** A page of this very origin asks, and says so: what a request with the cookie has to prove. */
export function isOwnPage(headers: IncomingHttpHeaders): boolean {
  const site = headers['sec-fetch-site'];
  if (site !== undefined) return site === 'same-origin';
  return headers.origin !== undefined && !isForeignOrigin(headers);
}

function isForeignOrigin({ host, origin }: IncomingHttpHeaders): boolean {
  if (origin === undefined) return false;
  return !URL.canParse(origin) || new URL(origin).host !== host;
}

/** `localhost` of `localhost:8080`, `[::1]` of `[::1]:8080`. */
export const hostName = (host: string): string => host.replace(/:\d+$/, '');

/** With the service credential: for whom a process of ours asks, as `delegate` writes it. */
export const ON_BEHALF_HEADER = 'x-stocktide-on-behalf-of';

export function delegate({ roles, subject }: Pick<Caller, 'roles' | 'subject'>): string {
  return Buffer.from(JSON.stringify({ subject, roles })).toString('base64url');
}

/** Whom the header names, or null when it cannot be read. */
export function readDelegate(header: string): { subject: string; roles: Role[] } | null {
  try {
    const { roles, subject } = JSON.parse(Buffer.from(header, 'base64url').toString()) as {
      roles?: unknown;
      subject?: unknown;
    };
    if (typeof subject !== 'string' || !Array.isArray(roles)) return null;
    return { subject, roles: ROLE_NAMES.filter((role) => roles.includes(role)) };
  } catch {
    return null;
  }
}
