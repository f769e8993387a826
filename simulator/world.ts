/**
 * What the parts of the demo share: the state, its agenda of things to come, and the way to emit an
 * event. Pure: time is the agenda's, randomness is the state's.
 *
 *   agenda ──(next due task)──▶ a step (orders, supply, floor) ──▶ events, and new tasks
 *
 * The whole state is JSON. Going on from a saved state gives the same events under the same ids, so that
 * a crash that sent some of them already does no harm.
 */
import type { InputDataOf, InputType } from '../contracts/events.ts';
import { SNAPSHOT_NODE, SOURCES, type Node, type Sku, type Source } from './catalogue.ts';
import type { FulfilmentTask } from './fulfilment.ts';
import type { OrderTask } from './orders.ts';
import type { FloorTask } from './floor.ts';
import type { SupplyTask } from './supply.ts';
import { rngOver, type Rng } from './rng.ts';

export interface DemoEvent<T extends InputType = InputType> {
  readonly specversion: '1.0';
  readonly id: string;
  readonly source: string;
  readonly type: `stocktide.${T}.v1`;
  readonly time: string;
  readonly correlationid?: string;
  readonly data: InputDataOf<T>;
}

/** Stock of a SKU at a node as the brand knows it: enough to promise nothing that is not there. */
export interface Position {
  available: number;
  /** Of `available`, held by checkouts and by orders that are not allocated yet. */
  promised: number;
  /** Ordered from the supplier and not yet put away. */
  incoming: number;
}

/** Something that happens later. `send` is an event that is late, or a duplicate. */
export type Task =
  | OrderTask
  | FulfilmentTask
  | SupplyTask
  | FloorTask
  | { readonly kind: 'send'; readonly event: DemoEvent };

export interface Due {
  readonly atMs: number;
  /** Running number: tasks of one instant happen in the order in which they were planned. */
  readonly n: number;
  readonly task: Task;
}

export interface BrandState {
  readonly version: 1;
  /** In every id, so that two brands on one log never mean the same order. */
  readonly run: string;
  /** Events a second that the brand aims at. */
  readonly ratePerSec: number;
  readonly openedAtMs: number;
  /** Everything due until here has happened. */
  clockMs: number;
  rng: number;
  /** Last number given to an id or a task. */
  counter: number;
  /** By `sku node`. */
  readonly positions: Record<string, Position>;
  agenda: Due[];
}

/** Chance that an event which may come late does, and that any event comes twice. */
const LATE_CHANCE = 0.02;
const LATE_MS = [20_000, 90_000] as const;
const DUPLICATE_CHANCE = 0.005;
const DUPLICATE_AFTER_MS = [2_000, 90_000] as const;

export interface Emit<T extends InputType> {
  readonly source: Source;
  readonly name: T;
  readonly data: InputDataOf<T>;
  /** Order or purchase order that it belongs to. */
  readonly flow?: string;
}

export interface World {
  readonly rng: Rng;
  /** Time of the task that is happening. */
  readonly nowMs: number;
  /** Stretches the rhythms that do not follow from orders: 1 at 20 events/s. */
  readonly tempo: number;
  readonly arrivalsPerSec: number;
  at(sku: Sku | string, node: Node): Position;
  emit<T extends InputType>(event: Emit<T>): void;
  /** Plans a task after a time between `lo` and `hi`. */
  after(range: readonly [loMs: number, hiMs: number], task: Task): void;
  nextId(prefix: string): string;
}

/** Events that an arriving customer leads to, and events a second that come without any. */
const EVENTS_PER_ARRIVAL = 10.7;
const BACKGROUND_PER_SEC = 1.8;

export function createWorld(
  state: BrandState,
  push: (due: Due) => void,
): World & { begin(atMs: number): void; take(): DemoEvent[]; send(event: DemoEvent): void } {
  const rng = rngOver(state);
  const tempo = 20 / state.ratePerSec;
  let nowMs = state.clockMs;
  let out: DemoEvent[] = [];

  const plan = (atMs: number, task: Task) => push({ atMs, n: ++state.counter, task });
  const between = ([lo, hi]: readonly [number, number]) => rng.int(lo, hi);
  const nextId = (prefix: string) => `${prefix}-${state.run}-${++state.counter}`;

  function emit<T extends InputType>({ source, name, data, flow }: Emit<T>): void {
    const event: DemoEvent<T> = {
      specversion: '1.0',
      id: nextId('e'),
      source: SOURCES[source],
      type: `stocktide.${name}.v1`,
      time: instant(nowMs),
      ...(flow === undefined ? {} : { correlationid: flow }),
      data,
    };
    if (mayBeLate(name, source) && rng.chance(LATE_CHANCE)) {
      plan(nowMs + between(LATE_MS), { kind: 'send', event });
      return;
    }
    out.push(event);
    if (rng.chance(DUPLICATE_CHANCE)) {
      plan(nowMs + between(DUPLICATE_AFTER_MS), { kind: 'send', event });
    }
  }

  return {
    rng,
    tempo,
    arrivalsPerSec:
      Math.max(state.ratePerSec - BACKGROUND_PER_SEC / tempo, 0.1) / EVENTS_PER_ARRIVAL,
    get nowMs() {
      return nowMs;
    },
    at(sku, node) {
      const key = `${typeof sku === 'string' ? sku : sku.id} ${node}`;
      return (state.positions[key] ??= { available: 0, promised: 0, incoming: 0 });
    },
    emit,
    after: (range, task) => plan(nowMs + between(range), task),
    nextId,
    begin: (atMs) => {
      nowMs = atMs;
    },
    send: (event) => out.push(event),
    take: () => {
      const taken = out;
      out = [];
      return taken;
    },
  };
}

/** Where a late event cannot make a shelf look emptier than it ever was. */
function mayBeLate(name: InputType, source: Source): boolean {
  if (name === 'shipment.tracking.updated') return true;
  return name === 'inventory.adjusted' && source !== SNAPSHOT_NODE;
}

export function instant(ms: number): string {
  return new Date(ms).toISOString();
}
