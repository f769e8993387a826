import { beforeEach, describe, expect, test } from 'vitest';
import { liveLimits } from '../../../api/limits.ts';
import { LiveHub, type ClientPort, type LiveClient } from '../../../api/live/hub.ts';
import type { TopicSink, TopicSource, TopicView } from '../../../api/live/topics.ts';
import { readConfig } from '../../../platform/config.ts';
import { createMetrics } from '../../../platform/metrics.ts';

const LIVE_LIMITS = liveLimits(readConfig({}));

/** A source whose topics the test feeds by hand. */
class HandFed implements TopicSource {
  limited = true;
  /** By name; of those that scopes limit, followed by the nodes. */
  readonly sinks = new Map<string, TopicSink>();
  readonly closed: string[] = [];

  owns(topic: string) {
    return topic.startsWith('atp:');
  }
  open(view: TopicView, sink: TopicSink) {
    this.sinks.set(this.#nameOf(view), sink);
  }
  close(view: TopicView) {
    this.sinks.delete(this.#nameOf(view));
    this.closed.push(this.#nameOf(view));
  }
  publish(topic: string, value: object) {
    const sink = this.sinks.get(topic);
    if (sink === undefined) throw new Error(`${topic} is not open`);
    sink.publish(value);
  }
  fail(topic: string, detail: string) {
    this.sinks.get(topic)?.fail(detail);
  }
  #nameOf({ name, scope }: TopicView) {
    return scope.nodes === null ? name : `${name} ${scope.nodes.join()}`;
  }
}

/** A client that remembers what it was sent and whose network the test can hold up. */
class Port implements ClientPort {
  readonly got: Record<string, unknown>[] = [];
  readonly sent: Buffer[] = [];
  unsent = 0;

  send(message: Buffer) {
    this.sent.push(message);
    this.got.push(JSON.parse(message.toString()) as Record<string, unknown>);
  }
  bufferedBytes() {
    return this.unsent;
  }
  /** What came since the last call. */
  take() {
    return this.got.splice(0);
  }
}

let source: HandFed;
let nowMs: number;
let hub: LiveHub;

function createHub(limits: Partial<typeof LIVE_LIMITS> = {}) {
  let streams = 0;
  return new LiveHub({
    sources: [source],
    limits: { ...LIVE_LIMITS, ...limits },
    metrics: createMetrics({ process: 'test' }),
    nowMs: () => nowMs,
    newStream: () => `s${++streams}`,
  });
}

beforeEach(() => {
  source = new HandFed();
  nowMs = Date.parse('2025-03-01T10:00:00Z');
  hub = createHub();
});

function connected(nodes: string[] | null = null): { client: LiveClient; port: Port } {
  const port = new Port();
  const client = hub.connect(port, { refusal: () => null, scope: { nodes, channels: null } });
  if (client === null) throw new Error('the hub is full');
  return { client, port };
}

const say = (client: LiveClient, message: object) => hub.receive(client, JSON.stringify(message));
const subscribe = (client: LiveClient, topic: string, resume?: { stream: string; n: number }) =>
  say(client, { op: 'subscribe', topic, ...(resume ? { resume } : {}) });

describe('a topic', () => {
  test('is a snapshot first, then numbered deltas of the fields that changed', () => {
    const { client, port } = connected();
    subscribe(client, 'atp:A');
    expect(port.take()).toEqual([]);

    source.publish('atp:A', { atp: 7, nodes: [{ id: 'dc-01' }] });
    source.publish('atp:A', { atp: 6, nodes: [{ id: 'dc-01' }] });
    source.publish('atp:A', { atp: 6, nodes: [{ id: 'dc-02' }] });

    expect(port.take()).toEqual([
      {
        op: 'snapshot',
        topic: 'atp:A',
        stream: 's1',
        n: 0,
        data: { atp: 7, nodes: [{ id: 'dc-01' }] },
      },
      { op: 'delta', topic: 'atp:A', n: 1, data: { atp: 6 } },
      { op: 'delta', topic: 'atp:A', n: 2, data: { nodes: [{ id: 'dc-02' }] } },
    ]);
  });

  test('sends nothing when nothing changed', () => {
    const { client, port } = connected();
    subscribe(client, 'atp:A');
    source.publish('atp:A', { atp: 7 });
    port.take();

    source.publish('atp:A', { atp: 7 });

    expect(port.take()).toEqual([]);
  });

  test('is opened once for all its followers, and each starts with the value as it is', () => {
    const first = connected();
    subscribe(first.client, 'atp:A');
    source.publish('atp:A', { atp: 7 });
    source.publish('atp:A', { atp: 5 });
    const second = connected();
    subscribe(second.client, 'atp:A');

    expect(second.port.take()).toEqual([
      { op: 'snapshot', topic: 'atp:A', stream: 's1', n: 1, data: { atp: 5 } },
    ]);
  });

  test('makes each message once for all its followers', () => {
    const followers = [connected(), connected(), connected()];
    for (const { client } of followers) subscribe(client, 'atp:A');
    source.publish('atp:A', { atp: 7 });
    source.publish('atp:A', { atp: 5 });

    const [first, ...others] = followers.map(({ port }) => port.sent);
    expect(first).toHaveLength(2);
    for (const sent of others) {
      expect(sent.every((message, index) => message === first?.[index])).toBe(true);
    }
  });

  test('is shared by those whose scopes let the same through, and by no others', () => {
    const [whole, one, same, other] = [null, ['a', 'b'], ['b', 'a'], ['b']].map(connected);
    for (const each of [whole, one, same, other]) subscribe(each!.client, 'atp:A');
    expect([...source.sinks.keys()]).toEqual(['atp:A', 'atp:A a,b', 'atp:A b']);

    source.publish('atp:A a,b', { atp: 7 });
    expect(one?.port.take()).toEqual([
      { op: 'snapshot', topic: 'atp:A', stream: 's2', n: 0, data: { atp: 7 } },
    ]);
    expect(same?.port.take()).toHaveLength(1);
    expect([...whole!.port.take(), ...other!.port.take()]).toEqual([]);
  });

  test('that scopes do not limit is the same for everybody', () => {
    source.limited = false;
    const followers = [connected(), connected(['a'])];
    for (const { client } of followers) subscribe(client, 'atp:A');
    source.publish('atp:A', { atp: 7 });
    for (const { port } of followers) expect(port.take()).toMatchObject([{ stream: 's1' }]);
  });

  test('sends nothing more to whoever left it', () => {
    const { client, port } = connected();
    subscribe(client, 'atp:A');
    source.publish('atp:A', { atp: 7 });
    port.take();

    say(client, { op: 'unsubscribe', topic: 'atp:A' });
    source.publish('atp:A', { atp: 6 });

    expect(port.take()).toEqual([]);
  });

  test('lives on for a while without followers, then ends', () => {
    const { client } = connected();
    subscribe(client, 'atp:A');
    hub.disconnect(client);

    nowMs += LIVE_LIMITS.lingerMs - 1;
    hub.sweep();
    expect(source.closed).toEqual([]);
    nowMs += 1;
    hub.sweep();
    expect(source.closed).toEqual(['atp:A']);
  });

  test('does not end while someone follows it', () => {
    const { client } = connected();
    subscribe(client, 'atp:A');
    nowMs += 10 * LIVE_LIMITS.lingerMs;
    hub.sweep();
    expect(source.closed).toEqual([]);
  });
});

describe('resuming', () => {
  function interrupted(deltas: number) {
    const before = connected();
    subscribe(before.client, 'atp:A');
    source.publish('atp:A', { atp: 0 });
    hub.disconnect(before.client);
    for (let atp = 1; atp <= deltas; atp++) source.publish('atp:A', { atp });
    return connected();
  }

  test('sends exactly what was missed', () => {
    const { client, port } = interrupted(3);
    subscribe(client, 'atp:A', { stream: 's1', n: 1 });
    expect(port.take()).toEqual([
      { op: 'delta', topic: 'atp:A', n: 2, data: { atp: 2 } },
      { op: 'delta', topic: 'atp:A', n: 3, data: { atp: 3 } },
    ]);
  });

  test('sends nothing when nothing was missed, and goes on with the next', () => {
    const { client, port } = interrupted(3);
    subscribe(client, 'atp:A', { stream: 's1', n: 3 });
    expect(port.take()).toEqual([]);
    source.publish('atp:A', { atp: 9 });
    expect(port.take()).toEqual([{ op: 'delta', topic: 'atp:A', n: 4, data: { atp: 9 } }]);
  });

  test.each([
    ['another numbering', 3, { stream: 's0', n: 2 }],
    ['a number from the future', 3, { stream: 's1', n: 4 }],
    ['more than is kept', LIVE_LIMITS.ringDeltas + 1, { stream: 's1', n: 0 }],
  ])('starts anew after %s', (_why, deltas, resume) => {
    const { client, port } = interrupted(deltas);
    subscribe(client, 'atp:A', resume);
    expect(port.take()).toEqual([
      { op: 'snapshot', topic: 'atp:A', stream: 's1', n: deltas, data: { atp: deltas } },
    ]);
  });

  test('keeps as many deltas as the limit says', () => {
    const { client, port } = interrupted(LIVE_LIMITS.ringDeltas + 1);
    subscribe(client, 'atp:A', { stream: 's1', n: 1 });
    expect(port.take()).toHaveLength(LIVE_LIMITS.ringDeltas);
  });
});

describe('a client that does not read', () => {
  test('gets no deltas meanwhile, then resync and the value as it is', () => {
    const { client, port } = connected();
    subscribe(client, 'atp:A');
    source.publish('atp:A', { atp: 7 });
    port.take();

    port.unsent = LIVE_LIMITS.bufferedBytes + 1;
    source.publish('atp:A', { atp: 6 });
    source.publish('atp:A', { atp: 5 });
    expect(port.take()).toEqual([]);

    port.unsent = 0;
    hub.drained(client);
    expect(port.take()).toEqual([
      { op: 'resync', topic: 'atp:A' },
      { op: 'snapshot', topic: 'atp:A', stream: 's1', n: 2, data: { atp: 5 } },
    ]);
    source.publish('atp:A', { atp: 4 });
    expect(port.take()).toEqual([{ op: 'delta', topic: 'atp:A', n: 3, data: { atp: 4 } }]);
  });

  test('delays nobody else', () => {
    const slow = connected();
    const quick = connected();
    subscribe(slow.client, 'atp:A');
    subscribe(quick.client, 'atp:A');
    source.publish('atp:A', { atp: 7 });
    slow.port.unsent = LIVE_LIMITS.bufferedBytes + 1;
    quick.port.take();

    source.publish('atp:A', { atp: 6 });

    expect(quick.port.take()).toEqual([{ op: 'delta', topic: 'atp:A', n: 1, data: { atp: 6 } }]);
  });

  test('stays behind until half of it is sent, so that it does not flap', () => {
    const { client, port } = connected();
    subscribe(client, 'atp:A');
    source.publish('atp:A', { atp: 7 });
    port.unsent = LIVE_LIMITS.bufferedBytes + 1;
    source.publish('atp:A', { atp: 6 });
    port.take();

    port.unsent = LIVE_LIMITS.bufferedBytes / 2 + 1;
    hub.drained(client);
    expect(port.take()).toEqual([]);
  });
});

describe('a source in trouble', () => {
  test('is told once to each follower, and the next value shows that it is over', () => {
    const { client, port } = connected();
    subscribe(client, 'atp:A');
    source.publish('atp:A', { atp: 7 });
    port.take();

    source.fail('atp:A', 'no answer');
    source.fail('atp:A', 'no answer');
    source.publish('atp:A', { atp: 7 });

    expect(port.take()).toEqual([
      { op: 'error', topic: 'atp:A', code: 'unavailable', detail: 'no answer' },
      { op: 'delta', topic: 'atp:A', n: 1, data: {} },
    ]);
  });

  test('is told to whoever comes meanwhile', () => {
    const first = connected();
    subscribe(first.client, 'atp:A');
    source.fail('atp:A', 'no answer');
    const second = connected();
    subscribe(second.client, 'atp:A');
    expect(second.port.take()).toEqual([
      { op: 'error', topic: 'atp:A', code: 'unavailable', detail: 'no answer' },
    ]);
  });
});

describe('messages that are wrong', () => {
  test.each([
    ['not_json', '{'],
    ['invalid_message', '[]'],
    ['invalid_message', '{"op":"shout"}'],
    ['invalid_message', '{"op":"subscribe"}'],
    ['invalid_message', '{"op":"subscribe","topic":"atp:A","extra":1}'],
    ['invalid_message', '{"op":"subscribe","topic":"atp:A","resume":{"stream":"s1","n":-1}}'],
    ['unknown_topic', '{"op":"subscribe","topic":"weather"}'],
  ])('are answered with %s: %s', (code, text) => {
    const { client, port } = connected();
    hub.receive(client, text);
    expect(port.take()).toMatchObject([{ op: 'error', code }]);
  });

  test('a ping is answered with the time', () => {
    const { client, port } = connected();
    say(client, { op: 'ping' });
    expect(port.take()).toEqual([{ op: 'pong', at: '2025-03-01T10:00:00.000Z' }]);
  });
});

describe('limits', () => {
  test('a client follows so many topics; leaving one makes room', () => {
    const { client, port } = connected();
    for (let i = 0; i < LIVE_LIMITS.topicsPerClient; i++) subscribe(client, `atp:${i}`);
    subscribe(client, 'atp:more');
    expect(port.take()).toMatchObject([
      { op: 'error', topic: 'atp:more', code: 'too_many_topics' },
    ]);
    subscribe(client, 'atp:0');
    say(client, { op: 'unsubscribe', topic: 'atp:0' });
    subscribe(client, 'atp:more');
    expect(port.take()).toEqual([]);
  });

  test('of all topics the one that was longest without followers makes room', () => {
    hub = createHub({ topics: 2 });
    const { client, port } = connected();
    subscribe(client, 'atp:A');
    subscribe(client, 'atp:B');
    say(client, { op: 'unsubscribe', topic: 'atp:B' });
    nowMs += 1;
    say(client, { op: 'unsubscribe', topic: 'atp:A' });

    subscribe(client, 'atp:C');
    expect(source.closed).toEqual(['atp:B']);
    subscribe(client, 'atp:A');
    subscribe(client, 'atp:D');
    expect(port.take()).toMatchObject([{ topic: 'atp:D', code: 'too_many_topics' }]);
  });

  test('no more clients than the limit', () => {
    hub = createHub({ clients: 1 });
    const { client } = connected();
    expect(hub.connect(new Port())).toBeNull();
    hub.disconnect(client);
    expect(hub.connect(new Port())).not.toBeNull();
  });
});
