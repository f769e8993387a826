/** What scopes let through: nodes, channels and cases, given a view of the ledger. */
import { describe, expect, test } from 'vitest';
import { scopedAtp, seesCase } from '../../../api/access/scope.ts';
import type { AtpView, ChannelAfs, NodeAtp } from '../../../contracts/atp.ts';
import { EVERYWHERE } from '../../../platform/access/identity.ts';

const node = (node_id: string, units: number) =>
  ({
    node_id,
    ...{ qoh: units, atp: units, afs: units, open_demand: 1, soft_reserved: 0 },
    ...{ in_transit_in: 2, on_order: 3 },
  }) as NodeAtp;
const channel = (channel_id: string, nodes: string[]) =>
  ({ channel_id, nodes, afs: 5 }) as ChannelAfs;

const view = {
  sku_id: 'MUG',
  known: true,
  totals: { qoh: 30, atp: 25, afs: 20, open_demand: 7, soft_reserved: 0, inbound: 10 },
  nodes: [node('dc-01', 10), node('dc-02', 20), node('-', -5)],
  channels: [channel('web', ['dc-01', 'dc-02']), channel('shop', ['dc-01'])],
} as AtpView;
const ids = ({ channels, nodes }: AtpView) => ({
  nodes: nodes.map(({ node_id }) => node_id),
  channels: channels.map(({ channel_id }) => channel_id),
});

describe('the view of a SKU', () => {
  test('is whole without a scope', () => {
    expect(scopedAtp(view, EVERYWHERE)).toBe(view);
  });

  test('has only the nodes of the scope, their sums, and channels that they alone serve', () => {
    const seen = scopedAtp(view, { nodes: ['dc-01'], channels: null });
    expect(ids(seen)).toEqual({ nodes: ['dc-01'], channels: ['shop'] });
    expect(seen.totals).toEqual({
      ...{ qoh: 10, atp: 10, afs: 10, open_demand: 1, soft_reserved: 0, inbound: 5 },
    });
  });

  test('has only the channels of the scope', () => {
    const seen = scopedAtp(view, { nodes: null, channels: ['web'] });
    expect(ids(seen)).toEqual({ nodes: ['dc-01', 'dc-02', '-'], channels: ['web'] });
    expect(seen.totals).toBe(view.totals);
  });

  test('has nothing of a node that is not in the scope', () => {
    const seen = scopedAtp(view, { nodes: ['dc-09'], channels: null });
    expect(ids(seen)).toEqual({ nodes: [], channels: [] });
    expect(seen.totals.qoh).toBe(0);
  });
});

test.each([
  [{ nodes: ['dc-01'], channels: null }, { nodeId: 'dc-01', channelId: '' }, true],
  [{ nodes: ['dc-01'], channels: null }, { nodeId: 'dc-02', channelId: '' }, false],
  [{ nodes: ['dc-01'], channels: null }, { nodeId: '', channelId: '' }, false],
  [{ nodes: null, channels: ['web'] }, { nodeId: 'dc-02', channelId: 'web' }, true],
  [{ nodes: null, channels: ['web'] }, { nodeId: 'dc-02', channelId: '' }, false],
  [{ nodes: ['dc-01'], channels: ['web'] }, { nodeId: 'dc-01', channelId: 'shop' }, false],
  [EVERYWHERE, { nodeId: '', channelId: '' }, true],
])('scope %o sees a case of %o: %s', (scope, record, sees) => {
  expect(seesCase(scope, record)).toBe(sees);
});
