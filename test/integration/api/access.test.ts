/**
 * Access at the real API and door over real NATS: every route with every role, tokens and sessions from their
 * making to their end, sockets, and what is refused how.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  ROLE_NAMES,
  type AccessAuditPage,
  type AccessRules,
  type Role,
  type SessionView,
  type TokenCreated,
  type TokenList,
} from '../../../contracts/access.ts';
import { as, GUARDED } from '../../support/access.ts';
import { connect, type Plumbing } from '../../support/runtime.ts';
import { useClickHouse, useNats } from '../../support/servers.ts';
import { until } from '../../support/until.ts';
import { adjusted } from '../ingest/door-support.ts';
import { LiveClient, startProcess, type RunningProcess } from './support.ts';

const nats = useNats();
const clickhouse = useClickHouse();

let plumbing: Plumbing;
let door: RunningProcess;
let api: RunningProcess;
/** A second one, as behind a load balancer. */
let other: RunningProcess;

type Headers = Record<string, string>;
const admin = as('root', 'admin');

beforeAll(async () => {
  const { url, user, pass } = nats;
  plumbing = await connect({ url, user, pass }, clickhouse);
  const env = {
    ...GUARDED,
    NATS_URL: url,
    NATS_USER: user,
    NATS_PASSWORD: pass,
    CLICKHOUSE_URL: clickhouse.url,
  };
  door = await startProcess('ingest/main.ts', { portVariable: 'DOOR_PORT', env });
  const apiEnv = { portVariable: 'API_PORT', env: { ...env, DOOR_URL: door.url } };
  api = await startProcess('api/main.ts', apiEnv);
  other = await startProcess('api/main.ts', apiEnv);
});

afterAll(async () => {
  await api?.stop();
  await other?.stop();
  await door?.stop();
  await plumbing?.close();
});

