/**
 * Bytes to events, for every way in. What cannot be decoded is an event too, refused from the start: it
 * gets its outcome and its dead letter like any other.
 */
import { Buffer, isUtf8 } from 'node:buffer';
import type { Rejection } from '../../contracts/rejections.ts';
import type { Attributes } from './attributes.ts';
import { elementSpans } from './elements.ts';
import type { Incoming } from './judge.ts';

/** What a body holds: one event, which is answered as such, or a batch. */
export type Decoded =
  | { readonly kind: 'one'; readonly event: Incoming }
  | { readonly kind: 'batch'; readonly events: readonly Incoming[] };

/** A JSON body: one event, a batch (array), or either. */
export function decodeBody(body: Buffer, form: 'one' | 'batch' | 'either'): Decoded {
  const parsed = parseJson(body);
  if (!parsed.ok) return { kind: 'one', event: eventOf(body, 0, parsed) };
  const isArray = Array.isArray(parsed.value);
  if (isArray && form !== 'one') {
    return { kind: 'batch', events: batchEvents(parsed.value as unknown[], body) };
  }
  const event = eventOf(body, 0, parsed);
  if (isArray === (form === 'batch')) return { kind: 'one', event };
  const hint = isArray
    ? 'is an array; send a batch as application/cloudevents-batch+json'
    : 'is no array; send one event as application/cloudevents+json';
  return { kind: 'one', event: { ...event, refused: refusedBody('not_an_object', hint, body) } };
}

/** One event, structured: the whole of `bytes` is its JSON. */
export function structuredEvent(bytes: Buffer, index: number): Incoming {
  return eventOf(bytes, index, parseJson(bytes));
}

/**
 * One event in binary mode: attributes from headers, data from the body. Its original bytes are those of
 * the structured event that it equals, so that its dead letter can be replayed as it is.
 */
export function binaryEvent({ attributes, refused }: Attributes, body: Buffer): Incoming {
  const parsed = body.length === 0 ? null : parseJson(body);
  if (parsed?.ok === false) return { ...eventOf(body, 0, parsed), value: attributes };
  const value = { ...attributes, ...(parsed === null ? {} : { data: parsed.value }) };
  return {
    index: 0,
    value,
    sizeBytes: body.length,
    bytes: () => Buffer.from(JSON.stringify(value)),
    refused,
  };
}

export function refusedBody(
  reason: 'not_json' | 'not_an_object' | 'undecodable',
  detail: string,
  body: Buffer,
): Rejection {
  const value = isUtf8(body) ? body.toString('utf8', 0, MAX_SHOWN_BYTES) : '(binary)';
  return { reason, field: '', value, detail: `body: ${detail}` };
}

/** A JSON text as a value, or why it is none. */
type Parsed =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly refused: Rejection };

const MAX_SHOWN_BYTES = 120;
const BYTE_ORDER_MARK = '\ufeff';

function parseJson(bytes: Buffer): Parsed {
  // Decoding would put U+FFFD for a wrong byte, and so make two different ids equal.
  if (!isUtf8(bytes)) {
    return { ok: false, refused: refusedBody('not_json', 'is not UTF-8', bytes) };
  }
  const text = bytes.toString();
  try {
    const value: unknown = JSON.parse(text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text);
    return { ok: true, value };
  } catch (error) {
    const detail = `is not JSON: ${(error as Error).message}`;
    return { ok: false, refused: refusedBody('not_json', detail, bytes) };
  }
}

function eventOf(bytes: Buffer, index: number, parsed: Parsed): Incoming {
  const common = { index, sizeBytes: bytes.length, bytes: () => bytes };
  return parsed.ok
    ? { ...common, value: parsed.value }
    : { ...common, value: undefined, refused: parsed.refused };
}

/** The events of a JSON array, each with the bytes that it was sent as. */
function batchEvents(values: readonly unknown[], body: Buffer): Incoming[] {
  const spans = elementSpans(body);
  return values.map((value, index) => {
    const start = spans[2 * index] ?? 0;
    const end = spans[2 * index + 1] ?? body.length;
    return { index, value, sizeBytes: end - start, bytes: () => body.subarray(start, end) };
  });
}
