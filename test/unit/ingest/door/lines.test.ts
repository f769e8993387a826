import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createLineSplitter, EndlessLine } from '../../../../ingest/door/http/lines.ts';

/** Lines of a text that arrives in pieces of `size` bytes, as [index, text, sizeBytes]. */
function split(text: string, size: number, options = { maxBytes: 100, abortBytes: 1000 }) {
  const splitter = createLineSplitter(options);
  const bytes = Buffer.from(text);
  const lines = [];
  for (let at = 0; at < bytes.length; at += size) {
    lines.push(...splitter.push(bytes.subarray(at, at + size)));
  }
  lines.push(...splitter.end());
  return lines.map((line) => [line.index, line.bytes.toString(), line.sizeBytes]);
}

describe('lines of NDJSON', () => {
  test.each([1, 2, 3, 100])('in pieces of %i bytes', (size) => {
    expect(split('{"a":1}\n\n  \r\n{"b":"ü"}\r\n{"c":3}', size)).toEqual([
      [0, '{"a":1}', 7],
      [3, '{"b":"ü"}', 10],
      [4, '{"c":3}', 7],
    ]);
  });

  test('a break at the end begins no line', () => {
    expect(split('1\n', 100)).toEqual([[0, '1', 1]]);
    expect(split('', 100)).toEqual([]);
  });

  test.each([1, 7, 100])('an over-long line is cut, with its true size, pieces of %i', (size) => {
    const long = 'x'.repeat(50);
    expect(split(`1\n${long}\n2`, size, { maxBytes: 10, abortBytes: 1000 })).toEqual([
      [0, '1', 1],
      [1, 'x'.repeat(11), 50],
      [2, '2', 1],
    ]);
  });

  test('an endless line ends the reading', () => {
    const splitter = createLineSplitter({ maxBytes: 10, abortBytes: 100 });
    splitter.push(Buffer.from('1\n'));
    splitter.push(Buffer.alloc(90, 0x78));
    expect(() => splitter.push(Buffer.alloc(20, 0x78))).toThrow(EndlessLine);
  });

  test('come out the same however they are cut', () => {
    const text = fc.string({
      unit: fc.constantFrom('a', 'ü', '\n', '\r', ' ', '7'),
      maxLength: 60,
    });
    fc.assert(
      fc.property(text, fc.integer({ min: 1, max: 9 }), (ndjson, size) => {
        expect(split(ndjson, size)).toEqual(split(ndjson, 10_000));
        expect(split(ndjson, size).map(([, line]) => line)).toEqual(
          ndjson
            .split('\n')
            .map((line) => line.replace(/\r$/, ''))
            .filter((line) => /[^\r ]/.test(line)),
        );
      }),
    );
  });
});