const call = (method: string, path: string, headers: Headers = {}, body?: unknown) =>
  fetch(new URL(path, api.url), {
    method,
    headers: { ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
const bearer = (token: string): Headers => ({ authorization: `Bearer ${token}` });
const kindOf = async (response: Response) =>
  ((await response.json()) as { type: string }).type.replace('urn:stocktide:problem:', '');

async function makeToken(spec: object): Promise<TokenCreated> {
  const response = await call('POST', '/v1/tokens', admin, spec);
  expect(response.status).toBe(201);
  return (await response.json()) as TokenCreated;
}
const tokenOf = async (...roles: Role[]) => (await makeToken({ subject: 'tess', roles })).token;

/** Signs in as a page of the API would; the headers that its next requests have. */
async function signIn(
  token: string,
): Promise<{ page: Headers; cookie: string; view: SessionView }> {
  const response = await call('POST', '/v1/session', { origin: api.url }, { token });
  expect(response.status).toBe(200);
  const cookie = response.headers.get('set-cookie') ?? '';
  const page = { cookie: cookie.split(';')[0] ?? '', 'sec-fetch-site': 'same-origin' };
  return { page, cookie, view: (await response.json()) as SessionView };
}

describe('every route', () => {
  /** What is asked for: nothing that exists, so that whoever is let in changes nothing. */
  const pathOf = (route: string) => route.replace(/:\w+/g, 'nothing').replace('*', 'nothing');

  test('is refused to nobody and to the wrong roles, and let through to the right ones', async () => {
    const rules = (await (await call('GET', '/v1/access/rules', admin)).json()) as AccessRules;
    expect(rules.routes.length).toBeGreaterThan(30);
    const seen: string[] = [];
    for (const { method, roles, route } of rules.routes) {
      if (roles === null) continue;
      const body = method === 'POST' ? {} : undefined;
      const ask = (headers: Headers) => call(method, pathOf(route), headers, body);
      expect((await ask({})).status, `${method} ${route} by nobody`).toBe(401);
      for (const role of ROLE_NAMES) {
        const response = await ask(as('tess', role));
        const isAllowed = roles.includes(role);
        const refused = response.status === 403 && (await kindOf(response)) === 'wrong-role';
        expect(refused, `${method} ${route} by ${role}: ${response.status}`).toBe(!isAllowed);
        expect(response.status, `${method} ${route} by ${role}`).not.toBe(401);
        seen.push(`${role} ${refused}`);
      }
    }
    expect(new Set(seen).size, 'each role is refused something and allowed something').toBe(11);
  });

  test('of the door is refused by the door itself', async () => {
    const send = (headers: Headers) =>
      fetch(`${door.url}/v1/events`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify(adjusted('door-1')),
      });
    expect((await send({})).status).toBe(401);
    expect((await send(as('vi', 'viewer'))).status).toBe(403);
    // Of what the API made just now the door has not heard: it asks.
    expect((await send(bearer(await tokenOf('producer')))).status).toBe(200);
  });

  test('that is proxied says for whom, and the door agrees', async () => {
    const producer = bearer(await tokenOf('producer'));
    const sent = await call('POST', '/v1/events', producer, adjusted('proxied-1'));
    expect(sent.status, await sent.clone().text()).toBe(200);
    expect((await call('GET', '/v1/dead', producer)).status).toBe(403);
    expect((await call('GET', '/v1/events/types', producer)).status).toBe(200);
  });
});

describe('commands about cases', () => {
  const command = (name: string, ...roles: Role[]) =>
    call('POST', '/v1/cases/NO%2Fsuch/commands', as('tess', ...roles), {
      ...{ command: name, approved: true, reason: 'seen' },
    });

  test('approve needs an approver; what operators decide does not', async () => {
    expect(await kindOf(await command('approve', 'operator'))).toBe('wrong-role');
    expect((await command('approve', 'approver')).status).not.toBe(403);
    expect((await command('comment', 'operator')).status).not.toBe(403);
    expect((await command('comment', 'analyst')).status).toBe(403);
  });
});

describe('a token', () => {
  test('is shown once, listed without its secret, and stored as a hash', async () => {
    const { token, view } = await makeToken({
      subject: 'wms',
      roles: ['producer'],
      note: 'nightly',
    });
    expect(token).toMatch(/^st_[a-z2-7]{12}_[\w-]{43}$/);
    const secret = token.slice(-43);
    const list = await (await call('GET', '/v1/tokens', admin)).text();
    expect(list).not.toContain(secret);
    expect((JSON.parse(list) as TokenList).tokens).toContainEqual(view);
    expect(view).toMatchObject({ subject: 'wms', created_by: 'root', status: 'active' });
    const message = await plumbing.link.jsm.streams.getMessage('KV_access_tokens', {
      last_by_subj: `$KV.access_tokens.${view.token_id}`,
    });
    expect(message.string()).not.toContain(secret);
    expect(message.json()).toMatchObject({
      hash: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
    });
  });

  test('counts at every process at once, and ends there at once when it is revoked', async () => {
    const { token, view } = await makeToken({ subject: 'tess', roles: ['viewer'] });
    const statusAt = async ({ url }: RunningProcess) =>
      (await fetch(`${url}/v1/system`, { headers: bearer(token) })).status;
    await until(async () => (await statusAt(other)) === 200);
    expect((await call('DELETE', `/v1/tokens/${view.token_id}`, admin)).status).toBe(200);
    expect(await kindOf(await call('GET', '/v1/system', bearer(token)))).toBe('token-revoked');
    await until(async () => (await statusAt(other)) === 401);
  });

  test('survives a restart of a process', async () => {
    const token = await tokenOf('viewer');
    await other.stop();
    other = await startProcess('api/main.ts', {
      portVariable: 'API_PORT',
      env: {
        ...GUARDED,
        NATS_URL: nats.url,
        NATS_USER: nats.user,
        NATS_PASSWORD: nats.pass,
        CLICKHOUSE_URL: clickhouse.url,
        DOOR_URL: door.url,
      },
    });
    await until(
      async () =>
        (await fetch(`${other.url}/v1/system`, { headers: bearer(token) })).status === 200,
    );
  });

  test.each([
    [{ subject: 'x', roles: ['king'] }, '/roles/0'],
    [{ subject: '', roles: ['viewer'] }, '/subject'],
    [{ subject: 'x', roles: [] }, '/roles'],
    [{ subject: 'x', roles: ['viewer'], expires_in_days: 4000 }, '/expires_in_days'],
    [{ subject: 'x', roles: ['viewer'], forever: true }, '/forever'],
  ])('is not made of %j', async (spec, field) => {
    const response = await call('POST', '/v1/tokens', admin, spec);
    expect(await response.json()).toMatchObject({ status: 400, field });
  });

  test('with a scope is refused where the scope cannot be applied', async () => {
    const { token } = await makeToken({ subject: 'dc', roles: ['viewer'], nodes: ['dc-01'] });
    expect(await kindOf(await call('GET', '/v1/policies', bearer(token)))).toBe('out-of-scope');
    expect((await call('GET', '/v1/system', bearer(token))).status).toBe(200);
  });
});

describe('a session', () => {
  test('is a cookie that no script reads and no other site sends', async () => {
    const { cookie, page, view } = await signIn(await tokenOf('operator'));
    expect(cookie).toMatch(/; Path=\/; Expires=[^;]+; HttpOnly; SameSite=Strict$/);
    expect(view.identity).toMatchObject({ subject: 'tess', roles: ['operator'] });
    expect(await (await call('GET', '/v1/session', page)).json()).toEqual(view);
  });

  test('changes nothing unless a page of its own asks', async () => {
    const { page } = await signIn(await tokenOf('operator'));
    const { cookie = '' } = page;
    const comment = (headers: Headers) =>
      call('POST', '/v1/cases/NO%2Fsuch/commands', headers, { command: 'comment', text: 'x' });
    expect((await comment(page)).status).not.toBe(403);
    expect((await comment({ cookie, origin: api.url })).status).not.toBe(403);
    for (const foreign of [
      {},
      { origin: 'https://evil.example' },
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
    ] as Headers[]) {
      expect(await kindOf(await comment({ cookie, ...foreign }))).toBe('foreign-origin');
    }
  });

  test('and its token hold at every process as soon as they are made', async () => {
    for (let round = 0; round < 10; round++) {
      const token = await tokenOf('viewer');
      const { page } = await signIn(token);
      const system = `${other.url}/v1/system`;
      // Behind a load balancer both have the port that names the cookie.
      const session = (page['cookie'] ?? '').split('=')[1] ?? '';
      expect((await fetch(system, { headers: bearer(session) })).status).toBe(200);
      const another = bearer(await tokenOf('viewer'));
      expect((await fetch(system, { headers: another })).status).toBe(200);
    }
  });

  test('ends when it is signed out of, and with its token', async () => {
    const first = await signIn(await tokenOf('viewer'));
    expect((await call('DELETE', '/v1/session', first.page)).status).toBe(200);
    expect(await kindOf(await call('GET', '/v1/system', first.page))).toBe('signed-out');

    const { token, view } = await makeToken({ subject: 'tess', roles: ['viewer'] });
    const second = await signIn(token);
    await call('DELETE', `/v1/tokens/${view.token_id}`, admin);
    expect(await kindOf(await call('GET', '/v1/system', second.page))).toBe('signed-out');
  });

  test('is not opened by guessing: after a while even a good token has to wait', async () => {
    const { token } = await makeToken({ subject: 'victim', roles: ['viewer'] });
    const guess = `${token.slice(0, -3)}AAA`;
    const attempt = (text: string) =>
      fetch(`${other.url}/v1/session`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ token: text }),
      });
    for (let tries = 0; tries < 20; tries++) expect((await attempt(guess)).status).toBe(401);
    const locked = await attempt(token);
    expect(locked.status).toBe(429);
    expect(Number(locked.headers.get('retry-after'))).toBeGreaterThan(0);
    // Whoever is signed in, or sends the token with each request, is not held up.
    expect((await fetch(`${other.url}/v1/system`, { headers: bearer(token) })).status).toBe(200);
  });
});

