import { describe, expect, test } from 'vitest';
import { ProblemError } from '../../../../platform/http/problem.ts';
import { readForm } from '../../../../ingest/door/http/media-type.ts';

const form = (type: string | undefined, binary = false) =>
  readForm({
    headers: {
      ...(type === undefined ? {} : { 'content-type': type }),
      ...(binary ? { 'ce-specversion': '1.0' } : {}),
    },
  });

describe('Content-Type', () => {
  test.each([
    ['application/cloudevents+json', 'one'],
    ['Application/CloudEvents+JSON; charset=UTF-8', 'one'],
    ['application/cloudevents-batch+json', 'batch'],
    ['application/json', 'either'],
    ['application/json;charset="utf-8"', 'either'],
    ['application/x-ndjson', 'stream'],
    ['application/ndjson', 'stream'],
  ])('%s', (type, expected) => {
    expect(form(type)).toBe(expected);
  });

  test('with ce- headers, JSON is the data of binary mode', () => {
    expect(form('application/json', true)).toBe('binary');
    expect(form(undefined, true)).toBe('binary');
    expect(form('application/cloudevents+json', true)).toBe('one');
  });

  test.each([undefined, '', 'text/plain', 'application/xml', 'application/json; charset=latin1'])(
    '%s is answered with what is allowed',
    (type) => {
      const error = (() => {
        try {
          return form(type);
        } catch (thrown) {
          return thrown;
        }
      })();
      expect(error).toBeInstanceOf(ProblemError);
      expect((error as ProblemError).problem).toMatchObject({
        status: 415,
        field: 'content-type',
        allowed: expect.stringContaining('application/x-ndjson') as string,
      });
    },
  );
});
