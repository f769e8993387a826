import { describe, expect, test } from 'vitest';
import { decodeMessage } from '../../../../ingest/inbox/decode.ts';

const message = (payload: string, headers: Record<string, string> = {}) =>
  decodeMessage({
    data: new TextEncoder().encode(payload),
    headers: Object.entries(headers).map(([name, value]) => [name, [value]] as const),
  });

describe('a NATS message, in the order of REFERENCE §3.2', () => {
  const binary = { 'ce-specversion': '1.0', 'ce-id': 'from-header' };

  test('a cloudevents content type is structured, even beside ce- headers', () => {
    const headers = { 'Content-Type': 'Application/CloudEvents+json; charset=utf-8', ...binary };
    expect(message('{"id":"from-body"}', headers).value).toEqual({ id: 'from-body' });
  });

  test('header names are read case-insensitively', () => {
    expect(message('{"id":"b"}', { 'content-type': 'application/cloudevents' }).value).toEqual({
      id: 'b',
    });
    expect(message('{"n":1}', { 'CE-SpecVersion': '1.0', 'Ce-Id': 'a' }).value).toEqual({
      specversion: '1.0',
      id: 'a',
      data: { n: 1 },
    });
  });

  test('ce-specversion is binary, whatever the content type of the data', () => {
    const headers = { 'Content-Type': 'application/json', ...binary };
    expect(message('{"specversion":"1.0"}', headers).value).toEqual({
      specversion: '1.0',
      id: 'from-header',
      data: { specversion: '1.0' },
    });
  });

  test('JSON with specversion is structured without any header', () => {
    const decoded = message('{"specversion":"1.0","id":"c"}');
    expect(decoded.refused).toBeUndefined();
    expect(decoded.value).toEqual({ specversion: '1.0', id: 'c' });
  });

  test.each(['{"id":"c"}', '[]', '7', 'null'])('%s is no CloudEvent', (payload) => {
    expect(message(payload).refused).toMatchObject({ reason: 'undecodable', value: payload });
  });

  test.each(['hello', '', '{'])('%j is not JSON', (payload) => {
    expect(message(payload).refused).toMatchObject({ reason: 'not_json' });
  });
});
