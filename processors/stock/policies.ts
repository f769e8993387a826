/**
 * Policies that availability depends on: safety stock, channel allocation and how inbound supply counts.
 * They are events (`policy.set`), so a number can always be explained by the decision behind it. Of two
 * decisions about one scope the one with the later event time holds, in whatever order they arrive.
 */
import type { DataOf } from '../../contracts/events.ts';
import { POLICY_DEFAULTS } from '../../contracts/policy-defaults.ts';
import type { SnapshotPart } from '../processor.ts';
import type { SupplierProfiles } from './supplier-profiles.ts';
import { joined, jsonParts, mapParts, parseJson, restoreMap } from '../facts/parts.ts';

type PolicySet = DataOf<'policy.set'>;
type ValueOf<P extends PolicySet['policy']> = Extract<PolicySet, { policy: P }>['value'];
export type ChannelPolicy = ValueOf<'channel'>;
export type SupplyPolicy = ValueOf<'supply'>;

interface Decision<V> {
  readonly value: V;
  readonly atMs: number;
}

/** Until a policy says otherwise: on time, a day from dock to stock, nothing short (REFERENCE §2.5 [K]). */
const DEFAULT_SUPPLY: SupplyPolicy = POLICY_DEFAULTS.supply;
/** A channel without a policy may sell the whole pool. */
const DEFAULT_CHANNEL: ChannelPolicy = POLICY_DEFAULTS.channel;

export class Policies {
  readonly #profiles: SupplierProfiles;
  readonly #decisions = new Map<string, Decision<unknown>>();
  readonly #channels = new Set<string>();
  /** Units that a channel sold out of what is set aside for it, by `sku channel`. */
  readonly #dedicatedSold = new Map<string, number>();

  constructor(profiles: SupplierProfiles) {
    this.#profiles = profiles;
  }

  set(data: PolicySet, timeMs: number): void {
    const key = keyOf(data);
    const known = this.#decisions.get(key);
    if (known !== undefined && known.atMs > timeMs) return;
    this.#decisions.set(key, { value: data.value, atMs: timeMs });
    if (data.policy !== 'channel') return;
    this.#channels.add(data.scope.channel_id);
    // A new set-aside starts unsold.
    const suffix = ` ${data.scope.channel_id}`;
    for (const sold of this.#dedicatedSold.keys()) {
      const concerns =
        data.scope.sku_id === undefined
          ? sold.endsWith(suffix)
          : sold === `${data.scope.sku_id}${suffix}`;
      if (concerns) this.#dedicatedSold.delete(sold);
    }
  }

  /** Units held back, and the scope that says so: SKU at node, SKU, node, everywhere. */
  safetyStock(sku: string, node: string): { units: number; scope: string } {
    for (const [scope, words] of [
      [`${sku} ${node}`, `SKU ${sku} at ${node}`],
      [`${sku} `, `SKU ${sku}`],
      [` ${node}`, `node ${node}`],
      [' ', 'everywhere'],
    ] as const) {
      const found = this.#find<ValueOf<'safety_stock'>>(`safety_stock ${scope}`);
      if (found !== undefined) return { units: found.units, scope: words };
    }
    return { units: 0, scope: 'no policy' };
  }

  channel(channel: string, sku: string): ChannelPolicy {
    return (
      this.#find<ChannelPolicy>(`channel ${channel} ${sku}`) ??
      this.#find<ChannelPolicy>(`channel ${channel} `) ??
      DEFAULT_CHANNEL
    );
  }

  /** Channels that a policy names. */
  get channels(): Iterable<string> {
    return this.#channels;
  }

  dedicatedLeft(channel: string, sku: string): number {
    const { dedicated_units: dedicated } = this.channel(channel, sku);
    if (dedicated === undefined) return 0;
    return Math.max(0, dedicated - (this.#dedicatedSold.get(`${sku} ${channel}`) ?? 0));
  }

  /** Books what a channel sold, or gave back, against its set-aside; nothing when it has none. */
  sell(channel: string, sku: string, units: number): void {
    if (this.channel(channel, sku).dedicated_units === undefined) return;
    const key = `${sku} ${channel}`;
    // What was sold before the set-aside was decided may be given back after.
    this.#dedicatedSold.set(key, Math.max(0, (this.#dedicatedSold.get(key) ?? 0) + units));
  }

  /** How supply of a supplier is counted on: as people decided, else as it was learned. */
  supply(supplier: string): SupplyPolicy {
    return this.#supplyDecided(supplier) ?? this.#profiles.learned(supplier, DEFAULT_SUPPLY);
  }

  /** Where that comes from, in words. */
  supplyBasis(supplier: string): string {
    if (this.#supplyDecided(supplier) !== undefined) return 'policy';
    const lines = this.#profiles.count(supplier);
    return lines === 0 ? 'default' : `learned from ${lines} receipt lines`;
  }

  /** About the supplier, or about everybody. */
  #supplyDecided(supplier: string): SupplyPolicy | undefined {
    return this.#find<SupplyPolicy>(`supply ${supplier}`) ?? this.#find<SupplyPolicy>('supply ');
  }

  snapshot(): Iterable<SnapshotPart> {
    return joined([
      mapParts('policies.decisions', this.#decisions),
      jsonParts('policies.channels', [...this.#channels]),
      mapParts('policies.sold', this.#dedicatedSold),
    ]);
  }

  restore({ bytes, name }: SnapshotPart): void {
    if (name === 'policies.decisions') restoreMap(this.#decisions, bytes);
    else if (name === 'policies.sold') restoreMap(this.#dedicatedSold, bytes);
    else for (const channel of parseJson<string>(bytes)) this.#channels.add(channel);
  }

  #find<V>(key: string): V | undefined {
    return this.#decisions.get(key)?.value as V | undefined;
  }
}

function keyOf(data: PolicySet): string {
  switch (data.policy) {
    case 'safety_stock':
      return `safety_stock ${data.scope.sku_id ?? ''} ${data.scope.node_id ?? ''}`;
    case 'channel':
      return `channel ${data.scope.channel_id} ${data.scope.sku_id ?? ''}`;
    case 'supply':
      return `supply ${data.scope.supplier_id ?? ''}`;
    case 'feed':
      return `feed ${data.scope.source}`;
    case 'calendar':
      return `calendar ${data.scope.node_id ?? ''}`;
    case 'measurement':
      return 'measurement';
    default:
      // Parameters of rules: kept where the rules are (facts/rule-policies.ts).
      return data.policy;
  }
}
