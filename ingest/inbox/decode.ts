/**
 * A NATS message as an event, in the order of REFERENCE §3.2: structured when its Content-Type says so,
 * binary when it has `ce-specversion`, else JSON that carries `specversion`. Header names are read
 * case-insensitively, which NATS itself does not do. Pure.
 */
import { Buffer } from 'node:buffer';
import { readAttributes } from '../door/attributes.ts';
import { binaryEvent, refusedBody, structuredEvent } from '../door/decode.ts';
import type { Incoming } from '../door/judge.ts';

/** What is needed of a message; headers as [name, values], like the client's MsgHdrs. */
export interface InboxMessage {
  readonly data: Uint8Array;
  readonly headers?: Iterable<readonly [string, readonly string[]]> | undefined;
}

const HINT =
  'is no CloudEvent: send Content-Type application/cloudevents+json, or ce- headers with the data as ' +
  'payload, or JSON with specversion';

export function decodeMessage({ data, headers }: InboxMessage): Incoming {
  const body = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  const given = [...(headers ?? [])].map(([name, values]) => [name, values[0] ?? ''] as const);
  const value = (wanted: string) => given.find(([name]) => name.toLowerCase() === wanted)?.[1];

  if (/^application\/cloudevents/i.test(value('content-type') ?? '')) {
    return structuredEvent(body, 0);
  }
  if (value('ce-specversion') !== undefined) return binaryEvent(readAttributes(given), body);
  const event = structuredEvent(body, 0);
  if (event.refused !== undefined || hasSpecversion(event.value)) return event;
  return { ...event, refused: refusedBody('undecodable', HINT, body) };
}

function hasSpecversion(value: unknown): boolean {
  return value !== null && typeof value === 'object' && Object.hasOwn(value, 'specversion');
}
