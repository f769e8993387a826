/**
 * What systems say at their own rhythm: availability for the channels, heartbeats, the partner's stock
 * every few hours, the nightly sync of the ERP.
 */
import { DAY, HOUR, MINUTE, SECOND } from './calendar.ts';
import {
  CHANNEL_TERMS,
  DC,
  PARTNER,
  SOURCES,
  type Channel,
  type Sku,
  type Source,
} from './catalogue.ts';
import { isUnsettled } from './floor.ts';
import { pool, type Emitted, type World } from './world.ts';

/** One row of a snapshot: what was available when it was taken. */
type Stated = readonly [sku: string, units: number];

export interface Snapshot {
  readonly source: typeof PARTNER | 'erp';
  readonly node: typeof PARTNER | typeof DC;
  readonly asOf: string;
  readonly rows: readonly Stated[];
  /** Units that the partner has less than the books say, by SKU: set aside until it says so. */
  readonly missing: readonly Stated[];
}

export type FeedTask =
  | { readonly kind: 'publish' }
  | { readonly kind: 'heartbeat'; readonly source: Source }
  | { readonly kind: 'take partner snapshot' }
  | { readonly kind: 'send snapshot'; readonly snapshot: Snapshot }
  | { readonly kind: 'nightly sync' };

const PUBLISH_MS = 5 * MINUTE;
const HEARTBEAT_MS = 5 * MINUTE;
/** However fast the brand lives, a connector does not speak more often (event time). */
const MIN_HEARTBEAT_MS = 30 * SECOND;
const MIN_PUBLISH_MS = 2 * SECOND;
export const PARTNER_SNAPSHOT_MS = 4 * HOUR;
const MISSING_CHANCE = 0.01;

/** Event time between two heartbeats of a source. */
export const cadenceMs = (tempo: number) => Math.max(HEARTBEAT_MS / tempo, MIN_HEARTBEAT_MS);

export function feedStep(world: World, task: FeedTask): void {
  switch (task.kind) {
    case 'publish':
      world.planAt(world.nowMs + Math.max(PUBLISH_MS, world.stretch(MIN_PUBLISH_MS)), task);
      return publishChanges(world);
    case 'heartbeat':
      world.planAt(world.nowMs + world.stretch(cadenceMs(world.profile.tempo)), task);
      return heartbeat(world, task.source);
    case 'take partner snapshot':
      world.after([PARTNER_SNAPSHOT_MS, PARTNER_SNAPSHOT_MS], task);
      return takePartnerSnapshot(world);
    case 'send snapshot':
      sendSnapshot(world, task.snapshot);
      return;
    case 'nightly sync':
      world.after([DAY, DAY], task);
      return syncNightly(world);
    default:
      return task satisfies never;
  }
}

/** Tells each channel what it may sell of the SKUs that have changed. */
function publishChanges(world: World): void {
  const changed = Object.keys(world.state.dirty);
  world.state.dirty = {};
  for (const id of changed) {
    const sku = world.catalogue.skuOf(id);
    for (const channel of sku.channels) {
      const units = mayBeSold(world, sku, channel);
      const key = `${id} ${channel}`;
      if (world.state.published[key] === units) continue;
      if ((world.state.frozen[key] ?? 0) > world.nowMs) {
        // Looked at again at the next round.
        world.state.dirty[id] = true;
        continue;
      }
      world.state.published[key] = units;
      publish(world, { sku: id, channel, units });
    }
  }
}

/** REFERENCE §2.4, with the brand's own policies. */
export function mayBeSold(world: World, sku: Sku, channel: Channel): number {
  const { bufferUnits, share } = CHANNEL_TERMS[channel];
  const part = Math.floor(Math.round(share * pool(world, sku) * 1e6) / 1e6);
  return Math.max(0, part - bufferUnits);
}

