import { Buffer } from 'node:buffer';
import { describe, expect, test } from 'vitest';
import { messageId } from '../../../../contracts/hash.ts';
import { structuredEvent } from '../../../../ingest/door/decode.ts';
import { exampleEvent } from '../../../../ingest/door/examples.ts';
import { judge, type Judge, type Verdict } from '../../../../ingest/door/judge.ts';

const NOW = '2025-03-01T12:00:00.000Z';
const LIVE: Judge = {
  limits: { maxEventBytes: 65_536, maxFutureMs: 300_000 },
  nowMs: Date.parse(NOW),
  clock: 'live',
  mayDecide: false,
};

const verdictOn = (event: unknown, how: Judge = LIVE): Verdict =>
  judge(structuredEvent(Buffer.from(JSON.stringify(event)), 0), how);

function messagesOf(verdict: Verdict) {
  if (!verdict.ok) throw new Error(verdict.rejection.detail);
  return verdict.messages;
}
function rejectionOf(verdict: Verdict) {
  if (verdict.ok) throw new Error('it was accepted');
  return verdict.rejection;
}

describe('a good event', () => {
  test('becomes a message with subject, id and the attributes that the door adds', () => {
    const event = exampleEvent('inventory.adjusted');
    const [message, ...others] = messagesOf(verdictOn(event));
    expect(others).toEqual([]);
    expect(message?.subject).toMatch(/^ops\.v1\.inventory\.adjusted\.\d+\.-\.\d+\.-$/);
    expect(message?.msgId).toBe(messageId(event.source, event.id));
    expect(JSON.parse(Buffer.from(message!.payload).toString())).toEqual({
      ...event,
      ingestedtime: NOW,
      datahash: message!.datahash,
    });
  });

  test('of many lines becomes one message each, with the ids of the lines', () => {
    const event = exampleEvent('order.created');
    const ids = messagesOf(verdictOn(event)).map(({ msgId }) => msgId);
    expect(ids).toEqual([
      messageId(event.source, event.id),
      messageId(event.source, `${event.id}/line/1`),
    ]);
  });
});

describe('time', () => {
  const at = (time: string) => ({ ...exampleEvent('shipment.delivered'), time });

  test('may lie ahead of the clock by the allowance', () => {
    expect(verdictOn(at('2025-03-01T12:05:00Z')).ok).toBe(true);
    expect(rejectionOf(verdictOn(at('2025-03-01T12:05:01Z')))).toMatchObject({
      reason: 'future_time',
      field: 'time',
      value: '2025-03-01T12:05:01Z',
      detail: expect.stringContaining('301 s ahead') as string,
    });
  });

  test('is compared as an instant, not as text', () => {
    expect(verdictOn(at('2025-03-01T13:04:00+01:00')).ok).toBe(true);
    expect(verdictOn(at('2025-03-01T11:06:00-01:00')).ok).toBe(false);
  });

  test("is the feed's own in a replay", () => {
    expect(verdictOn(at('2031-01-01T00:00:00Z'), { ...LIVE, clock: 'feed' }).ok).toBe(true);
  });

  test('of the past is always taken', () => {
    expect(verdictOn(at('1999-01-01T00:00:00Z')).ok).toBe(true);
  });
});

describe('who may send what', () => {
  const finding = exampleEvent('finding.raised');
  const trusted = new Set(['finding.raised'] as const);

  test('a finding comes from Stocktide alone', () => {
    expect(rejectionOf(verdictOn(finding)).reason).toBe('internal_type');
    expect(verdictOn(finding, { ...LIVE, trusted }).ok).toBe(true);
  });

  test.each(['policy.set', 'case.commanded'] as const)('%s takes the right to decide', (type) => {
    const decision = exampleEvent(type);
    expect(rejectionOf(verdictOn(decision))).toMatchObject({ reason: 'not_permitted' });
    expect(verdictOn(decision, { ...LIVE, mayDecide: true }).ok).toBe(true);
  });

  test('trust is for the named types only', () => {
    const tick = exampleEvent('clock.ticked');
    expect(rejectionOf(verdictOn(tick, { ...LIVE, trusted })).reason).toBe('internal_type');
  });
});

test('an event of more bytes than allowed is too large, whatever it holds', () => {
  const event = exampleEvent('inventory.adjusted');
  const size = Buffer.byteLength(JSON.stringify(event));
  const limits = { maxEventBytes: size - 1, maxFutureMs: 0 };
  expect(rejectionOf(verdictOn(event, { ...LIVE, limits }))).toMatchObject({
    reason: 'too_large',
    value: `${size} bytes`,
  });
  expect(verdictOn(event, { ...LIVE, limits: { ...limits, maxEventBytes: size } }).ok).toBe(true);
});

describe('half a surrogate pair, which ClickHouse cannot read', () => {
  const withNote = (note: string) => {
    const event = exampleEvent('inventory.adjusted');
    return { ...event, data: { ...(event.data as object), note } };
  };

  test.each(['\ud83d', 'a\udc00b', '\udc00\ud83d', '\\\ud83d'])('%j is refused', (note) => {
    expect(rejectionOf(verdictOn(withNote(note)))).toMatchObject({
      reason: 'invalid_data',
      field: 'data.note',
      value: JSON.stringify(note),
    });
  });

  test.each(['😀', 'plain', '\\ud83d', 'C:\\udata', '\\\\ud83d'])('%j is text', (note) => {
    const [message] = messagesOf(verdictOn(withNote(note)));
    expect(JSON.parse(Buffer.from(message!.payload).toString())).toMatchObject({ data: { note } });
  });

  test('in an id is found as well', () => {
    const event = { ...exampleEvent('inventory.adjusted'), id: 'x\ud83d' };
    expect(rejectionOf(verdictOn(event))).toMatchObject({ reason: 'invalid_data', field: 'id' });
  });
});
