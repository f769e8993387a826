import { createServer, type Server } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { afterEach, describe, expect, test } from 'vitest';
import { ConfigError, readConfig } from '../../../platform/config.ts';
import { Access } from '../../../platform/access/access.ts';
import { allow, anybody, READERS } from '../../../platform/access/rules.ts';
import type { Decision } from '../../../platform/http/access.ts';
import { ProblemError } from '../../../platform/http/problem.ts';
import { createHttp, listen } from '../../../platform/http/server.ts';
import type { CheckResult } from '../../../platform/lifecycle.ts';
import { createLog } from '../../../platform/log.ts';
import { createMetrics } from '../../../platform/metrics.ts';
import { as, SECRET } from '../../support/access.ts';

const open: FastifyInstance[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((app) => app.close()));
});

const RULES = {
  'GET /ok': allow(READERS),
  'GET /page': anybody,
  'GET /broken': anybody,
  'GET /busy': anybody,
  'POST /order': allow(['operator', 'admin']),
};

/** An app as a process would make it, with a few routes that fail in their own ways. */
function app({
  env = { ACCESS: 'open' },
  bodyLimit = 1000,
  checks = {},
  decisions = [],
}: {
  env?: NodeJS.ProcessEnv;
  decisions?: Decision[];
  bodyLimit?: number;
  checks?: Record<string, CheckResult>;
} = {}): FastifyInstance {
  const lines: string[] = [];
  const config = readConfig(env);
  const http = createHttp({
    bodyLimit,
    gate: {
      access: new Access({ config, nowMs: Date.now }),
      rules: RULES,
      onDecision: (decision) => decisions.push(decision),
    },
    life: {
      name: 'test',
      config,
      log: createLog({
        name: 'test',
        level: 'error',
        format: 'json',
        destination: { write: (line) => void lines.push(line) },
      }),
      metrics: createMetrics({ process: 'test' }),
      readiness: () => ({
        ready: Object.values(checks).every(({ ok }) => ok),
        checks,
      }),
    },
  });
  open.push(http);
  http.get('/ok', ({ caller }) => ({ subject: caller?.subject }));
  http.get('/page', () => ({ ok: true }));
  http.get('/broken', () => {
    throw new Error('a secret of the inside');
  });
  http.get('/busy', () => {
    throw new ProblemError({
      status: 503,
      kind: 'unavailable',
      title: 'Busy',
      detail: 'NATS is away',
      retryAfterS: 2,
    });
  });
  http.post(
    '/order',
    {
      schema: {
        body: {
          type: 'object',
          required: ['qty'],
          additionalProperties: false,
          properties: {
            qty: { type: 'integer', minimum: 1 },
            channel: { enum: ['web', 'shop'] },
          },
        },
      },
    },
    () => ({ ok: true }),
  );
  return http;
}

const post = (payload: string, type = 'application/json') => ({
  method: 'POST' as const,
  url: '/order',
  payload,
  headers: { 'content-type': type },
});

