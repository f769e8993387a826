/** The AsyncAPI document: complete, without a loose end, and saying what the door takes. */
import { Check } from 'typebox/value';
import type { TSchema } from 'typebox';
import { expect, test } from 'vitest';
import { asyncApi } from '../../../contracts/asyncapi.ts';
import { EVENTS, INTERNAL_TYPES, LOG_SCHEMAS } from '../../../contracts/events.ts';
import { checkEvent } from '../../../contracts/validate.ts';
import { exampleEvent } from '../../../ingest/door/examples.ts';

interface Document {
  channels: Record<string, { address: string; messages: Record<string, { $ref: string }> }>;
  operations: Record<string, { channel: { $ref: string } }>;
  components: { messages: Record<string, { payload: TSchema }> };
}
const document = JSON.parse(JSON.stringify(asyncApi())) as Document;

/** What a `$ref` within the document names. */
function resolved(ref: string): unknown {
  return ref
    .replace(/^#\//, '')
    .split('/')
    .reduce<unknown>((node, key) => (node as Record<string, unknown> | undefined)?.[key], document);
}

test('every reference names something', () => {
  const refs = JSON.stringify(document).match(/#\/[^"]+/g) ?? [];
  expect(refs.length).toBeGreaterThan(100);
  for (const ref of refs) expect(resolved(ref), ref).toBeDefined();
});

test('every type that producers send and that the log holds is in it', () => {
  const sent = Object.keys(EVENTS).filter((name) => !INTERNAL_TYPES.has(name));
  const events = Object.keys(document.channels['events']?.messages ?? {});
  expect(events).toEqual(sent.map((name) => `sent.${name}`));
  for (const name of LOG_SCHEMAS.keys()) expect(document.channels).toHaveProperty([`log.${name}`]);
  expect(document.channels['log.order.line.created']?.address).toBe(
    'ops.v1.order-line.created.{s}.{o}.{n}.{p}',
  );
});

test('what the door takes fits it, and what the door refuses for its data does not', () => {
  for (const name of Object.keys(EVENTS) as (keyof typeof EVENTS)[]) {
    if (INTERNAL_TYPES.has(name)) continue;
    const payload = document.components.messages[`sent.${name}`]?.payload;
    if (payload === undefined) throw new Error(`${name} is not described`);
    const event = exampleEvent(name);
    expect(checkEvent(event).ok, name).toBe(true);
    expect(Check(payload, event), name).toBe(true);
    expect(Check(payload, { ...event, type: 'stocktide.something.else.v1' }), name).toBe(false);
    expect(Check(payload, { ...event, data: 1 }), name).toBe(false);
  }
});
