import { expect, test } from 'vitest';
import { REJECTION_REASONS } from '../../../contracts/rejections.ts';
import {
  jsonLines,
  REASON_WORDS,
  parsedBytes,
  rejectShare,
} from '../../../dashboard/src/lib/feeds.ts';

const event = { id: 'a', data: { sku_id: 'MUG', lines: [{ qty: 1 }, { qty: 'two' }], none: {} } };
const marked = (path: string) =>
  jsonLines(event, path)
    .filter(({ isFault }) => isFault)
    .map(({ text }) => text.trim());

test('the lines are the JSON of the event', () => {
  const text = jsonLines(event, '')
    .map((line) => line.text)
    .join('\n');
  expect(JSON.parse(text)).toEqual(event);
  expect(text).toBe(JSON.stringify(event, null, 2));
});

test.each([
  ['id', ['"id": "a",']],
  ['data.sku_id', ['"sku_id": "MUG",']],
  ['data.lines.1.qty', ['"qty": "two"']],
  ['data.missing', ['"data": {']],
  ['data.lines.7.qty', ['"lines": [']],
  ['', []],
])('the field %s is marked', (path, lines) => {
  expect(marked(path)).toEqual(lines);
});

test('a missing field of the event itself marks its begin', () => {
  expect(marked('source')).toEqual(['{']);
});

test('bytes that are no JSON are none', () => {
  expect(parsedBytes({ bytes: '{"a":1}', encoding: 'utf8' })).toEqual({ a: 1 });
  expect(parsedBytes({ bytes: '{"a":', encoding: 'utf8' })).toBeUndefined();
  expect(parsedBytes({ bytes: 'e30=', encoding: 'base64' })).toBeUndefined();
});

test('the part that is refused is of all that was sent', () => {
  expect(rejectShare({ events: 99, rejected: 1 })).toBe(0.01);
  expect(rejectShare({ events: 0, rejected: 0 })).toBeNull();
});

test('each reason of the contract has its words', () => {
  expect(Object.keys(REASON_WORDS).sort()).toEqual(Object.keys(REJECTION_REASONS).sort());
});
