/** Tokens of an identity provider: a real JWKS over HTTP, and real signed JWTs that are wrong in one way each. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWTPayload } from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Access } from '../../../platform/access/access.ts';
import { createOidc, rolesOf } from '../../../platform/access/oidc.ts';
import { readConfig } from '../../../platform/config.ts';

const ISSUER = 'https://id.example/realm';
const AUDIENCE = 'stocktide';

let server: Server;
let url: string;
let asked = 0;
let known: CryptoKey;
let stranger: CryptoKey;

beforeAll(async () => {
  const own = await generateKeyPair('RS256');
  known = own.privateKey;
  stranger = (await generateKeyPair('RS256')).privateKey;
  const jwk = { ...(await exportJWK(own.publicKey)), kid: 'k1', alg: 'RS256', use: 'sig' };
  server = createServer((_request, response) => {
    asked += 1;
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ keys: [jwk] }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/keys`;
});
afterAll(() => new Promise((resolve) => server.close(resolve)));
beforeEach(() => {
  asked = 0;
});

const configOf = (more: NodeJS.ProcessEnv = {}) =>
  readConfig({
    ACCESS_TOKEN: 'the-secret-of-this-test',
    OIDC_ISSUER: ISSUER,
    OIDC_AUDIENCE: AUDIENCE,
    OIDC_JWKS_URL: url,
    OIDC_ROLES: 'Ops leads=operator',
    ...more,
  });
const accessOf = (more: NodeJS.ProcessEnv = {}) =>
  new Access({ config: configOf(more), nowMs: Date.now });

const nowS = () => Math.floor(Date.now() / 1000);

interface Token {
  readonly claims?: JWTPayload;
  readonly issuer?: string;
  readonly audience?: string;
  /** Seconds from now. */
  readonly expires?: number;
  readonly key?: CryptoKey;
  readonly kid?: string;
}

function signed({ audience = AUDIENCE, expires = 300, issuer = ISSUER, ...token }: Token = {}) {
  return new SignJWT({ roles: ['Ops leads', 'Choir'], ...token.claims })
    .setProtectedHeader({ alg: 'RS256', kid: token.kid ?? 'k1' })
    .setSubject('ana@example')
    .setIssuer(issuer)
    .setAudience(audience)
    .setExpirationTime(nowS() + expires)
    .sign(token.key ?? known);
}

describe('a token of the provider', () => {
  test('is somebody with the roles that their groups are, until it ends', async () => {
    const checked = await accessOf().check(await signed());
    expect(checked).toMatchObject({
      ok: true,
      caller: { subject: 'ana@example', roles: ['operator'], credential: 'oidc' },
    });
  });

  test.each<[string, Token, string]>([
    ['expired', { expires: -60 }, 'oidc_expired'],
    ['meant for another audience', { audience: 'payroll' }, 'oidc_audience'],
    ['of another issuer', { issuer: 'https://evil.example' }, 'oidc_issuer'],
    ['signed with an unknown key', { kid: 'k2' }, 'oidc_unknown_key'],
    ['not yet valid', { claims: { nbf: nowS() + 3600 } }, 'oidc_invalid'],
  ])('that is %s is told apart', async (_what, token, refusal) => {
    const checked = await accessOf().check(await signed(token));
    expect(checked).toMatchObject({ ok: false, refusal });
  });

  test('that a stranger signed under the name of a known key is not taken', async () => {
    const checked = await accessOf().check(await signed({ key: stranger }));
    expect(checked).toMatchObject({ ok: false, refusal: 'oidc_invalid' });
  });

  test('that is not signed at all, or with the public key as a secret, is not taken', async () => {
    const [, body] = (await signed()).split('.');
    const header = (alg: string) =>
      Buffer.from(JSON.stringify({ alg, kid: 'k1' })).toString('base64url');
    for (const forged of [`${header('none')}.${body}.`, `${header('HS256')}.${body}.c2ln`]) {
      expect((await accessOf().check(forged)).ok).toBe(false);
    }
  });

  test('may be late by what clocks are off', async () => {
    const late = await signed({ expires: -20 });
    expect((await accessOf().check(late)).ok).toBe(true);
    expect((await accessOf({ OIDC_CLOCK_SKEW_S: '5' }).check(late)).ok).toBe(false);
  });

  test('without a role of ours is somebody who may do nothing', async () => {
    const checked = await accessOf().check(await signed({ claims: { roles: ['Choir'] } }));
    expect(checked).toMatchObject({ ok: true, caller: { roles: [] } });
  });

  test('has its roles and its name where the provider puts them', async () => {
    const access = accessOf({
      OIDC_ROLES_CLAIM: 'realm_access.roles',
      OIDC_SUBJECT_CLAIM: 'preferred_username',
    });
    const claims = { realm_access: { roles: ['approver'] }, preferred_username: 'bo' };
    expect(await access.check(await signed({ claims }))).toMatchObject({
      caller: { subject: 'bo', roles: ['approver'] },
    });
  });

  test('costs no question to the provider once its keys are known, known key or not', async () => {
    const access = accessOf();
    for (let tries = 0; tries < 5; tries++) {
      await access.check(await signed());
      await access.check(await signed({ kid: `k${tries + 2}` }));
    }
    expect(asked).toBe(1);
  });
});

test('a provider that cannot be reached is not the fault of the token', async () => {
  const verify = createOidc(configOf({ OIDC_JWKS_URL: 'http://127.0.0.1:9/keys' }));
  expect(await verify?.(await signed())).toMatchObject({ ok: false, failure: 'unavailable' });
});

test('without a provider a JWT is no token', async () => {
  const access = new Access({
    config: readConfig({ ACCESS_TOKEN: 'the-secret-of-this-test' }),
    nowMs: Date.now,
  });
  expect(await access.check(await signed())).toMatchObject({ ok: false, refusal: 'invalid' });
});

test.each([
  [
    ['operator', 'viewer'],
    ['operator', 'viewer'],
  ],
  ['operator viewer', ['operator', 'viewer']],
  [['toString', '__proto__', 7, null], []],
  [undefined, []],
  [{ operator: true }, []],
])('the claim %j holds the roles %j', (claim, roles) => {
  expect(rolesOf(claim, configOf().oidcRoles)).toEqual(roles);
});