describe('a socket', () => {
  test('of nobody is closed before anything is said', async () => {
    const client = await LiveClient.open(api.url);
    expect(await client.closed).toBe(4401);
    expect(client.got).toEqual([]);
  });

  test('of a producer is closed as well', async () => {
    const client = await LiveClient.open(api.url, bearer(await tokenOf('producer')));
    expect(await client.closed).toBe(4403);
    expect(client.got).toEqual([]);
  });

  test('with a cookie is for pages of its own', async () => {
    const { page } = await signIn(await tokenOf('viewer'));
    const { cookie = '' } = page;
    await expect(LiveClient.open(api.url, { cookie })).rejects.toThrow('403');
    const client = await LiveClient.open(api.url, { cookie, origin: api.url });
    client.say({ op: 'subscribe', topic: 'system' });
    await client.find(({ op }) => op === 'snapshot');
    await client.close();
  });

  test('ends with its token', async () => {
    const { token, view } = await makeToken({ subject: 'tess', roles: ['viewer'] });
    const client = await LiveClient.open(api.url, bearer(token));
    client.say({ op: 'subscribe', topic: 'system' });
    await client.find(({ op }) => op === 'snapshot');
    await call('DELETE', `/v1/tokens/${view.token_id}`, admin);
    expect(await client.closed).toBe(4401);
  });

  test('ends with its session', async () => {
    const { page } = await signIn(await tokenOf('viewer'));
    const client = await LiveClient.open(api.url, {
      cookie: page['cookie'] ?? '',
      origin: api.url,
    });
    await call('DELETE', '/v1/session', page);
    expect(await client.closed).toBe(4401);
  });

  test('with a scope gets no topic that the scope cannot be applied to', async () => {
    const { token } = await makeToken({ subject: 'dc', roles: ['viewer'], nodes: ['dc-01'] });
    const client = await LiveClient.open(api.url, bearer(token));
    client.say({ op: 'subscribe', topic: 'kpi' });
    expect(await client.find(({ op }) => op === 'error')).toMatchObject({
      topic: 'kpi',
      code: 'forbidden',
    });
    await client.close();
  });
});

