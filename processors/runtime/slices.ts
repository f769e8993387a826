/**
 * Which processors a runtime hosts and which part of the key space each of them owns
 * (`PROCESSORS=archive,stock:0-7`). Pure.
 */
import { NO_KEY, PARTITIONS, SUBJECT_TOKEN } from '../../contracts/subjects.ts';
import { createArchive } from '../archive/archive.ts';
import type { Processor } from '../processor.ts';
import { createStock, type Stock } from '../stock/stock.ts';

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
  /** SKU partitions whose questions this slice answers. */
  readonly partitions: readonly number[];
}

const ALL: readonly SliceSpec[] = ['archive', 'stock'].map((name) => ({
  name,
  lo: 0,
  hi: PARTITIONS - 1,
}));

/** A processor that does not exist, or one that is named twice. */
export class SliceError extends Error {
  override readonly name = 'SliceError';
}

export function createSlice(
  wanted: 'all' | readonly SliceSpec[],
  options: { recentMovements: number },
): Slice {
  const specs = wanted === 'all' ? ALL : wanted.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  if (new Set(specs.map((spec) => spec.name)).size !== specs.length) {
    throw new SliceError('PROCESSORS names a processor twice; a process runs one slice of each');
  }
  let stock: Stock | null = null;
  let partitions: number[] = [];
  const hosted = specs.map((spec): HostedProcessor => {
    const owned = range(spec);
    const whole = owned.length === PARTITIONS;
    switch (spec.name) {
      case 'archive':
        if (!whole) throw new SliceError('PROCESSORS: archive cannot be sliced; name it alone');
        return { processor: createArchive() };
      case 'stock': {
        partitions = owned;
        stock = createStock({
          historyCapacity: options.recentMovements,
          ...(whole ? {} : { partitions: new Set(owned) }),
        });
        return whole ? { processor: stock } : { processor: stock, wants: wantsSkus(owned) };
      }
      default:
        throw new SliceError(`PROCESSORS names ${spec.name}; there are archive and stock`);
    }
  });
  return { name: sliceName(specs), covers: specs, hosted, stock, partitions };
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

/**
 * Messages of the owned SKUs, those that name no SKU, and rows of snapshots: every slice counts all rows
 * of a snapshot, because only then can it tell whether the snapshot is whole.
 */
function wantsSkus(owned: readonly number[]): (subject: string) => boolean {
  const tokens = new Set([NO_KEY, ...owned.map(String)]);
  return (subject) => {
    const parts = subject.split('.');
    return (
      tokens.has(parts[SUBJECT_TOKEN.sku] ?? NO_KEY) ||
      parts[SUBJECT_TOKEN.entity] === 'inventory-snapshot'
    );
  };
}
