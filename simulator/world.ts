/**
 * What the parts of the brand share: the state, its agenda of things to come, its books, and the way to
 * emit an event. Pure: time is the agenda's, randomness is the state's.
 *
 *   agenda ──(next due task)──▶ a step (orders, supply, floor …) ──▶ events, labels, new tasks
 *                                                                  └▶ late: `send`, when they arrive
 *
 * Two times: the brand lives in a time of its own, in which a day has 24 hours; `epoch` and `tempo` map
 * it to event time, so that a demo can live through a day in minutes. The whole state is JSON. Going
 * on from a saved state gives the same events under the same ids.
 */
import type { InputDataOf, InputType } from '../contracts/events.ts';
import {
  ALWAYS,
  BUSINESS_WEEK,
  HOUR,
  MINUTE,
  nextOpen,
  addOpen,
  SECOND,
  SHIFTS,
  type Week,
} from './calendar.ts';
import {
  catalogueOf,
  SAFETY_UNITS,
  SOURCES,
  type Catalogue,
  type Node,
  type Sku,
  type Source,
} from './catalogue.ts';
import type { FeedTask } from './feeds.ts';
import type { FloorTask } from './floor.ts';
import type { FulfilmentTask } from './fulfilment.ts';
import type { IncidentTask } from './incidents/inject.ts';
import { GRACE_MIN, type Draft, type Label } from './incidents/label.ts';
import type { Line, Order, OrderTask } from './orders.ts';
import type { ReturnTask } from './returns.ts';
import { rngOver, type Rng } from './rng.ts';
import type { SupplyTask } from './supply.ts';

export interface SimEvent<T extends InputType = InputType> {
  readonly specversion: '1.0';
  readonly id: string;
  readonly source: string;
  readonly type: `stocktide.${T}.v1`;
  readonly time: string;
  readonly correlationid?: string;
  readonly data: InputDataOf<T>;
}

/** What kind of brand it is; fixed when it is founded. */
export interface Profile {
  readonly skuCount: number;
  /** Orders in a day of the brand, over the week's mean and before a peak. */
  readonly ordersPerDay: number;
  /** Doubles the orders. */
  readonly peak: boolean;
  /** Brand time that passes in a unit of event time. */
  readonly tempo: number;
  /** Neither seasons nor closing times: as busy at any time. */
  readonly steady: boolean;
  /** Kinds of incidents that are injected. */
  readonly incidents: readonly string[];
  /** Days of the brand between two of a kind. */
  readonly incidentGapDays: number;
  /** Days without any at first: some rules learn what is usual before they find what is not. */
  readonly incidentsFromDay: number;
}

export interface Founding extends Partial<Profile> {
  /** In every id: two brands of one log need two. */
  readonly run: string;
  readonly seed: number;
  readonly openedAtMs: number;
}

/** Stock of a SKU at a node as the brand's own books have it. */
export interface Position {
  available: number;
  /** Of `available`, held by checkouts and by orders that are not allocated yet. */
  promised: number;
  /** Ordered from the supplier and not yet put away. */
  incoming: number;
}

/** Something that happens later. `send` is an event that arrives late, or again. */
export type Task =
  | OrderTask
  | FulfilmentTask
  | ReturnTask
  | SupplyTask
  | FloorTask
  | FeedTask
  | IncidentTask
  | { readonly kind: 'send'; readonly event: SimEvent };

export interface Due {
  readonly atMs: number;
  /** Running number: tasks of one instant happen in the order in which they were planned. */
  readonly n: number;
  readonly task: Task;
}

export const STATE_VERSION = 3;

export interface BrandState {
  readonly version: typeof STATE_VERSION;
  readonly founding: Founding;
  /** In every id, so that two brands on one log never mean the same order. */
  readonly run: string;
  profile: Profile;
  readonly openedAtMs: number;
  /** Everything due until here has happened (brand time). */
  clockMs: number;
  /** An instant in both times. */
  epoch: { readonly brandMs: number; readonly eventMs: number };
  /** When it left its simulated past (event time); null while it is there. */
  liveAtMs: number | null;
  rng: number;
  /** Last number given to an id or a task. */
  counter: number;
  /** By `sku node`. */
  readonly positions: Record<string, Position>;
  /** SKUs whose availability may have changed since it was last published. */
  dirty: Record<string, true>;
  /** What channels were last told, by `sku channel`. */
  readonly published: Record<string, number>;
  /** SKUs that nobody counts for now: something of theirs is being set right. */
  readonly unsettled: Record<string, number>;
  /** When the bin of a SKU was last not as recorded. */
  readonly erred: Record<string, number>;
  /** SKUs that are not ordered for now, with the time until when. */
  readonly unordered: Record<string, number>;
  /** Channels that are not told about a SKU for now, by `sku channel`. */
  readonly frozen: Record<string, number>;
  /** Sources that are silent, with the time until when. */
  readonly silent: Record<string, number>;
  /** Suppliers that send other quantities than they announce. */
  readonly biases: Record<string, Bias>;
  /** Lines that were delivered lately: what can come back. */
  readonly delivered: { readonly order: Order; readonly line: Line }[];
  /** Where rounds through the SKUs have come to, by name of the round. */
  readonly rounds: Record<string, number>;
  agenda: Due[];
}

