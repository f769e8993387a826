/** What the API says of itself: every route described, with examples that fit; the pages bring their own files. */
import { Check } from 'typebox/value';
import type { TSchema } from 'typebox';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { API_RULES } from '../../../api/access/table.ts';
import { connect, type Plumbing } from '../../support/runtime.ts';
import { useClickHouse, useNats } from '../../support/servers.ts';
import { startProcess, type RunningProcess } from './support.ts';

const nats = useNats();
const clickhouse = useClickHouse();
let plumbing: Plumbing;
let api: RunningProcess;

interface Operation {
  readonly summary?: string;
  readonly tags?: string[];
  readonly responses: Record<string, { content?: Record<string, { schema?: object }> }>;
}
let paths: Record<string, Record<string, Operation>>;

beforeAll(async () => {
  const { pass, url, user } = nats;
  plumbing = await connect({ url, user, pass }, clickhouse);
  api = await startProcess('api/main.ts', {
    portVariable: 'API_PORT',
    env: { NATS_URL: url, NATS_USER: user, NATS_PASSWORD: pass, CLICKHOUSE_URL: clickhouse.url },
  });
  const document = (await (await fetch(`${api.url}/v1/openapi.json`)).json()) as {
    paths: typeof paths;
  };
  paths = document.paths;
});

afterAll(async () => {
  await api?.stop();
  await plumbing?.close();
});

/** Served by others (the door describes events, AsyncAPI the socket), or descriptions themselves. */
const ELSEWHERE =
  /^\S+ (\/|\/\*|\/v1\/(events|dead|docs)(\/.*)?|\/v1\/live|\/v1\/(openapi|asyncapi)\.json)$/;

describe('OpenAPI', () => {
  test('has every route, with a summary and a tag', () => {
    const described = Object.entries(paths).flatMap(([path, operations]) =>
      Object.entries(operations).map(([method, { summary, tags }]) => {
        expect(summary, `${method} ${path}`).toMatch(/\S/);
        expect(tags, `${method} ${path}`).not.toEqual([]);
        return `${method.toUpperCase()} ${path.replaceAll(/\{(\w+)\}/g, ':$1')}`;
      }),
    );
    const wanted = Object.keys(API_RULES).filter((route) => !ELSEWHERE.test(route));
    expect(wanted.length).toBeGreaterThan(40);
    expect(described).toEqual(expect.arrayContaining(wanted));
  });

  test('tells of SQL with examples, and each example in it fits its schema', () => {
    let examples = 0;
    const walk = (node: unknown): void => {
      if (typeof node !== 'object' || node === null) return;
      const { example, examples: several } = node as { example?: unknown; examples?: unknown };
      const shown = [
        ...(Array.isArray(several) ? (several as unknown[]) : []),
        ...(example === undefined ? [] : [example]),
      ];
      for (const one of shown) {
        examples++;
        expect(Check(node as TSchema, one), JSON.stringify(one)).toBe(true);
      }
      for (const child of Object.values(node)) walk(child);
    };
    walk(paths);
    expect(examples).toBeGreaterThanOrEqual(5);
  });
});

test('AsyncAPI is served', async () => {
  const response = await fetch(`${api.url}/v1/asyncapi.json`);
  expect(await response.json()).toMatchObject({ asyncapi: '3.0.0' });
});

test('the pages need nothing from elsewhere, and their policy allows nothing else', async () => {
  const page = await fetch(`${api.url}/v1/docs/`);
  expect(page.status).toBe(200);
  expect(page.headers.get('content-security-policy')).toContain("default-src 'self'");
  const html = await page.text();
  expect(html).not.toMatch(/<script>|(?:src|href)="https?:/);
  const files = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, file]) => file ?? '');
  expect(files.length).toBeGreaterThan(3);
  for (const file of files) {
    const response = await fetch(new URL(file, `${api.url}/v1/docs/`));
    expect(response.status, file).toBe(200);
  }
});
