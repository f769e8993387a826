/** The admin token of the first local start: made where there is no token yet, and shown once. */
import { userInfo } from 'node:os';
import type { TokenCreated, TokenList, TokenSpec } from '../../contracts/access.ts';

const TIMEOUT_MS = 5000;

/** Null: there are tokens already. Throws when the API does not answer. */
export async function firstToken(apiUrl: string, accessToken: string): Promise<string | null> {
  const { tokens } = await ask<TokenList>({});
  if (tokens.length > 0) return null;
  const spec: TokenSpec = { subject: userName(), note: 'First start', roles: ['admin'] };
  return (await ask<TokenCreated>({ method: 'POST', body: JSON.stringify(spec) })).token;

  async function ask<T>(init: RequestInit): Promise<T> {
    const headers = {
      authorization: `Bearer ${accessToken}`,
      ...(init.body === undefined ? {} : { 'content-type': 'application/json' }),
    };
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const response = await fetch(new URL('/v1/tokens', apiUrl), { ...init, headers, signal });
    if (response.ok) return (await response.json()) as T;
    throw new Error(`the API answered ${response.status}: ${await response.text()}`);
  }
}

/** A page signs in by itself where this is opened; what stands after # reaches no server and no log. */
export const signInLink = (apiUrl: string, token: string): string =>
  `${apiUrl}/#/sign-in?token=${token}`;

function userName(): string {
  try {
    return userInfo().username || 'admin';
  } catch {
    return 'admin';
  }
}