/** Part of each quantity that does not come; a drift grows by as much with each receipt. */
export interface Bias {
  readonly untilMs: number;
  readonly part: number;
  readonly drifts: boolean;
  receipts: number;
}

export interface Emit<T extends InputType> {
  readonly source: Source;
  readonly name: T;
  readonly data: InputDataOf<T>;
  /** Order or purchase order that it belongs to. */
  readonly flow?: string;
  /** Sent as it happens, whatever the source's habits are. */
  readonly prompt?: boolean;
}

/** An event that was emitted, and when it arrives (brand time). */
export interface Emitted {
  readonly source: string;
  readonly id: string;
  readonly arrivesMs: number;
}

type Range = readonly [loMs: number, hiMs: number];

export interface World {
  readonly state: BrandState;
  readonly rng: Rng;
  /** Brand time of the task that is happening. */
  readonly nowMs: number;
  readonly profile: Profile;
  readonly catalogue: Catalogue;
  /** Orders in a day, peak included. */
  readonly ordersPerDay: number;
  readonly businessWeek: Week;
  shiftsOf(node: Node): Week;
  position(sku: string, node: Node): Readonly<Position>;
  /** Units that nobody has been promised. */
  free(sku: string, node: Node): number;
  /** Books a change of a position. */
  book(sku: string, node: Node, change: Partial<Position>): void;
  emit<T extends InputType>(event: Emit<T>): Emitted;
  /** A time of the brand as an instant of its events. */
  instant(brandMs: number): string;
  /** Brand time in which so much event time passes. */
  stretch(eventMs: number): number;
  planAt(atMs: number, task: Task): void;
  /** Plans a task after a time within the range. */
  after(range: Range, task: Task): void;
  /** Plans a task after working time at a node within the range. */
  afterWork(node: Node, range: Range, task: Task): void;
  nextId(prefix: string): string;
  /** Writes down what was injected; times are the brand's. */
  label(draft: Draft, span: LabelSpan): void;
}

export interface LabelSpan {
  readonly fromMs: number;
  readonly toMs: number;
  readonly evidence: readonly Emitted[];
}

/** How events of a source come in: in batches, after a time, and now and then much later. */
interface Lateness {
  readonly batchMs?: number;
  readonly usualMs?: Range;
  readonly lateChance: number;
  readonly lateMs: Range;
}
/** Of stock, nothing comes later than a ledger waits before it calls a balance negative. */
const ONLINE: Lateness = { lateChance: 0.02, lateMs: [5 * SECOND, 4 * MINUTE] };
const INTERNAL: Lateness = { lateChance: 0, lateMs: [0, 0] };
const EDI: Lateness = {
  usualMs: [30 * SECOND, 8 * MINUTE],
  lateChance: 0.01,
  lateMs: [20 * MINUTE, 50 * MINUTE],
};
export const BATCH_MS = { 'market-b': 15 * MINUTE, '3pl-north': 30 * MINUTE } as const;
const LATENESS: Readonly<Record<Source, Lateness>> = {
  web: ONLINE,
  'market-a': ONLINE,
  'market-b': { ...INTERNAL, batchMs: BATCH_MS['market-b'] },
  wholesale: EDI,
  oms: INTERNAL,
  integrator: INTERNAL,
  erp: INTERNAL,
  'dc-01': ONLINE,
  '3pl-north': { ...INTERNAL, batchMs: BATCH_MS['3pl-north'] },
  suppliers: EDI,
  carriers: { usualMs: [MINUTE, 20 * MINUTE], lateChance: 0.02, lateMs: [HOUR, 4 * HOUR] },
  returns: ONLINE,
  finance: INTERNAL,
};
const DUPLICATE_CHANCE = 0.005;
const DUPLICATE_AFTER_MS: Range = [2 * SECOND, 2 * HOUR];

