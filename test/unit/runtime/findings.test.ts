/** Findings on their way: what waits, what is sent when, and events that the door takes. */
import { describe, expect, test } from 'vitest';
import { checkEvent } from '../../../contracts/validate.ts';
import type { LogEvent } from '../../../contracts/events.ts';
import { createLog } from '../../../platform/log.ts';
import { PublishError, type PublishRequest } from '../../../platform/nats/publisher.ts';
import { findingEvent, Findings } from '../../../processors/runtime/findings.ts';
import { FindingsOutbox } from '../../../processors/runtime/findings-outbox.ts';
import type { Finding } from '../../../processors/processor.ts';

const finding = (change: Partial<Finding> = {}): Finding => ({
  ...{ findingId: 'NEG_INVENTORY/mug/dc-1', code: 'NEG_INVENTORY', entity: 'sku/mug/node/dc-1' },
  ...{ skuId: 'mug', nodeId: 'dc-1', conditionAtMs: 1_772_438_400_000, detail: 'is below zero' },
  evidence: [{ source: 'urn:x', id: 'e1' }],
  ...change,
});
const logged = (id: string) => ({ type: 'stocktide.finding.raised.v1', id }) as LogEvent;

describe('findingEvent', () => {
  test('the door takes one that concerns no SKU and no node', () => {
    const { nodeId: _node, skuId: _sku, ...rest } = finding();
    const event = findingEvent('runtime', rest);
    expect(checkEvent(event, { trusted: true })).toMatchObject({ ok: true });
  });

  test.each<[string, Partial<Finding>]>([
    ['a plain one', {}],
    ['ids of any length', { findingId: `x/${'y'.repeat(400)}`, entity: 'z'.repeat(400) }],
    ['white space', { findingId: 'a b\tc', entity: 'sku/a b' }],
    ['a cut through a surrogate pair', { detail: `${'d'.repeat(499)}😀` }],
    [
      'much evidence',
      { evidence: Array.from({ length: 50 }, (_, n) => ({ source: 'urn:x', id: `e${n}` })) },
    ],
  ])('the door takes %s', (_name, change) => {
    const event = findingEvent('stock', finding(change));
    expect(checkEvent(event, { trusted: true })).toMatchObject({ ok: true });
    expect(JSON.stringify(event)).not.toMatch(/\\ud8/);
  });

  test('the same finding is the same event, and long ids stay apart', () => {
    expect(findingEvent('stock', finding())).toEqual(findingEvent('stock', finding()));
    const long = (end: string) =>
      findingEvent('stock', finding({ findingId: `x/${'y'.repeat(300)}${end}` })).id;
    expect(long('1')).not.toBe(long('2'));
  });
});

describe('Findings', () => {
  const event = (id: string) => findingEvent('stock', finding({ findingId: id }));

  test('wait until the log holds them, over a snapshot as well', () => {
    const before = new Findings();
    expect([before.add(event('a')), before.add(event('b')), before.add(event('a'))]).toEqual([
      ...[true, true, false],
    ]);
    const after = new Findings();
    after.restore(before.snapshot());
    after.confirm(logged('a'));
    expect([...after.waiting()].map(({ id }) => id)).toEqual(['b']);
  });

  test('at the bound the oldest is given up and counted', () => {
    const findings = new Findings(2);
    for (const id of ['a', 'b', 'c']) findings.add(event(id));
    expect([...findings.waiting()].map(({ id }) => id)).toEqual(['b', 'c']);
    expect(findings.dropped).toBe(1);
  });
});

describe('FindingsOutbox', () => {
  function outbox() {
    const findings = new Findings();
    const sent: string[] = [];
    let failing = false;
    const publish = (request: PublishRequest) => {
      if (failing) return Promise.reject(new PublishError('unavailable', 'NATS is away'));
      sent.push(`${request.subject} ${request.msgId}`);
      return Promise.resolve({ seq: sent.length, duplicate: false });
    };
    const log = createLog({ name: 'test', level: 'silent', format: 'json' });
    return {
      findings,
      sent,
      box: new FindingsOutbox({ findings, publisher: { publish }, slice: 'all', log }),
      fail: (now: boolean) => (failing = now),
    };
  }
  const event = findingEvent('stock', finding());
  const message = `in.finding.all ${event.source}/${event.id}`;
  const settled = () => new Promise((resolve) => setImmediate(resolve));

  test('sends again what does not come back, at growing intervals', () => {
    const { box, findings, sent } = outbox();
    findings.add(event);
    box.send(event, 0);
    for (let second = 1; second <= 200; second++) box.beat(second * 1_000);
    // At 0, 30, 30 + 60 and 90 + 120 s: the last lies beyond.
    expect(sent).toEqual([message, message, message]);
  });

  test('sends nothing that the log holds', () => {
    const { box, findings, sent } = outbox();
    findings.add(event);
    findings.confirm(logged(event.id));
    box.beat(1_000_000);
    expect(sent).toEqual([]);
  });

  test('what did not get away goes with the next beat', async () => {
    const { box, fail, findings, sent } = outbox();
    findings.add(event);
    fail(true);
    box.send(event, 0);
    await settled();
    fail(false);
    box.beat(1_000);
    expect(sent).toEqual([message]);
  });

  test('a flood leaves in portions', () => {
    const { box, findings, sent } = outbox();
    for (let n = 0; n < 1_200; n++) {
      findings.add(findingEvent('stock', finding({ findingId: `f${n}` })));
    }
    box.beat(0);
    expect(sent).toHaveLength(500);
    box.beat(1_000);
    box.beat(2_000);
    expect(new Set(sent).size).toBe(1_200);
  });
});