test('decisions are in the audit, the newest first, and many of one kind are one entry', async () => {
  const { view } = await makeToken({ subject: 'audited', roles: ['viewer'] });
  const once = as('rude', 'viewer');
  for (let tries = 0; tries < 5; tries++) await call('GET', '/v1/tokens', once);
  const read = async (query: string) =>
    (await (await call('GET', `/v1/access/audit?${query}`, admin)).json()) as AccessAuditPage;
  await until(async () => (await read('subject=rude')).entries.length > 0);
  const { entries } = await read('subject=rude');
  expect(entries.reduce((sum, { count }) => sum + count, 0)).toBe(5);
  expect(entries.length).toBeLessThan(5);
  expect(entries[0]).toMatchObject({
    action: 'refused',
    reason: 'wrong-role',
    method: 'GET',
    route: '/v1/tokens',
    address: '127.0.0.1',
  });
  const created = await read('action=token_created&limit=500');
  expect(created.entries.some(({ detail }) => detail.includes(view.token_id))).toBe(true);
  const times = created.entries.map(({ at }) => at);
  expect(times).toEqual([...times].sort().reverse());
  const first = await read('limit=1');
  const second = await read(`limit=1&cursor=${first.next_cursor}`);
  expect(second.entries).not.toEqual(first.entries);
});