describe('problems', () => {
  test.each([
    ['{"qty":0}', { status: 400, field: '/qty', value: '0', allowed: 'must be >= 1' }],
    [
      '{"channel":"web"}',
      { status: 400, field: '/qty', allowed: "must have required property 'qty'" },
    ],
    ['{"qty":1,"channel":"fax"}', { field: '/channel', value: 'fax', allowed: 'one of web, shop' }],
    ['{"qty":1,"extra":2}', { status: 400, field: '/extra', value: '2' }],
    ['{"qty":', { status: 400, title: 'Not JSON' }],
    ['', { status: 400, title: 'Not JSON' }],
  ])('body %s', async (body, expected) => {
    const answer = await app().inject(post(body));
    expect(answer.headers['content-type']).toContain('application/problem+json');
    expect(answer.json()).toMatchObject(expected);
  });

  test('a body over the limit says the limit', async () => {
    const answer = await app({ bodyLimit: 10 }).inject(post('{"qty":1000000}'));
    expect(answer.statusCode).toBe(413);
    expect(answer.json()).toMatchObject({ value: '15', allowed: 'at most 10 bytes' });
  });

  test('a content type that nobody reads', async () => {
    const answer = await app().inject(post('<qty/>', 'application/xml'));
    expect(answer.json()).toMatchObject({ status: 415, value: 'application/xml' });
  });

  test('an unknown path', async () => {
    const answer = await app().inject('/nowhere?token=abc');
    expect(answer.json()).toMatchObject({
      status: 404,
      detail: 'There is nothing at GET /nowhere',
    });
  });

  test('a path that is no path', async () => {
    const answer = await app().inject('/%zz');
    expect(answer.headers['content-type']).toContain('application/problem+json');
    expect(answer.json()).toMatchObject({ status: 400, title: 'Bad request' });
  });

  test('a fault of ours tells its request id and nothing else', async () => {
    const answer = await app().inject({ url: '/broken', headers: { 'x-request-id': 'r-1' } });
    expect(answer.statusCode).toBe(500);
    expect(answer.body).not.toContain('secret');
    expect(answer.json()).toMatchObject({ requestId: 'r-1' });
  });

  test('come again later', async () => {
    const answer = await app().inject('/busy');
    expect(answer.statusCode).toBe(503);
    expect(answer.headers['retry-after']).toBe('2');
  });

  test('a request id that could break a log is replaced', async () => {
    const answer = await app().inject({ url: '/ok', headers: { 'x-request-id': 'a b{' } });
    expect(answer.headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
  });
});

describe('access', () => {
  const env = { ACCESS_TOKEN: SECRET };
  const basic = (pair: string) => `Basic ${Buffer.from(pair).toString('base64')}`;

  test.each([
    [`Bearer ${SECRET}`, 200],
    [`bearer ${SECRET}`, 200],
    [basic(`anyone:${SECRET}`), 200],
    [basic(`:${SECRET}`), 200],
    [undefined, 401],
    ['', 401],
    ['Bearer', 401],
    [`Bearer ${SECRET.slice(0, -1)}`, 401],
    [`Bearer ${SECRET}2`, 401],
    [basic(SECRET), 401],
    [`Digest ${SECRET}`, 401],
  ])('%s: %i', async (authorization, status) => {
    const headers = authorization === undefined ? {} : { authorization };
    const answer = await app({ env }).inject({ url: '/ok', headers });
    expect(answer.statusCode).toBe(status);
    if (status === 401) {
      expect(answer.headers['www-authenticate']).toBe('Bearer realm="Stocktide"');
      expect(answer.headers['content-type']).toContain('application/problem+json');
    }
  });

  test.each([
    ['/healthz', 200],
    ['/readyz', 200],
    ['/readyz?full=1', 200],
    ['/page', 200],
    ['/metrics', 200],
    ['/nowhere', 401],
    ['/healthz/../ok', 401],
  ])('nobody asks for %s: %i', async (url, status) => {
    expect((await app({ env }).inject(url)).statusCode).toBe(status);
  });

  test('beyond loopback metrics want a credential, and probes tell less', async () => {
    const beyond = { ...env, HOST: '0.0.0.0' };
    const http = app({ env: beyond, checks: { nats: { ok: true } } });
    expect((await http.inject('/metrics')).statusCode).toBe(401);
    expect((await http.inject({ url: '/metrics', headers: as('mon', 'viewer') })).statusCode).toBe(
      200,
    );
    expect((await http.inject('/readyz')).json()).toEqual({ status: 'ready', process: 'test' });
    expect((await http.inject({ url: '/readyz', headers: as('mon') })).json()).toHaveProperty(
      'checks',
    );
  });

  test('the wrong role is told which one is needed, and the decision is kept', async () => {
    const decisions: Decision[] = [];
    const http = app({ env, decisions });
    const headers = { ...as('vi', 'viewer'), 'content-type': 'application/json' };
    const answer = await http.inject({ method: 'POST', url: '/order', headers, payload: '{}' });
    expect(answer.statusCode).toBe(403);
    expect(answer.json()).toMatchObject({
      type: 'urn:stocktide:problem:wrong-role',
      value: 'viewer',
      allowed: 'operator, admin',
    });
    expect(decisions).toMatchObject([
      { action: 'refused', subject: 'vi', reason: 'wrong-role', method: 'POST', route: '/order' },
    ]);
  });

  test('who guesses has to wait after a while; who has a good token has not', async () => {
    const http = app({ env });
    const guess = () => http.inject({ url: '/ok', headers: { authorization: 'Bearer guess' } });
    for (let tries = 0; tries < 20; tries++) expect((await guess()).statusCode).toBe(401);
    const answer = await guess();
    expect(answer.statusCode).toBe(429);
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
    expect((await http.inject({ url: '/ok', headers: as('vi', 'viewer') })).statusCode).toBe(200);
  });

  test('a process that is open answers to loopback names only', async () => {
    const http = app();
    const status = async (host: string) =>
      (await http.inject({ url: '/ok', headers: { host } })).statusCode;
    expect(await status('localhost:8080')).toBe(200);
    expect(await status('127.0.0.1:8080')).toBe(200);
    expect(await status('[::1]:8080')).toBe(200);
    expect(await status('attacker.example')).toBe(403);
  });

  test.each([
    [{ 'sec-fetch-site': 'cross-site' }, 403],
    [{ 'sec-fetch-site': 'same-site', origin: 'https://blog.stocktide.example' }, 403],
    [{ origin: 'https://evil.example' }, 403],
    [{ origin: 'null' }, 403],
    [{ 'sec-fetch-site': 'same-origin', origin: 'http://localhost:80' }, 200],
    [{}, 200],
  ])('a page changes something with %o: %i', async (from, status) => {
    const headers = {
      ...{ host: 'localhost', 'content-type': 'application/json' },
      ...as('op', 'operator'),
      ...from,
    };
    const request = { method: 'POST' as const, url: '/order', payload: '{"qty":1}', headers };
    expect((await app({ env }).inject(request)).statusCode).toBe(status);
    expect((await app().inject(request)).statusCode).toBe(status);
  });

  test('a process without a secret does not start, and says what to set', () => {
    expect(() => app({ env: {} })).toThrow('ACCESS_TOKEN');
  });

  test('a route that no row speaks of does not start', () => {
    expect(() => app().get('/forgotten', () => ({}))).toThrow('"GET /forgotten"');
  });
});

describe('health', () => {
  test('alive whatever the checks say; ready only when they hold', async () => {
    const checks = { nats: { ok: false, detail: 'reconnecting' } };
    const http = app({ checks });
    expect((await http.inject('/healthz')).statusCode).toBe(200);
    const answer = await http.inject('/readyz');
    expect(answer.statusCode).toBe(503);
    expect(answer.json()).toEqual({ status: 'not ready', process: 'test', checks });
    expect((await app().inject('/readyz')).json()).toMatchObject({ status: 'ready' });
  });

  test('requests are measured by route', async () => {
    const http = app();
    await http.inject('/ok');
    expect((await http.inject('/metrics')).body).toMatch(
      /stocktide_http_request_duration_seconds_count\{process="test",method="GET",route="\/ok",status="200"\} 1/,
    );
  });
});

describe('listening', () => {
  let taken: Server;
  afterEach(() => new Promise((resolve) => taken.close(resolve)));

  test('a taken port is a configuration error that names the variable', async () => {
    taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    const address = taken.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const failed = listen(app(), { host: '127.0.0.1', port, variable: 'API_PORT' });
    await expect(failed).rejects.toThrow(ConfigError);
    await expect(failed).rejects.toThrow(`API_PORT="${port}": a free port`);
  });
});
