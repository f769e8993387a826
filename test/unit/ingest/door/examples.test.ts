import { Compile } from 'typebox/compile';
import { describe, expect, test } from 'vitest';
import { typeName } from '../../../../contracts/envelope.ts';
import { EVENTS, LOG_SCHEMAS, type InputType, type LogType } from '../../../../contracts/events.ts';
import { explode } from '../../../../contracts/explode.ts';
import { checkEvent } from '../../../../contracts/validate.ts';
import { exampleEvent } from '../../../../ingest/door/examples.ts';

const TYPES = Object.keys(EVENTS) as InputType[];

describe.each(TYPES)('%s', (name) => {
  const event = exampleEvent(name);

  test('has an example that the contract accepts', () => {
    expect(checkEvent(event, { trusted: true })).toEqual({ ok: true, name, event });
  });

  test('explodes into what the LOG takes', () => {
    const parts = explode(name, event);
    expect(parts.length).toBeGreaterThan(0);
    for (const part of parts) {
      const schema = LOG_SCHEMAS.get(typeName(String(part.event['type'])) as LogType);
      expect(schema).toBeDefined();
      expect(Compile(schema!).Errors(part.event['data'])).toEqual([]);
    }
  });
});

test('examples name their types by their full names', () => {
  expect(TYPES.map((name) => typeName(exampleEvent(name).type))).toEqual(TYPES);
});
