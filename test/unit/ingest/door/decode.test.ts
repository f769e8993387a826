import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readAttributes } from '../../../../ingest/door/attributes.ts';
import {
  binaryEvent,
  decodeBody,
  structuredEvent,
  type Decoded,
} from '../../../../ingest/door/decode.ts';
import { elementSpans } from '../../../../ingest/door/elements.ts';

const bytesOf = (text: string) => Buffer.from(text);

function one(decoded: Decoded) {
  if (decoded.kind !== 'one') throw new Error('it is a batch');
  return decoded.event;
}

describe('the elements of a batch', () => {
  const slices = (json: string) => {
    const spans = elementSpans(bytesOf(json));
    return Array.from({ length: spans.length / 2 }, (_, index) =>
      bytesOf(json)
        .subarray(spans[2 * index], spans[2 * index + 1])
        .toString(),
    );
  };

  test.each([
    ['[]', []],
    [' [ ] ', []],
    ['[1]', ['1']],
    ['[{"a":[1,2]} , {"b":"],["}]', ['{"a":[1,2]}', '{"b":"],["}']],
    ['[ "a\\"b" ,\n null\t, [[]] ,-1.5e3]', ['"a\\"b"', 'null', '[[]]', '-1.5e3']],
    ['["\\\\",{"x":"\\\\\\""}]', ['"\\\\"', '{"x":"\\\\\\""}']],
  ])('%s', (json, expected) => {
    expect(slices(json)).toEqual(expected);
  });

  test('are what JSON.parse sees, for any batch and any spacing', () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue()), fc.constantFrom('', ' ', '\n\t '), (values, gap) => {
        const texts = values.map((value) => JSON.stringify(value));
        const found = slices(`${gap}[${gap}${texts.join(`${gap},${gap}`)}${gap}]${gap}`);
        expect(found).toEqual(texts);
      }),
    );
  });
});

describe('a body', () => {
  test('of one object is one event with its bytes', () => {
    const event = one(decodeBody(bytesOf(' {"a":1} '), 'either'));
    expect(event).toMatchObject({ index: 0, value: { a: 1 }, sizeBytes: 9 });
    expect(Buffer.from(event.bytes()).toString()).toBe(' {"a":1} ');
  });

  test('of a list is a batch, each event with its bytes', () => {
    const decoded = decodeBody(bytesOf('[{"a":1}, 7]'), 'batch');
    if (decoded.kind !== 'batch') throw new Error('it is one event');
    expect(decoded.events.map(({ index, value, sizeBytes }) => [index, value, sizeBytes])).toEqual([
      [0, { a: 1 }, 7],
      [1, 7, 1],
    ]);
    expect(Buffer.from(decoded.events[0]!.bytes()).toString()).toBe('{"a":1}');
  });

  test('may begin with a byte order mark', () => {
    expect(one(decodeBody(bytesOf('\ufeff{"a":1}'), 'one')).value).toEqual({ a: 1 });
  });

  test.each([
    ['', 'not JSON'],
    ['{"a":1', 'not JSON'],
    ['hello', 'not JSON'],
    ['{"a":1}{"b":2}', 'not JSON'],
  ])('%j is not JSON', (text, says) => {
    const { refused } = one(decodeBody(bytesOf(text), 'either'));
    expect(refused).toMatchObject({ reason: 'not_json', value: text });
    expect(refused?.detail).toContain(says);
  });

  test('of wrong UTF-8 is refused rather than guessed', () => {
    const event = structuredEvent(Buffer.from([0x22, 0xff, 0x22]), 0);
    expect(event.refused).toMatchObject({ reason: 'not_json', value: '(binary)' });
    expect(event.refused?.detail).toContain('UTF-8');
  });

  test('that is a list where one event is announced, and the other way round', () => {
    expect(one(decodeBody(bytesOf('[]'), 'one')).refused).toMatchObject({
      reason: 'not_an_object',
      detail: 'body: is an array; send a batch as application/cloudevents-batch+json',
    });
    expect(one(decodeBody(bytesOf('{}'), 'batch')).refused).toMatchObject({
      reason: 'not_an_object',
      detail: 'body: is no array; send one event as application/cloudevents+json',
    });
  });
});

describe('binary mode', () => {
  const decode = (headers: Record<string, string>, body: string) =>
    binaryEvent(readAttributes(Object.entries(headers)), bytesOf(body));

  test('takes attributes from headers of any case, percent-decoded', () => {
    const headers = { 'CE-Id': 'a', 'Ce-Source': 'urn:x:Z%C3%BCrich%20%25', host: 'h' };
    expect(decode(headers, '{"n":1}').value).toEqual({
      id: 'a',
      source: 'urn:x:Zürich %',
      data: { n: 1 },
    });
  });

  test('takes quoted values', () => {
    expect(decode({ 'ce-subject': '"a \\"b\\" c"' }, '1').value).toMatchObject({
      subject: 'a "b" c',
    });
  });

  test.each(['%', '%zz', '%ff', 'ü', 'a\u0001'])('refuses the header value %j', (value) => {
    expect(decode({ 'ce-id': value }, '{}').refused).toMatchObject({
      reason: 'invalid_envelope',
      field: 'ce-id',
      value,
    });
  });

  test('keeps for a dead letter the structured event that it equals', () => {
    const { bytes } = decode({ 'ce-id': 'a' }, '{"n":1}');
    expect(JSON.parse(Buffer.from(bytes()).toString())).toEqual({ id: 'a', data: { n: 1 } });
  });

  test('with data that is not JSON keeps the raw bytes, and the names', () => {
    const event = decode({ 'ce-id': 'a' }, 'oops');
    expect(event).toMatchObject({ value: { id: 'a' }, refused: { reason: 'not_json' } });
    expect(Buffer.from(event.bytes()).toString()).toBe('oops');
  });

  test('without a body has no data', () => {
    expect(decode({ 'ce-id': 'a' }, '')).toMatchObject({ value: { id: 'a' }, refused: undefined });
  });

  test('cannot be given attributes through the body', () => {
    expect(decode({ 'ce-id': 'a' }, '1,"id":"evil"').refused).toMatchObject({ reason: 'not_json' });
  });
});