export function publish(
  world: World,
  told: { readonly sku: string; readonly channel: Channel; readonly units: number },
): Emitted {
  return world.emit({
    source: 'integrator',
    name: 'channel.availability.published',
    data: {
      sku_id: told.sku,
      channel_id: told.channel,
      qty: told.units,
      computed_at: world.instant(world.nowMs),
    },
  });
}

function heartbeat(world: World, source: Source): void {
  const nextMs = world.nowMs + world.stretch(cadenceMs(world.profile.tempo));
  world.emit({
    source,
    name: 'feed.heartbeat',
    prompt: true,
    data: {
      feed_id: source,
      last_record_at: world.instant(world.nowMs),
      records: world.rng.int(0, 40),
      expected_next_at: world.instant(nextMs),
    },
  });
}

/** The SKUs whose turn it is: a slow brand states a part of them each time. */
function turnOf(world: World, round: string, skus: readonly Sku[], rows: number): Sku[] {
  const from = world.state.rounds[round] ?? 0;
  world.state.rounds[round] = from + rows;
  return Array.from({ length: Math.min(rows, skus.length) }, (_, index) => {
    return skus[(from + index) % skus.length] as Sku;
  }).filter((sku) => !isUnsettled(world, sku.id));
}

function takePartnerSnapshot(world: World): void {
  const snapshot = partnerSnapshot(world, Math.ceil(world.ordersPerDay / 4));
  world.after([10 * MINUTE, 25 * MINUTE], { kind: 'send snapshot', snapshot });
}

/** Now and then a unit is missing at the partner that it never told of. */
export function partnerSnapshot(world: World, maxRows: number): Snapshot {
  const stocked = world.catalogue.skus.filter(({ nodes }) => nodes.includes(PARTNER));
  const missing: Stated[] = [];
  const rows = turnOf(world, 'partner snapshot', stocked, maxRows).map(({ id }): Stated => {
    const less = world.free(id, PARTNER) >= 20 && world.rng.chance(MISSING_CHANCE) ? 1 : 0;
    if (less > 0) {
      missing.push([id, less]);
      world.book(id, PARTNER, { promised: less });
    }
    return [id, world.position(id, PARTNER).available - less];
  });
  const asOf = world.instant(world.nowMs);
  return { source: PARTNER, node: PARTNER, asOf, rows, missing };
}

function syncNightly(world: World): void {
  const { skus } = world.catalogue;
  const rows = turnOf(world, 'nightly sync', skus, Math.ceil(world.ordersPerDay)).map(
    ({ id }): Stated => [id, world.position(id, DC).available],
  );
  const asOf = world.instant(world.nowMs);
  const snapshot: Snapshot = { source: 'erp', node: DC, asOf, rows, missing: [] };
  world.after([20 * MINUTE, 40 * MINUTE], { kind: 'send snapshot', snapshot });
}

/** Sends the rows and their completion. `wrongBy` falsifies the control total. */
export function sendSnapshot(world: World, snapshot: Snapshot, wrongBy = 0): Emitted {
  const { asOf, missing, node, rows, source } = snapshot;
  for (const [sku, less] of missing) {
    world.book(sku, PARTNER, { promised: -less, available: -less });
  }
  const id = world.nextId('snap');
  for (const [sku, qty] of rows) {
    world.emit({
      source,
      name: 'inventory.snapshot.recorded',
      prompt: true,
      data: {
        snapshot_id: id,
        as_of: asOf,
        sku_id: sku,
        node_id: node,
        // The partner's file is an X12 846: its code for what is available for sale.
        ...(source === PARTNER ? { qualifier: '33' as const } : { state: 'available' as const }),
        qty,
      },
    });
  }
  return world.emit({
    source,
    name: 'inventory.snapshot.completed',
    prompt: true,
    data: {
      snapshot_id: id,
      node_id: node,
      scope: 'partial',
      as_of: asOf,
      row_count: rows.length,
      control_total: rows.reduce((sum, [, qty]) => sum + qty, 0) + wrongBy,
      dataref: `${SOURCES[source]}/${id}.edi`,
    },
  });
}
