/** Lists in pages, and answers that have not changed. */
import Fastify from 'fastify';
import fc from 'fast-check';
import { Type } from 'typebox';
import { describe, expect, test } from 'vitest';
import { registerEtags } from '../../../api/etag.ts';
import { pagedList } from '../../../api/page.ts';
import { ProblemError } from '../../../platform/http/problem.ts';

const Place = Type.Tuple([Type.Number(), Type.String()]);
const list = pagedList('returns', Place);
const question = { sort: 'newest', node_id: 'dc-01' };

/** Why a cursor is refused. */
function refusal(cursor: string, asked: Record<string, unknown> = question, of = list): string {
  try {
    of.after(cursor, asked);
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    expect(error.problem).toMatchObject({ status: 400, field: 'cursor' });
    return error.problem.detail;
  }
  throw new Error('the cursor was taken');
}

describe('a cursor', () => {
  test('brings its place back, whatever stands in it', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.string(), (at, id) => {
        const [number, text] = list.after(list.cursor([at, id], question), question) ?? [];
        // JSON has no negative zero.
        expect([number, text]).toEqual([at + 0 === 0 ? 0 : at, id]);
      }),
    );
  });

  test('is for one question, however it is put', () => {
    const cursor = list.cursor([1, 'a'], question);
    expect(list.after(cursor, { node_id: 'dc-01', q: undefined, sort: 'newest' })).toEqual([
      1,
      'a',
    ]);
    expect(refusal(cursor, { ...question, sort: 'oldest' })).toContain('other filters');
    expect(refusal(cursor, { ...question, q: 'x' })).toContain('other filters');
    expect(refusal(cursor, question, pagedList('orders', Place))).toContain('another list');
  });

  test.each(['', 'abc', '%%%', 'W10', 'bnVsbA', Buffer.from('{"a":1}').toString('base64url')])(
    'that no list has given is refused: %j',
    (cursor) => {
      expect(refusal(cursor)).toContain('none that a list has given');
    },
  );

  test('that was changed or cut is refused, at whichever place', () => {
    const cursor = list.cursor([1_700_000_000_000, 'RMA-1'], question);
    const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const same = Buffer.from(cursor, 'base64url').toString();
    fc.assert(
      fc.property(fc.nat(cursor.length - 1), fc.constantFrom(...letters), (at, letter) => {
        const changed = cursor.slice(0, at) + letter + cursor.slice(at + 1);
        fc.pre(Buffer.from(changed, 'base64url').toString() !== same);
        expect(refusal(changed)).toMatch(/cut or changed|none that a list has given/);
        expect(refusal(cursor.slice(0, at))).toContain('none that a list has given');
      }),
    );
  });

  test('with a place of another form is refused', () => {
    const other = pagedList('returns', Type.Tuple([Type.String()]));
    expect(refusal(other.cursor(['a'], question))).toContain('no place in this list');
  });
});

test('pages hold each entry once, and the last one has no cursor', () => {
  const all = Array.from({ length: 7 }, (_, i) => i);
  const numbers = pagedList('numbers', Type.Tuple([Type.Number()]));
  const pages: number[][] = [];
  let cursor: string | undefined;
  do {
    const [after = -1] = numbers.after(cursor, {}) ?? [];
    const read = all.filter((n) => n > after).slice(0, 3 + 1);
    const page = numbers.page(read, { limit: 3, question: {}, placeOf: (n): [number] => [n] });
    pages.push(page.entries);
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  expect(pages).toEqual([[0, 1, 2], [3, 4, 5], [6]]);
});

describe('an answer that has not changed', () => {
  const app = Fastify();
  registerEtags(app);
  let version = 1;
  app.get('/view', async () => ({ version }));
  app.get('/own', async (_request, reply) => reply.header('etag', '"7"').send({ version }));
  app.get('/gone', async (_request, reply) => reply.code(404).send({ version }));
  app.post('/view', async () => ({ version }));
  const ask = (url: string, tag?: string) =>
    app.inject({ url, ...(tag === undefined ? {} : { headers: { 'if-none-match': tag } }) });

  test('is 304 without a body, until it changes', async () => {
    const first = await ask('/view');
    const tag = String(first.headers['etag']);
    expect(tag).toMatch(/^W\/"[\w-]{27}"$/);
    for (const named of [tag, `"x", ${tag}`, tag.slice(2), '*']) {
      const again = await ask('/view', named);
      expect([again.statusCode, again.body, again.headers['etag']]).toEqual([304, '', tag]);
    }
    version++;
    const changed = await ask('/view', tag);
    expect([changed.statusCode, changed.json()]).toEqual([200, { version: 2 }]);
  });

  test('keeps an ETag of its own', async () => {
    expect((await ask('/own')).headers['etag']).toBe('"7"');
    expect((await ask('/own', '"7"')).statusCode).toBe(304);
    expect((await ask('/own', '"8"')).statusCode).toBe(200);
  });

  test('has none where it is an error or a change', async () => {
    expect((await ask('/gone', '*')).statusCode).toBe(404);
    const posted = await app.inject({ method: 'POST', url: '/view' });
    expect(posted.headers['etag']).toBeUndefined();
  });
});
