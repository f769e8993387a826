/**
 * Who asks too much is told to wait, and nobody else notices: the rate limit of callers and addresses, and
 * the throttle on credentials that do not count, at a running API.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Role, TokenCreated } from '../../../contracts/access.ts';
import { as, GUARDED } from '../../support/access.ts';
import { connect, type Plumbing } from '../../support/runtime.ts';
import { useClickHouse, useNats } from '../../support/servers.ts';
import { startApi, type RunningProcess } from './support.ts';

const nats = useNats();
const clickhouse = useClickHouse();
let plumbing: Plumbing;
let api: RunningProcess;

/** The least that can be set. */
const PER_MINUTE = 60;
/** Failures of one address, or with one token, that are let through in a minute. */
const FAILURES = 20;

type Headers = Record<string, string>;

beforeAll(async () => {
  const { pass, url, user } = nats;
  plumbing = await connect({ url, user, pass }, clickhouse);
  const env = {
    ...{ ...GUARDED, RATE_LIMIT_PER_MIN: String(PER_MINUTE) },
    // Addresses are those that the proxy in front says.
    TRUST_PROXY: '127.0.0.1',
  };
  api = await startApi({ nats, clickhouse }, env);
});
afterAll(async () => {
  await api?.stop();
  await plumbing?.close();
});

const from = (address: string): Headers => ({ 'x-forwarded-for': address });
const bearer = (token: string): Headers => ({ authorization: `Bearer ${token}` });
const get = (path: string, headers: Headers) => fetch(`${api.url}${path}`, { headers });

async function tokenOf(subject: string, ...roles: Role[]): Promise<string> {
  const response = await fetch(`${api.url}/v1/tokens`, {
    method: 'POST',
    headers: { ...as('root', 'admin'), 'content-type': 'application/json' },
    body: JSON.stringify({ subject, roles }),
  });
  expect(response.status).toBe(201);
  return ((await response.json()) as TokenCreated).token;
}

const signIn = (token: string, address: string) =>
  fetch(`${api.url}/v1/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...from(address) },
    body: JSON.stringify({ token }),
  });

/** Statuses of so many requests at once. */
const statuses = async (count: number, ask: () => Promise<Response>) =>
  Promise.all(Array.from({ length: count }, async () => (await ask()).status));

const counts = (all: readonly number[], status: number) =>
  all.filter((one) => one === status).length;

async function expectToWait(response: Response, kind: string): Promise<void> {
  expect(response.status).toBe(429);
  expect(response.headers.get('content-type')).toContain('application/problem+json');
  const seconds = Number(response.headers.get('retry-after'));
  expect(seconds).toBeGreaterThan(0);
  expect(seconds).toBeLessThanOrEqual(60);
  expect(await response.json()).toMatchObject({
    type: `urn:stocktide:problem:${kind}`,
    status: 429,
    detail: expect.stringMatching(/\S/) as string,
  });
}

describe('more requests in a minute than one may send', () => {
  test('are refused to the caller, by whatever token and address, and to nobody else', async () => {
    const [greedy, again, other] = await Promise.all([
      tokenOf('greedy', 'viewer'),
      tokenOf('greedy', 'viewer'),
      tokenOf('modest', 'viewer'),
    ]);
    const system = (token: string, address: string) =>
      get('/v1/system', { ...bearer(token), ...from(address) });
    const asked = await statuses(PER_MINUTE + 15, () => system(greedy, '10.0.0.1'));
    expect([counts(asked, 200), counts(asked, 429)]).toEqual([PER_MINUTE, 15]);
    await expectToWait(await system(greedy, '10.0.0.1'), 'too-many-requests');
    expect((await system(again, '10.0.0.9')).status).toBe(429);
    expect((await system(other, '10.0.0.1')).status).toBe(200);
    expect((await get('/v1/system', as('root', 'admin'))).status).toBe(200);
  });

  test('are refused to the address of nobody, and to no other address', async () => {
    const session = (address: string) => get('/v1/session', from(address));
    const asked = await statuses(PER_MINUTE + 5, () => session('10.0.1.1'));
    expect([counts(asked, 200), counts(asked, 429)]).toEqual([PER_MINUTE, 5]);
    await expectToWait(await session('10.0.1.1'), 'too-many-requests');
    expect((await session('10.0.1.2')).status).toBe(200);
  });
});

describe('credentials that do not count, again and again', () => {
  test('have the address wait, with good tokens too, and no other address', async () => {
    const good = await tokenOf('ana', 'viewer');
    const wrong = 'no-token-of-this-system';
    const tries = await statuses(FAILURES, () => signIn(wrong, '10.0.2.1'));
    expect(counts(tries, 401)).toBe(FAILURES);
    await expectToWait(await signIn(wrong, '10.0.2.1'), 'too-many-failures');
    await expectToWait(await signIn(good, '10.0.2.1'), 'too-many-failures');
    expect((await signIn(good, '10.0.2.2')).status).toBe(200);
  });

  test('with the id of one token have sign-ins with that token wait, wherever from', async () => {
    const [victim, bystander] = await Promise.all([
      tokenOf('victim', 'viewer'),
      tokenOf('bystander', 'viewer'),
    ]);
    const guess = `${victim.slice(0, -3)}AAA`;
    let address = 0;
    const tries = await statuses(FAILURES, () => signIn(guess, `10.0.3.${(address += 1)}`));
    expect(counts(tries, 401)).toBe(FAILURES);
    await expectToWait(await signIn(victim, '10.0.3.200'), 'too-many-failures');
    expect((await signIn(bystander, '10.0.3.200')).status).toBe(200);
    // Requests with the token itself go on: nobody is locked out of their work by a stranger.
    expect((await get('/v1/system', bearer(victim))).status).toBe(200);
  });

  test('are answered with 429 on any route, while good ones from there are let through', async () => {
    const good = await tokenOf('bea', 'viewer');
    const ask = (token: string) => get('/v1/kpi', { ...bearer(token), ...from('10.0.4.1') });
    const tries = await statuses(FAILURES, () => ask('nonsense'));
    expect(counts(tries, 401)).toBe(FAILURES);
    await expectToWait(await ask('nonsense'), 'too-many-failures');
    const system = await get('/v1/system', { ...bearer(good), ...from('10.0.4.1') });
    expect(system.status).toBe(200);
  });
});
