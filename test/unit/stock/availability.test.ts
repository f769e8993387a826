/** What may be sold, from events: REFERENCE §2.4 with figures computed by hand. */
import { describe, expect, it } from 'vitest';
import { event } from '../../support/given.ts';
import { LedgerBench } from '../../support/ledger.ts';

const decided = { actor: 'ann', reason: 'test' };

const stocked = (sku: string, node: string, units: number) =>
  event('inventory.adjusted', { sku_id: sku, node_id: node, qty_delta: units });

const ordered = (order: string, sku: string, qty: number, node?: string, channel = 'web') =>
  event('order.created', {
    order_id: order,
    channel_id: channel,
    lines: [
      {
        line_id: '1',
        sku_id: sku,
        qty,
        unit_price: '1.00',
        ...(node === undefined ? {} : { node_id: node }),
      },
    ],
  });

const allocated = (order: string, sku: string, node: string, qty: number) =>
  event('order.line.allocated', { order_id: order, line_id: '1', sku_id: sku, node_id: node, qty });

const safetyStock = (scope: { sku_id?: string; node_id?: string }, units: number, at?: number) =>
  event(
    'policy.set',
    { policy: 'safety_stock', scope, value: { units }, ...decided },
    at === undefined ? {} : { at },
  );

type ChannelValue = {
  share: number;
  nodes?: string[];
  cap_units?: number;
  buffer_units?: number;
  dedicated_units?: number;
};
const channelPolicy = (channel_id: string, value: ChannelValue) =>
  event('policy.set', { policy: 'channel', scope: { channel_id }, value, ...decided });

const channelOf = (bench: LedgerBench, sku: string, id: string) =>
  bench.view(sku).channels.find((channel) => channel.channel_id === id);

describe('a node', () => {
  it("gives HotWax's figure: 100 on hand − 20 allocated − 10 safety stock − 50 buffer = 20", () => {
    const bench = new LedgerBench().given(
      stocked('A', 'dc', 100),
      ordered('o1', 'A', 20, 'dc'),
      allocated('o1', 'A', 'dc', 20),
      safetyStock({ sku_id: 'A', node_id: 'dc' }, 10),
      channelPolicy('web', { share: 1, buffer_units: 50 }),
    );
    expect(bench.view('A').nodes[0]).toMatchObject({ qoh: 100, committed: 20, atp: 80, afs: 70 });
    expect(channelOf(bench, 'A', 'web')).toMatchObject({ pool: 70, afs: 20 });
  });

  it('subtracts what is not for sale, committed or demanded', () => {
    const bench = new LedgerBench().given(
      stocked('A', 'dc', 100),
      event('inventory.state.changed', {
        sku_id: 'A',
        node_id: 'dc',
        from_state: 'available',
        to_state: 'damaged',
        qty: 7,
      }),
      ordered('o1', 'A', 12, 'dc'),
      allocated('o1', 'A', 'dc', 9),
    );
    // 100 − 7 unsellable − 9 committed − 3 open demand.
    expect(bench.view('A').nodes[0]).toMatchObject({
      qoh: 100,
      unsellable: 7,
      committed: 9,
      open_demand: 3,
      atp: 81,
      afs: 81,
    });
  });

  it('shows ATP below 0 and never sells below 0', () => {
    const bench = new LedgerBench().given(stocked('A', 'dc', 5), ordered('o1', 'A', 8, 'dc'));
    expect(bench.view('A').nodes[0]).toMatchObject({ atp: -3, afs: 0 });
    expect(bench.view('A').totals).toMatchObject({ atp: -3, afs: 0 });
  });

  it('takes the narrowest safety stock: SKU at node, SKU, node, everywhere', () => {
    const bench = new LedgerBench().given(stocked('A', 'dc', 100), safetyStock({}, 1));
    const held = () => bench.view('A').nodes[0]?.safety_stock;
    expect(held()).toBe(1);
    expect(bench.given(safetyStock({ node_id: 'dc' }, 2)).view('A').nodes[0]?.afs).toBe(98);
    bench.given(safetyStock({ sku_id: 'A' }, 3));
    expect(held()).toBe(3);
    bench.given(safetyStock({ sku_id: 'A', node_id: 'dc' }, 4));
    expect(held()).toBe(4);
    bench.given(safetyStock({ sku_id: 'A', node_id: 'store' }, 50));
    expect(held()).toBe(4);
  });

  it('holds to the later of two decisions, in whatever order they arrive', () => {
    const bench = new LedgerBench().given(
      stocked('A', 'dc', 100),
      safetyStock({ sku_id: 'A' }, 30, 20),
      safetyStock({ sku_id: 'A' }, 10, 5),
    );
    expect(bench.view('A').nodes[0]?.safety_stock).toBe(30);
  });
});

