/** What the API says of itself: every route described, with examples that fit; the pages bring their own files. */
import { Errors } from 'typebox/value';
import type { TSchema } from 'typebox';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { API_RULES } from '../../../api/access/table.ts';
import { connect, type Plumbing } from '../../support/runtime.ts';
import { useClickHouse, useNats } from '../../support/servers.ts';
import { startApi, type RunningProcess } from './support.ts';

const nats = useNats();
const clickhouse = useClickHouse();
let plumbing: Plumbing;
let api: RunningProcess;

interface Media {
  readonly content?: Record<string, { readonly schema?: object; readonly example?: unknown }>;
}
interface Operation {
  readonly summary?: string;
  readonly tags?: string[];
  readonly requestBody?: Media;
  readonly responses: Record<string, Media>;
}
let paths: Record<string, Record<string, Operation>>;

beforeAll(async () => {
  const { pass, url, user } = nats;
  plumbing = await connect({ url, user, pass }, clickhouse);
  api = await startApi({ nats, clickhouse });
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

  test('has an example of every answer and body in JSON, and each example fits its schema', () => {
    const without: string[] = [];
    for (const [path, operations] of Object.entries(paths)) {
      for (const [method, { requestBody, responses }] of Object.entries(operations)) {
        const name = `${method.toUpperCase()} ${path}`;
        const answers = Object.entries(responses).filter(([status]) => status.startsWith('2'));
        const shown = answers.map(([, answer]) => examplesOf(answer)).filter((one) => one !== null);
        if (shown.length > 0 && shown.flat().length === 0) without.push(`${name} answers`);
        if (requestBody !== undefined && examplesOf(requestBody)?.length === 0) {
          without.push(`${name} takes`);
        }
        for (const media of [requestBody, ...Object.values(responses)]) {
          const schema = withNull(media?.content?.['application/json']?.schema);
          for (const example of examplesOf(media) ?? []) {
            const faults = Errors(schema as TSchema, example);
            expect(faults, `${name}: ${JSON.stringify(example).slice(0, 200)}`).toEqual([]);
          }
        }
      }
    }
    expect(without).toEqual([]);
  });
});

/** Examples of what is sent or answered as JSON; null where it is not, or nothing says how it looks. */
function examplesOf(media: Media | undefined): unknown[] | null {
  const json = media?.content?.['application/json'];
  if (json?.schema === undefined) return null;
  const { examples = [] } = json.schema as { examples?: unknown[] };
  return [...examples, ...(json.example === undefined ? [] : [json.example])];
}

/** OpenAPI 3.0 says `nullable` where JSON Schema has another type. */
function withNull(node: unknown): unknown {
  if (typeof node !== 'object' || node === null) return node;
  if (Array.isArray(node)) return node.map(withNull);
  const { nullable, ...rest } = node as Record<string, unknown>;
  const schema = Object.fromEntries(
    Object.entries(rest).map(([key, part]) => [key, withNull(part)]),
  );
  return nullable === true ? { anyOf: [schema, { type: 'null' }] } : schema;
}

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
