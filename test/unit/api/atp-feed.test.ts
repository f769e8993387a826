import { expect, test, vi } from 'vitest';
import { ASK_LIMITS } from '../../../api/limits.ts';
import { AtpFeed, atpTopic } from '../../../api/live/atp-feed.ts';
import type { TopicView } from '../../../api/live/topics.ts';
import type { AtpView, NodeAtp } from '../../../contracts/atp.ts';
import { partitionOf } from '../../../contracts/subjects.ts';
import { EVERYWHERE } from '../../../platform/access/identity.ts';
import { createMetrics } from '../../../platform/metrics.ts';

const LIMITS = { ...ASK_LIMITS, gapMs: 1, retryMinMs: 1, retryMaxMs: 2 };

/** A ledger whose answers the test gives one by one, in the order of the questions. */
function createLedger() {
  const questions: {
    sku: string;
    answer: (view: Partial<AtpView>) => void;
    refuse: (error: Error) => void;
  }[] = [];
  const ask = (sku: string) =>
    new Promise<AtpView>((resolve, reject) => {
      questions.push({ sku, answer: (view) => resolve(view as AtpView), refuse: reject });
    });
  return { ask, questions };
}

function createFeed(limits = LIMITS) {
  const ledger = createLedger();
  const listening = new Set<number>();
  const feed = new AtpFeed({
    ask: ledger.ask,
    listen: (partition) => {
      listening.add(partition);
      return () => listening.delete(partition);
    },
    limits,
    metrics: createMetrics({ process: 'test' }),
  });
  const sink = {
    publish: vi.fn<(value: object) => void>(),
    fail: vi.fn<(detail: string) => void>(),
  };
  return { feed, sink, listening, questions: ledger.questions };
}

const everywhere = (sku: string): TopicView => ({ name: atpTopic(sku), scope: EVERYWHERE });
const A = everywhere('A');

const settled = () => new Promise((resolve) => setImmediate(resolve));

test('an opened topic is asked for at once, and its partition is listened to first', async () => {
  const { feed, sink, listening, questions } = createFeed();
  feed.open(A, sink);
  expect([...listening]).toEqual([partitionOf('A')]);
  expect(questions.map((question) => question.sku)).toEqual(['A']);

  questions[0]?.answer({ sku_id: 'A', seq: 1 });
  await settled();
  expect(sink.publish).toHaveBeenCalledWith({ sku_id: 'A', seq: 1 });
});

test('what several scopes follow is asked for once, and each is shown its part', async () => {
  const { feed, sink, listening, questions } = createFeed();
  const part = {
    publish: vi.fn<(value: object) => void>(),
    fail: vi.fn<(detail: string) => void>(),
  };
  const limited: TopicView = { name: A.name, scope: { nodes: ['dc-01'], channels: null } };
  feed.open(A, sink);
  feed.open(limited, part);
  expect(questions).toHaveLength(1);

  const totals = { qoh: 3, atp: 3, afs: 3, open_demand: 0, soft_reserved: 0, inbound: 0 };
  const [here, there] = [1, 2].map((units) => ({
    ...{ node_id: `dc-0${units}`, qoh: units, atp: units, afs: units },
    ...{ open_demand: 0, soft_reserved: 0, in_transit_in: 0, on_order: 0 },
  })) as NodeAtp[];
  const answer = { totals, nodes: [here, there] as NodeAtp[], channels: [] };
  questions[0]?.answer(answer);
  await settled();
  expect(sink.publish).toHaveBeenCalledWith(answer);
  expect(part.publish).toHaveBeenCalledWith({
    ...{ nodes: [here], channels: [], totals: { ...totals, qoh: 1, atp: 1, afs: 1 } },
  });

  feed.close(A);
  expect(listening.size).toBe(1);
  feed.close(limited);
  expect(listening.size).toBe(0);
});

test('a notice asks for followed SKUs only', async () => {
  const { feed, sink, questions } = createFeed();
  feed.open(A, sink);
  questions[0]?.answer({});
  await vi.waitFor(() => {
    feed.onNotice({ skus: ['A', 'B'], seq: 2 });
    expect(questions.map((question) => question.sku)).toEqual(['A', 'A']);
  });
});