describe('a SKU over its nodes', () => {
  it('subtracts demand without a node from the pool, not from a node', () => {
    const bench = new LedgerBench().given(
      stocked('A', 'dc', 10),
      stocked('A', 'store', 5),
      ordered('o1', 'A', 4),
      event('reservation.created', {
        reservation_id: 'r1',
        sku_id: 'A',
        qty: 2,
        expires_at: '2026-03-03T00:00:00Z',
      }),
      channelPolicy('web', { share: 1 }),
    );
    const view = bench.view('A');
    expect(view.nodes.map(({ afs, node_id }) => [node_id, afs])).toEqual([
      ['dc', 10],
      ['store', 5],
      ['-', 0],
    ]);
    expect(view.totals).toMatchObject({ qoh: 15, atp: 11, afs: 9, open_demand: 4 });
    expect(channelOf(bench, 'A', 'web')).toMatchObject({ pool: 9, afs: 9 });
  });

  it('knows nothing of a SKU that no event has named', () => {
    expect(new LedgerBench().view('B')).toMatchObject({ known: false, nodes: [], channels: [] });
  });
});

describe('channels', () => {
  /** 100 units; 30 set aside for retail, of the other 70 half for the web, a tenth for the market. */
  const shared = () =>
    new LedgerBench().given(
      stocked('A', 'dc', 60),
      stocked('A', 'store', 40),
      channelPolicy('web', { share: 0.5, buffer_units: 5 }),
      channelPolicy('market', { share: 0.1, cap_units: 4 }),
      channelPolicy('retail', { share: 0.4, dedicated_units: 30 }),
    );

  it('share what is not set aside, less buffers and within caps', () => {
    const bench = shared();
    // 0.5 × 70 − 5 = 30; min(4, 0.1 × 70) = 4; 30 + 0.4 × 70 = 58.
    expect(bench.view('A').channels.map(({ afs, channel_id }) => [channel_id, afs])).toEqual([
      ['market', 4],
      ['retail', 58],
      ['web', 30],
    ]);
  });

  it('sell their set-aside first, and get it back when an order is cancelled', () => {
    const bench = shared().given(ordered('o1', 'A', 12, 'dc', 'retail'));
    // 88 left; 18 still set aside; 18 + 0.4 × 70 = 46.
    expect(channelOf(bench, 'A', 'retail')).toMatchObject({ dedicated_left: 18, afs: 46 });
    expect(channelOf(bench, 'A', 'web')).toMatchObject({ pool: 88, afs: 30 });
    bench.given(event('order.cancelled', { order_id: 'o1', lines: [{ line_id: '1', qty: 12 }] }));
    expect(channelOf(bench, 'A', 'retail')).toMatchObject({ dedicated_left: 30, afs: 58 });
  });

  it('begin a new set-aside unsold', () => {
    const bench = shared().given(
      ordered('o1', 'A', 12, 'dc', 'retail'),
      channelPolicy('retail', { share: 0.4, dedicated_units: 20 }),
    );
    expect(channelOf(bench, 'A', 'retail')?.dedicated_left).toBe(20);
    // What was sold out of the old one does not enlarge the new one.
    bench.given(event('order.cancelled', { order_id: 'o1', lines: [{ line_id: '1', qty: 12 }] }));
    expect(channelOf(bench, 'A', 'retail')?.dedicated_left).toBe(20);
  });

  it('are served by their nodes, and only set-asides on those nodes count against them', () => {
    const bench = shared().given(
      channelPolicy('web', { share: 0.5, nodes: ['dc'] }),
      channelPolicy('retail', { share: 1, nodes: ['store'], dedicated_units: 30 }),
    );
    expect(channelOf(bench, 'A', 'web')).toMatchObject({ nodes: ['dc'], pool: 60, afs: 30 });
    expect(channelOf(bench, 'A', 'retail')).toMatchObject({ nodes: ['store'], pool: 40, afs: 40 });
  });

  it('take a policy of the SKU over one of the channel', () => {
    const bench = shared().given(
      event('policy.set', {
        policy: 'channel',
        scope: { channel_id: 'web', sku_id: 'A' },
        value: { share: 0 },
        ...decided,
      }),
    );
    expect(channelOf(bench, 'A', 'web')?.afs).toBe(0);
  });

  it('show what they were last told, by the time of its computation', () => {
    const told = (qty: number, computed_at: string) =>
      event('channel.availability.published', {
        sku_id: 'A',
        channel_id: 'ebay',
        qty,
        computed_at,
      });
    const bench = new LedgerBench().given(
      stocked('A', 'dc', 9),
      told(8, '2026-03-02T08:10:00Z'),
      told(3, '2026-03-02T08:05:00Z'),
    );
    // Without a policy it may sell the whole pool.
    expect(channelOf(bench, 'A', 'ebay')).toMatchObject({
      afs: 9,
      published: 8,
      published_at: '2026-03-02T08:10:00.000Z',
    });
  });
});
