/**
 * Which processors a runtime hosts and which part of the key space each of them owns
 * (`PROCESSORS=archive,stock:0-7`). Pure.
 */
import { NO_KEY, PARTITIONS, SUBJECT_TOKEN } from '../../contracts/subjects.ts';
import { withDemand } from '../demand/demand.ts';
import { createArchive } from '../archive/archive.ts';
import { createOrders } from '../orders/orders.ts';
import type { Processor } from '../processor.ts';
import { createCases } from '../cases/facts.ts';
import { createDetect } from '../detect/detect.ts';
import { createFeeds, type Feeds } from '../feeds/feeds.ts';
import { createFloor } from '../floor/floor.ts';
import { createItems } from '../items/items.ts';
import { createReturns } from '../returns/returns.ts';
import { createStock, type Stock } from '../stock/stock.ts';
import { createSupply } from '../supply/supply.ts';

export interface SliceSpec {
  readonly name: string;
  readonly lo: number;
  readonly hi: number;
}

export interface HostedProcessor {
  readonly processor: Processor;
  /** Whether the processor wants a message of this subject; every message when absent. */
  readonly wants?: (subject: string) => boolean;
}

export interface Slice {
  /** Names the checkpoint, the snapshots and the tokens of the inserts. */
  readonly name: string;
  readonly covers: readonly SliceSpec[];
  readonly hosted: readonly HostedProcessor[];
  readonly stock: Stock | null;
  readonly feeds: Feeds | null;
  /** SKU partitions whose questions this slice answers. */
  readonly partitions: readonly number[];
}

/** How a processor is made, and by which key it can be sliced. */
interface Kind {
  /** Routing key that partitions it; null for one that is never sliced. */
  readonly key: 'sku' | 'order' | 'node' | 'supplier' | null;
  /** Entities of which every slice needs all events, whatever their key. */
  readonly whole?: readonly string[];
  create(options: SliceOptions, owned: ReadonlySet<number> | null): Processor;
}

export interface SliceOptions {
  readonly recentMovements: number;
}

/** The processors, in the order in which each event reaches them. */
const PROCESSORS: Readonly<Record<string, Kind>> = {
  archive: { key: null, create: createArchive },
  stock: {
    key: 'sku',
    // Every slice counts all rows of a snapshot: only then can it tell whether the snapshot is whole.
    whole: ['inventory-snapshot'],
    create: ({ recentMovements: historyCapacity }, partitions) =>
      withDemand(createStock({ historyCapacity, ...(partitions === null ? {} : { partitions }) })),
  },
  supply: {
    key: 'supplier',
    // Every slice learns whose POs and ASNs are: later events about them may not name the supplier.
    whole: ['purchaseorder', 'asn'],
    create: (_options, partitions) => createSupply(partitions === null ? {} : { partitions }),
  },
  floor: {
    key: 'node',
    // A line that came out short at one node may be allocated again at another.
    whole: ['order-line'],
    create: createFloor,
  },
  feeds: { key: null, create: createFeeds },
  items: { key: null, create: createItems },
  returns: {
    key: 'order',
    // What came back may name no order: each slice must know whose an authorisation or a shipment is.
    whole: ['return', 'return-line', 'shipment', 'shipment-line'],
    create: (_options, partitions) => createReturns(partitions === null ? {} : { partitions }),
  },
  orders: {
    key: 'order',
    create: (_options, partitions) => createOrders(partitions === null ? {} : { partitions }),
  },
  detect: { key: null, create: createDetect },
  cases: { key: null, create: createCases },
};

const ALL: readonly SliceSpec[] = Object.keys(PROCESSORS)
  .sort()
  .map((name) => ({ name, lo: 0, hi: PARTITIONS - 1 }));

/** A processor that does not exist, or one that is named twice. */
export class SliceError extends Error {
  override readonly name = 'SliceError';
}

export function createSlice(wanted: 'all' | readonly SliceSpec[], options: SliceOptions): Slice {
  const specs = wanted === 'all' ? ALL : wanted.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const wantedNames = new Set(specs.map((spec) => spec.name));
  if (wantedNames.size !== specs.length) {
    throw new SliceError('PROCESSORS names a processor twice; a process runs one slice of each');
  }
  for (const name of wantedNames) {
    if (name in PROCESSORS) continue;
    const known = Object.keys(PROCESSORS).join(', ');
    throw new SliceError(`PROCESSORS names ${name}; there are ${known}`);
  }
  let stock: Stock | null = null;
  let feeds: Feeds | null = null;
  let partitions: number[] = [];
  const hosted = Object.entries(PROCESSORS).flatMap(([name, kind]): HostedProcessor[] => {
    const spec = specs.find((one) => one.name === name);
    if (spec === undefined) return [];
    const owned = range(spec);
    const whole = owned.length === PARTITIONS;
    if (!whole && kind.key === null) {
      throw new SliceError(`PROCESSORS: ${name} cannot be sliced; name it alone`);
    }
    const processor = kind.create(options, whole ? null : new Set(owned));
    if (name === 'stock') {
      stock = processor as Stock;
      partitions = owned;
    }
    if (name === 'feeds') feeds = processor as Feeds;
    return [whole ? { processor } : { processor, wants: wantsKeys(kind, owned) }];
  });
  return { name: sliceName(specs), covers: specs, hosted, stock, feeds, partitions };
}

/** The same slice has the same name however it was written: `archive,stock` is `all`. */
function sliceName(specs: readonly SliceSpec[]): string {
  const names = specs.map(nameOf).join('_');
  return names === ALL.map(nameOf).join('_') ? 'all' : names;
}

/** What two slices both cover, such as `stock 0-7`; null when they have nothing in common. */
export function overlap(a: readonly SliceSpec[], b: readonly SliceSpec[]): string | null {
  for (const one of a) {
    for (const other of b) {
      const lo = Math.max(one.lo, other.lo);
      const hi = Math.min(one.hi, other.hi);
      if (one.name === other.name && lo <= hi) return `${one.name} ${lo}-${hi}`;
    }
  }
  return null;
}

function range({ lo, hi }: SliceSpec): number[] {
  return Array.from({ length: hi - lo + 1 }, (_, index) => lo + index);
}

function nameOf({ name, lo, hi }: SliceSpec): string {
  return hi - lo + 1 === PARTITIONS ? name : `${name}-${lo}-${hi}`;
}

/** Messages of the owned keys, those that name no such key, and all of the entities it needs whole. */
function wantsKeys(
  { key, whole = [] }: Kind,
  owned: readonly number[],
): (subject: string) => boolean {
  const tokens = new Set([NO_KEY, ...owned.map(String)]);
  const at = SUBJECT_TOKEN[key ?? 'sku'];
  return (subject) => {
    const parts = subject.split('.');
    return tokens.has(parts[at] ?? NO_KEY) || whole.includes(parts[SUBJECT_TOKEN.entity] ?? '');
  };
}
