/**
 * A further API of the running system, as behind a load balancer, that asks for credentials: the system
 * itself lets everybody in. Tokens are made through it, or put where they are kept.
 */
import { randomBytes } from 'node:crypto';
import type { Role, TokenCreated, TokenSpec } from '../../../contracts/access.ts';
import { mint, type TokenRecord } from '../../../platform/access/tokens.ts';
import { EVERYWHERE } from '../../../platform/access/identity.ts';
import { createLog } from '../../../platform/log.ts';
import { connectNats } from '../../../platform/nats/connect.ts';
import { TOKEN_BUCKET } from '../../../platform/nats/streams.ts';
import { requireRunning } from '../../../platform/running.ts';
import { startProcess, type RunningProcess } from '../../integration/api/support.ts';
import { as, GUARDED } from '../../support/access.ts';

export interface GuardedApi extends RunningProcess {
  makeToken(spec: TokenSpec): Promise<TokenCreated>;
  revokeToken(tokenId: string): Promise<void>;
}

export async function startGuardedApi(home: string): Promise<GuardedApi> {
  const { clickhouseUrl, doorUrl, natsPassword, natsUrl, natsUser } = requireRunning(home);
  const api = await startProcess('api/main.ts', {
    portVariable: 'API_PORT',
    env: {
      ...GUARDED,
      ...{ NATS_URL: natsUrl, NATS_USER: natsUser, NATS_PASSWORD: natsPassword },
      ...{ CLICKHOUSE_URL: clickhouseUrl, DOOR_URL: doorUrl },
    },
  });
  const admin = async (method: string, path: string, body?: object): Promise<unknown> => {
    const response = await fetch(`${api.url}${path}`, {
      method,
      headers: {
        ...as('root', 'admin'),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${method} ${path}: ${await response.text()}`);
    return response.json();
  };
  return {
    ...api,
    makeToken: async (spec) => (await admin('POST', '/v1/tokens', spec)) as TokenCreated,
    revokeToken: async (tokenId) => void (await admin('DELETE', `/v1/tokens/${tokenId}`)),
  };
}

/** Stores a token that ends at an instant which nobody could ask for: lifetimes are whole days. */
export async function storeToken(
  home: string,
  { expiresAtMs, roles, subject }: { subject: string; roles: Role[]; expiresAtMs: number },
): Promise<string> {
  const { hash, id, text } = mint('token', randomBytes);
  const token: TokenRecord = {
    ...{ id, hash, subject, roles, expiresAtMs, note: '', scope: EVERYWHERE },
    ...{ createdAtMs: Date.now(), createdBy: 'test', revoked: null },
  };
  const { natsPassword: pass, natsUrl: url, natsUser: user } = requireRunning(home);
  const log = createLog({ name: 'test', level: 'error', format: 'pretty' });
  const link = await connectNats({ url, user, pass, name: 'test', log });
  const kv = await link.js.views.kv(TOKEN_BUCKET, { bindOnly: true });
  await kv.put(id, JSON.stringify(token));
  await link.close();
  return text;
}
