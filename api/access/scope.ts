/**
 * What a caller with node or channel scopes is shown: what lies at one of their nodes, and is of one of their
 * channels. What names neither, where a limit is set, is not shown: it may be about any of them. Stock and the
 * floor are of no channel: nodes alone limit them. Pure.
 */
import type { AtpView, ChannelAfs, NodeAtp } from '../../contracts/atp.ts';
import type { CaseRecord } from '../../contracts/case-record.ts';
import { isScoped, type Scope } from '../../platform/access/identity.ts';
import { outOfScope } from '../../platform/http/access.ts';

const within = (keys: readonly string[] | null, key: string): boolean =>
  keys === null || keys.includes(key);

export const seesNode = ({ nodes }: Scope, node: string): boolean => within(nodes, node);

/** Throws a problem when the node is out of reach. */
export function assertReaches(scope: Scope, node: string): void {
  if (!seesNode(scope, node)) throw outOfScope(`The token does not reach to node ${node}`);
}

/** The nodes that are asked about: the one that is named, or all in reach; null: every node. Throws a problem. */
export function nodesAsked(scope: Scope, node: string | undefined): readonly string[] | null {
  if (node === undefined) return scope.nodes;
  assertReaches(scope, node);
  return [node];
}

export const seesCase = (
  { channels, nodes }: Scope,
  { channelId, nodeId }: Pick<CaseRecord, 'channelId' | 'nodeId'>,
): boolean => within(nodes, nodeId) && within(channels, channelId);

/** A channel's availability is made of all nodes that serve it. */
const seesChannel = (scope: Scope, { channel_id: channel, nodes }: ChannelAfs): boolean =>
  within(scope.channels, channel) && nodes.every((node) => seesNode(scope, node));

/**
 * The view of a SKU with only the nodes and channels of the scope. Totals are those of the nodes that are
 * shown; demand and reservations that no node has been chosen for (node `-`) are nobody's then.
 */
export function scopedAtp(view: AtpView, scope: Scope): AtpView {
  if (!isScoped(scope)) return view;
  const nodes = view.nodes.filter(({ node_id }) => seesNode(scope, node_id));
  const channels = view.channels.filter((channel) => seesChannel(scope, channel));
  const isWhole = nodes.length === view.nodes.length;
  return { ...view, nodes, channels, totals: isWhole ? view.totals : totalsOf(nodes) };
}

function totalsOf(nodes: readonly NodeAtp[]): AtpView['totals'] {
  const sum = (pick: (node: NodeAtp) => number) =>
    nodes.reduce((total, node) => total + pick(node), 0);
  return {
    qoh: sum(({ qoh }) => qoh),
    atp: sum(({ atp }) => atp),
    afs: sum(({ afs }) => afs),
    open_demand: sum(({ open_demand }) => open_demand),
    soft_reserved: sum(({ soft_reserved }) => soft_reserved),
    inbound: sum(({ in_transit_in, on_order }) => in_transit_in + on_order),
  };
}
