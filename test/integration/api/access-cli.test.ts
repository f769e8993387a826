/**
 * `npm run access` as it is run in a shell, against a real API and NATS: what it prints, what is kept of a
 * token, and what it says to arguments that cannot be right.
 */
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { mint, type TokenRecord } from '../../../platform/access/tokens.ts';
import { GUARDED } from '../../support/access.ts';
import { startChild } from '../../support/child.ts';
import { connect, type Plumbing } from '../../support/runtime.ts';
import { useClickHouse, useNats } from '../../support/servers.ts';
import { until } from '../../support/until.ts';
import { startApi, type RunningProcess } from './support.ts';

const nats = useNats();
const clickhouse = useClickHouse();
let plumbing: Plumbing;
let api: RunningProcess;

beforeAll(async () => {
  const { pass, url, user } = nats;
  plumbing = await connect({ url, user, pass }, clickhouse);
  api = await startApi({ nats, clickhouse }, GUARDED);
});
afterAll(async () => {
  await api?.stop();
  await plumbing?.close();
});

interface Ran {
  readonly code: number | null;
  /** Both streams: a child keeps them as one. */
  readonly output: string;
}

async function access(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Ran> {
  const child = startChild({
    file: 'api/access/main.ts',
    args: ['--url', api.url, ...args],
    env: { ...GUARDED, ...env },
  });
  return { code: await child.exited, output: child.output() };
}

const TOKEN = /^st_([a-z2-7]{12})_([\w-]{43})$/m;

async function create(...args: string[]): Promise<{ token: string; id: string; secret: string }> {
  const { code, output } = await access([
    'create',
    '--subject',
    'wms',
    '--role',
    'viewer',
    ...args,
  ]);
  expect(code, output).toBe(0);
  const [token = '', id = '', secret = ''] = TOKEN.exec(output) ?? [];
  return { token, id, secret };
}

const statusWith = async (token: string) =>
  (await fetch(`${api.url}/v1/system`, { headers: { authorization: `Bearer ${token}` } })).status;

/** Everything that the bucket has ever been told, as text. */
async function stored(): Promise<string> {
  const kv = await plumbing.link.js.views.kv('access_tokens', { bindOnly: true });
  const keys: string[] = [];
  for await (const key of await kv.keys()) keys.push(key);
  const entries: string[] = [];
  for (const key of keys) {
    for await (const entry of await kv.history({ key })) entries.push(entry.string());
  }
  return entries.join('\n');
}

const lineOf = async (id: string) =>
  (await access(['list'])).output.split('\n').find((line) => line.startsWith(id));

test('a token is made, works, is listed, and ends when it is revoked', async () => {
  const { id, secret, token } = await create('--days', '2', '--node', 'dc-01', '--note', 'nightly');
  expect(await statusWith(token)).toBe(200);
  const until2 = new Date(Date.now() + 2 * 86_400_000).toISOString().slice(0, 10);
  expect(await lineOf(id)).toBe(`${id}  active   ${until2}  wms  viewer  dc-01  nightly`);

  const revoked = await access(['revoke', id]);
  expect(revoked).toMatchObject({ code: 0, output: expect.stringContaining('revoked') as string });
  expect(await lineOf(id)).toMatch(/^\w+ {2}revoked/);
  expect(await statusWith(token)).toBe(401);
  expect((await access(['revoke', id])).code).toBe(0);
  expect((await access(['list'])).output).not.toContain(secret);
});

test('only a hash of it is kept', async () => {
  const { id, secret, token } = await create();
  const text = await stored();
  expect(text).toContain(`"id":"${id}"`);
  expect(text).toMatch(/"hash":"[0-9a-f]{64}"/);
  expect(text).not.toContain(secret);
  expect(text).not.toContain(token);
});

test('one that has expired is listed as such, and does not work', async () => {
  const { hash, id, text } = mint('token', randomBytes);
  const token: TokenRecord = {
    ...{ id, hash, subject: 'old', note: '', roles: ['viewer'], revoked: null },
    scope: { nodes: null, channels: null },
    ...{ createdAtMs: Date.now() - 2000, createdBy: 'root', expiresAtMs: Date.now() - 1000 },
  };
  const kv = await plumbing.link.js.views.kv('access_tokens', { bindOnly: true });
  await kv.put(id, JSON.stringify(token));
  await until(async () => (await lineOf(id)) !== undefined);
  expect(await lineOf(id)).toMatch(/^\w+ {2}expired/);
  const response = await fetch(`${api.url}/v1/system`, {
    headers: { authorization: `Bearer ${text}` },
  });
  expect(await response.json()).toMatchObject({ type: 'urn:stocktide:problem:token-expired' });
});

test('a link signs in as admin', async () => {
  const { code, output } = await access(['link', '--subject', 'ana']);
  expect(code).toBe(0);
  const link = new URL(output.trim());
  expect(link.origin).toBe(api.url);
  const token = link.hash.replace('#/sign-in?token=', '');
  const response = await fetch(`${api.url}/v1/tokens`, {
    headers: { authorization: `Bearer ${token}` },
  });
  expect(response.status).toBe(200);
});

describe('says what is wrong, with exit code 2, to', () => {
  const SPEC = ['create', '--subject', 'x', '--role', 'viewer'];
  test.each([
    [['create', '--subject', 'x', '--role', 'king'], '--role "king": one of viewer, operator'],
    [['create', '--subject', 'x'], '--role ROLE: one of'],
    [['create', '--role', 'viewer'], '--subject NAME'],
    [[...SPEC, '--days', 'soon'], '--days "soon": a whole number from 1 to 366'],
    [[...SPEC, '--days', '0'], '--days "0"'],
    [[...SPEC, '--days', '367'], '--days "367"'],
    [[...SPEC, '--days', '1.5'], '--days "1.5"'],
    [[...SPEC, '--until', 'tomorrow'], "Unknown option '--until'"],
    [[...SPEC, '--node', 'no such node'], 'nodes'],
    [['revoke'], 'revoke ID: npm run access -- list shows the ids'],
    [['revoke', 'aaaaaaaaaaaa'], 'There is no token of this id'],
    [['revoke', '../session'], 'id'],
    [['destroy'], '"destroy": one of link, create, list, revoke'],
  ])('%j', async (args, message) => {
    const { code, output } = await access(args);
    expect(output).toContain(`access: `);
    expect(output).toContain(message);
    expect(output).not.toContain('    at ');
    expect(code).toBe(2);
  });
});

test('says that it is refused, or reaches nobody, with exit code 1', async () => {
  const { token } = await create();
  const refused = await access(['list'], { ACCESS_TOKEN: token });
  expect(refused.output).toContain('This needs the role admin');
  expect(refused.code).toBe(1);
  const nobody = await access(['list', '--url', 'http://127.0.0.1:1']);
  expect(nobody.output).toContain('the API at http://127.0.0.1:1 cannot be reached');
  expect(nobody.code).toBe(1);
});
