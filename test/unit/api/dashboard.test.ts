import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import Fastify from 'fastify';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { registerDashboard } from '../../../api/dashboard.ts';
import { registerHeaders } from '../../../api/headers.ts';
import { registerProblems } from '../../../platform/http/problem.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'stocktide-dashboard-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function build() {
  mkdirSync(join(folder, 'assets'));
  writeFileSync(join(folder, 'index.html'), '<!doctype html><meta name="csp-nonce" nonce="" />');
  writeFileSync(join(folder, 'assets', 'index-a1b2.js'), 'plain');
  writeFileSync(join(folder, 'assets', 'index-a1b2.js.gz'), gzipSync('packed'));
}

async function serve() {
  const app = Fastify();
  registerProblems(app, { bodyLimit: 1024 });
  await registerHeaders(app);
  app.get('/v1/answer', () => ({}));
  await registerDashboard(app, folder);
  return app;
}

test('the page is asked for each time, what it names is kept for good', async () => {
  build();
  const app = await serve();
  const page = await app.inject('/');
  expect(page.headers['content-type']).toMatch('text/html');
  expect(page.headers['cache-control']).toBe('no-cache');
  const script = await app.inject('/assets/index-a1b2.js');
  expect(script.headers['cache-control']).toBe('public, max-age=31536000, immutable');
});

test('the policy allows no script but the page’s own files', async () => {
  build();
  const { headers } = await (await serve()).inject('/');
  expect(headers['content-security-policy']).toMatch(/^default-src 'self';/);
  expect(headers['content-security-policy']).not.toMatch(/unsafe/);
});

test('inline styles need the nonce of the answer, which the page has and no other answer', async () => {
  build();
  const app = await serve();
  const nonceOf = async () => {
    const { body, headers } = await app.inject('/');
    const [, nonce = ''] = /'nonce-([^']+)'/.exec(String(headers['content-security-policy'])) ?? [];
    expect(body).toContain(`nonce="${nonce}"`);
    return nonce;
  };
  const first = await nonceOf();
  expect(first).toHaveLength(24);
  expect(await nonceOf()).not.toBe(first);
});

test('an answer of the API may load nothing, and nothing may frame it', async () => {
  build();
  const { headers } = await (await serve()).inject('/v1/answer');
  expect(headers['content-security-policy']).toMatch(/^default-src 'none';/);
  expect(headers).toMatchObject({
    'x-frame-options': 'DENY',
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'same-origin',
  });
});

test('a packed file goes to whoever takes it', async () => {
  build();
  const app = await serve();
  const url = '/assets/index-a1b2.js';
  const packed = await app.inject({ url, headers: { 'accept-encoding': 'gzip' } });
  expect(packed.headers).toMatchObject({ 'content-encoding': 'gzip', vary: 'accept-encoding' });
  expect((await app.inject(url)).body).toBe('plain');
});

test('an unknown path is a problem document, not the page', async () => {
  build();
  const response = await (await serve()).inject('/nothing');
  expect(response.statusCode).toBe(404);
  expect(response.headers['content-type']).toMatch('application/problem+json');
});

test('without a build the page says what to do', async () => {
  const response = await (await serve()).inject('/');
  expect(response.statusCode).toBe(503);
  expect(response.json()).toMatchObject({ type: 'urn:stocktide:problem:dashboard-not-built' });
});
