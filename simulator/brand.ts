/**
 * The demo brand: a small shop with warehouses, suppliers and carriers that lives on and on. Pure and
 * seeded: `advance` does everything that is due up to an instant and returns the events in order.
 *
 *   createBrand ──▶ opening events ──▶ advance(t1) ──▶ advance(t2) ──▶ …
 *
 * However the time is cut into steps, the events are the same. After a pause `shift` moves what is
 * still to come into the present, so that a night's standstill is not caught up in a burst.
 */
import TinyQueue from 'tinyqueue';
import { NODES, POLICIES, SKUS, SOURCES, type Source } from './catalogue.ts';
import { floorStep, type Rhythm } from './floor.ts';
import { fulfilmentStep } from './fulfilment.ts';
import { orderStep } from './orders.ts';
import { supplyStep } from './supply.ts';
import {
  createWorld,
  instant,
  type BrandState,
  type DemoEvent,
  type Due,
  type Task,
} from './world.ts';

export interface Brand {
  /** Everything due until here has happened. */
  readonly clockMs: number;
  /** What happens up to and including `toMs`. */
  advance(toMs: number): DemoEvent[];
  /** Moves what is to come, and the clock, later. */
  shift(byMs: number): void;
  /** The whole state as JSON values; goes on changing with the brand. */
  state(): BrandState;
}

export function createState(options: {
  run: string;
  seed: number;
  ratePerSec: number;
  openedAtMs: number;
}): BrandState {
  const { run, seed, ratePerSec, openedAtMs } = options;
  const starts: Task[] = [
    { kind: 'arrive' },
    { kind: 'review', turn: 0 },
    { kind: 'publish', turn: 0 },
    ...rhythms.map((kind) => ({ kind })),
    ...(Object.keys(SOURCES) as Source[]).map((source) => ({ kind: 'heartbeat', source }) as const),
  ];
  return {
    version: 1,
    run,
    ratePerSec,
    openedAtMs,
    clockMs: openedAtMs,
    rng: seed >>> 0,
    counter: starts.length,
    positions: Object.fromEntries(
      SKUS.flatMap((sku) =>
        NODES.map((node) => [
          `${sku.id} ${node}`,
          { available: sku.target, promised: 0, incoming: 0 },
        ]),
      ),
    ),
    // Spread over the first seconds, so that not everything speaks at once.
    agenda: starts.map((task, n) => ({ atMs: openedAtMs + 100 * (n + 1), n, task })),
  };
}

const rhythms = [
  'adjust',
  'count',
  'move',
  'break',
  'misread',
  'take snapshot',
] as const satisfies readonly Rhythm[];

export function createBrand(state: BrandState): Brand {
  const agenda = new TinyQueue<Due>([...state.agenda], (a, b) => a.atMs - b.atMs || a.n - b.n);
  const world = createWorld(state, (due) => agenda.push(due));

  function happen(task: Task): void {
    switch (task.kind) {
      case 'send':
        return world.send(task.event);
      case 'arrive':
      case 'convert':
      case 'release':
      case 'lapse':
      case 'allocate':
      case 'source':
        return orderStep(world, task, (order, node) =>
          world.after([1_000, 4_000], { kind: 'hand over', order, node }),
        );
      case 'hand over':
      case 'pick':
      case 'pack':
      case 'dispatch':
      case 'track':
      case 'deliver':
      case 'authorise return':
      case 'receive return':
      case 'disposition':
      case 'refund':
        return fulfilmentStep(world, task);
      case 'review':
      case 'acknowledge':
      case 'announce':
      case 'delay':
      case 'arrive at dock':
      case 'receive':
      case 'inspect':
      case 'put away':
        return supplyStep(world, task);
      default:
        return floorStep(world, task);
    }
  }

  return {
    get clockMs() {
      return state.clockMs;
    },
    advance(toMs) {
      for (let due = agenda.peek(); due !== undefined && due.atMs <= toMs; due = agenda.peek()) {
        agenda.pop();
        world.begin(due.atMs);
        happen(due.task);
      }
      state.clockMs = Math.max(state.clockMs, toMs);
      return world.take();
    },
    shift(byMs) {
      // One distance for all: the order stays, and with it the heap.
      agenda.data = agenda.data.map((due) => ({ ...due, atMs: due.atMs + byMs }));
      state.clockMs += byMs;
    },
    state: () => ({ ...state, agenda: [...agenda.data] }),
  };
}

/**
 * What the brand begins with: master data, policies and opening stock. Ids, times and data are fixed by
 * the state, so that sending it again at each start changes nothing.
 */
export function openingEvents({ openedAtMs }: BrandState): DemoEvent[] {
  const time = instant(openedAtMs);
  const envelope = { specversion: '1.0', source: SOURCES.erp, time } as const;
  return [
    ...POLICIES.map((data, index): DemoEvent<'policy.set'> => ({
      ...envelope,
      id: `opening/policy/${index + 1}`,
      type: 'stocktide.policy.set.v1',
      data,
    })),
    ...SKUS.map((sku): DemoEvent<'item.upserted'> => ({
      ...envelope,
      id: `opening/item/${sku.id}`,
      type: 'stocktide.item.upserted.v1',
      data: {
        sku_id: sku.id,
        gtin: '',
        uom: 'EA',
        pack_qty: 1,
        abc_class: sku.abcClass,
        unit_cost: sku.cost,
        currency: 'EUR',
        status: 'active',
        description: sku.description,
      },
    })),
    ...SKUS.flatMap((sku) =>
      NODES.map((node): DemoEvent<'inventory.adjusted'> => ({
        ...envelope,
        id: `opening/stock/${sku.id}/${node}`,
        type: 'stocktide.inventory.adjusted.v1',
        data: {
          adjustment_id: `opening-${sku.id}-${node}`,
          sku_id: sku.id,
          node_id: node,
          state: 'available',
          qty_delta: sku.target,
          reason_code: 'opening_balance',
          raw_code: 'opening',
          actor: 'demo',
        },
      })),
    ),
  ];
}
