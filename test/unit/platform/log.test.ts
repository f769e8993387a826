import { expect, test } from 'vitest';
import { createLog, prettyLine } from '../../../platform/log.ts';

/** A log and the lines that it has written. */
function captured(format: 'json' | 'pretty') {
  const lines: string[] = [];
  const destination = { write: (line: string) => void lines.push(line) };
  return { log: createLog({ name: 'door', level: 'info', format, destination }), lines };
}

test('one JSON object a line, with level and name as words', () => {
  const { log, lines } = captured('json');
  log.info({ port: 8081 }, 'listening');
  log.debug('not at this level');
  expect(lines).toHaveLength(1);
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({
    level: 'info',
    name: 'door',
    port: 8081,
    msg: 'listening',
  });
});

test('secrets are taken out', () => {
  const { log, lines } = captured('json');
  log.info({ config: { accessToken: 'abc', natsPassword: 'abc' }, password: 'abc' }, 'read');
  log.info({ req: { headers: { authorization: 'abc' } } }, 'asked');
  expect(lines.join('')).not.toContain('abc');
  expect(lines.join('')).toContain('(hidden)');
});

test('the readable form shows the time of day, the fields and the stack of an error', () => {
  const { log, lines } = captured('pretty');
  log.error({ err: new Error('no room'), table: 'events' }, 'insert failed');
  expect(lines[0]).toMatch(
    /^\d\d:\d\d:\d\d\.\d{3} error door: insert failed table=events\n {2}Error: no room\n/,
  );
});

test('a readable line without a message', () => {
  const line = prettyLine('{"level":"warn","time":"2026-03-01T10:20:30.456Z","name":"api","n":1}');
  expect(line).toBe('10:20:30.456 warn  api:  n=1\n');
});