test('one question per SKU is under way; changes meanwhile lead to exactly one more', async () => {
  const { feed, sink, questions } = createFeed();
  feed.open(A, sink);
  for (let seq = 2; seq < 50; seq++) feed.onNotice({ skus: ['A'], seq });
  expect(questions).toHaveLength(1);

  questions[0]?.answer({ seq: 1 });
  await vi.waitFor(() => expect(questions).toHaveLength(2));
  questions[1]?.answer({ seq: 49 });
  await vi.waitFor(() => expect(sink.publish).toHaveBeenCalledTimes(2));
  await settled();
  expect(questions).toHaveLength(2);
});

test('a question without answer is told and asked again until it has one', async () => {
  const { feed, sink, questions } = createFeed();
  feed.open(A, sink);
  questions[0]?.refuse(new Error('no owner'));
  await vi.waitFor(() => expect(questions).toHaveLength(2));
  expect(sink.fail).toHaveBeenCalledWith('no owner');
  questions[1]?.refuse(new Error('no owner'));
  await vi.waitFor(() => expect(questions).toHaveLength(3));
  questions[2]?.answer({ seq: 3 });
  await vi.waitFor(() => expect(sink.publish).toHaveBeenCalledWith({ seq: 3 }));
});

test('only so many questions are under way; the others follow', async () => {
  const { feed, sink, questions } = createFeed({ ...LIMITS, inFlight: 2 });
  for (const sku of ['A', 'B', 'C']) feed.open(everywhere(sku), sink);
  expect(questions.map((question) => question.sku)).toEqual(['A', 'B']);
  questions[0]?.answer({});
  await vi.waitFor(() =>
    expect(questions.map((question) => question.sku)).toEqual(['A', 'B', 'C']),
  );
});

test('after a break everything followed is asked for again', async () => {
  const { feed, sink, questions } = createFeed();
  feed.open(A, sink);
  feed.open(everywhere('B'), sink);
  for (const question of questions) question.answer({});
  await vi.waitFor(() => expect(sink.publish).toHaveBeenCalledTimes(2));

  feed.refreshAll();

  await vi.waitFor(() =>
    expect(questions.map((question) => question.sku)).toEqual(['A', 'B', 'A', 'B']),
  );
});

test('a closed topic is neither asked for nor published to, and its partition is left', async () => {
  const { feed, sink, listening, questions } = createFeed();
  feed.open(A, sink);
  feed.close(A);
  questions[0]?.answer({ seq: 1 });
  await settled();
  feed.onNotice({ skus: ['A'], seq: 2 });
  feed.refreshAll();

  expect(sink.publish).not.toHaveBeenCalled();
  expect(questions).toHaveLength(1);
  expect(listening.size).toBe(0);
});

test('a partition is listened to as long as one of its SKUs is followed', () => {
  const { feed, sink, listening } = createFeed();
  const [one, other] = twoOfOnePartition().map(everywhere) as [TopicView, TopicView];
  feed.open(one, sink);
  feed.open(other, sink);
  feed.close(one);
  expect(listening.size).toBe(1);
  feed.close(other);
  expect(listening.size).toBe(0);
});

test.each([
  ['atp:85123A', true],
  ['atp:Ünïcode/1', true],
  ['atp:', false],
  ['atp:a b', false],
  ['atp:a.b', false],
  ['atp:a>', false],
  [`atp:${'x'.repeat(65)}`, false],
  ['system', false],
])('%s is a topic of the feed: %s', (topic, owned) => {
  expect(createFeed().feed.owns(topic)).toBe(owned);
});

function twoOfOnePartition(): [string, string] {
  const seen = new Map<number, string>();
  for (let i = 0; ; i++) {
    const sku = `SKU-${i}`;
    const other = seen.get(partitionOf(sku));
    if (other !== undefined) return [other, sku];
    seen.set(partitionOf(sku), sku);
  }
}