export function createWorld(
  state: BrandState,
  push: (due: Due) => void,
): World & {
  begin(atMs: number): void;
  take(): SimEvent[];
  takeLabels(): Label[];
  send(event: SimEvent): void;
} {
  const rng = rngOver(state);
  const catalogue = catalogueOf(state.profile.skuCount);
  let nowMs = state.clockMs;
  let out: SimEvent[] = [];
  let labels: Label[] = [];

  const planAt = (atMs: number, task: Task) =>
    push({ atMs: Math.round(atMs), n: ++state.counter, task });
  const between = ([lo, hi]: Range) => rng.int(Math.round(lo), Math.round(hi));
  const nextId = (prefix: string) => `${prefix}-${state.run}-${++state.counter}`;
  const shiftsOf = (node: Node) => (state.profile.steady ? ALWAYS : SHIFTS[node]);

  function instant(brandMs: number): string {
    const { brandMs: from, eventMs } = state.epoch;
    return new Date(Math.round(eventMs + (brandMs - from) / state.profile.tempo)).toISOString();
  }

  function position(sku: string, node: Node): Position {
    return (state.positions[`${sku} ${node}`] ??= { available: 0, promised: 0, incoming: 0 });
  }

  function arrivalOf(source: Source): number {
    const { batchMs, lateChance, lateMs, usualMs } = LATENESS[source];
    if (batchMs !== undefined) return (Math.floor(nowMs / batchMs) + 1) * batchMs;
    if (lateChance > 0 && rng.chance(lateChance)) return nowMs + between(lateMs);
    return usualMs === undefined ? nowMs : nowMs + between(usualMs);
  }

  /** When a source that is silent is heard again; now for every other. */
  function audibleMs(source: Source): number {
    const untilMs = state.silent[source];
    return untilMs !== undefined && untilMs > nowMs ? untilMs + rng.int(0, MINUTE) : nowMs;
  }

  function emit<T extends InputType>({ data, flow, name, prompt, source }: Emit<T>): Emitted {
    const event: SimEvent<T> = {
      specversion: '1.0',
      id: nextId('e'),
      source: SOURCES[source],
      type: `stocktide.${name}.v1`,
      time: instant(nowMs),
      ...(flow === undefined ? {} : { correlationid: flow }),
      data,
    };
    const spokenMs = prompt === true ? nowMs : arrivalOf(source);
    const arrivesMs = Math.max(spokenMs, audibleMs(source));
    if (arrivesMs > nowMs) planAt(arrivesMs, { kind: 'send', event });
    else out.push(event);
    if (rng.chance(DUPLICATE_CHANCE)) {
      planAt(arrivesMs + between(DUPLICATE_AFTER_MS), { kind: 'send', event });
    }
    return { source: event.source, id: event.id, arrivesMs };
  }

  return {
    state,
    rng,
    catalogue,
    ordersPerDay: state.profile.ordersPerDay * (state.profile.peak ? 2 : 1),
    get nowMs() {
      return nowMs;
    },
    get profile() {
      return state.profile;
    },
    get businessWeek() {
      return state.profile.steady ? ALWAYS : BUSINESS_WEEK;
    },
    shiftsOf,
    position,
    free: (sku, node) => {
      const { available, promised } = position(sku, node);
      return available - promised;
    },
    book(sku, node, { available = 0, incoming = 0, promised = 0 }) {
      const at = position(sku, node);
      at.available += available;
      at.promised += promised;
      at.incoming += incoming;
      state.dirty[sku] = true;
    },
    emit,
    instant,
    stretch: (eventMs) => eventMs * state.profile.tempo,
    planAt,
    after: (range, task) => planAt(nowMs + between(range), task),
    afterWork: (node, range, task) =>
      planAt(addOpen(shiftsOf(node), nextOpen(shiftsOf(node), nowMs), between(range)), task),
    nextId,
    begin: (atMs) => {
      nowMs = atMs;
    },
    send: (event) => out.push(event),
    label: (draft, { evidence, fromMs, toMs }) =>
      labels.push({
        ...draft,
        start: instant(fromMs),
        end: instant(toMs),
        grace_min: GRACE_MIN[draft.code] ?? 60,
        evidence: evidence.map(({ id, source }) => ({ source, id })),
      }),
    takeLabels: () => {
      const taken = labels;
      labels = [];
      return taken;
    },
    take: () => {
      const taken = out;
      out = [];
      return taken;
    },
  };
}

/** Units of a SKU that may be sold in all, after safety stock. */
export function pool(world: World, sku: Sku): number {
  return sku.nodes.reduce(
    (sum, node) => sum + Math.max(0, world.free(sku.id, node) - SAFETY_UNITS[node]),
    0,
  );
}
