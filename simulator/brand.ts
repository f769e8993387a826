/**
 * The simulated brand: a mid-market shop with a warehouse, a logistics partner, suppliers and carriers
 * that lives on and on. Pure and seeded: `advance` does everything that is due up to an instant and
 * returns the events in the order in which they arrive.
 *
 *   createState ──▶ opening events ──▶ advance(t1) ──▶ advance(t2) ──▶ …
 *
 * However the time is cut into steps, the events are the same. Instants are event time. After a pause
 * `shift` moves what is still to come into the present, so that a standstill is not caught up in a burst.
 */
import TinyQueue from 'tinyqueue';
import { DAY, HOUR, MINUTE } from './calendar.ts';
import { catalogueOf, HOUSE_CURRENCY, SOURCES, type Source } from './catalogue.ts';
import { feedStep, PARTNER_SNAPSHOT_MS } from './feeds.ts';
import { firstShiftEnd, floorStep, RHYTHMS } from './floor.ts';
import { beginJob, fulfilmentStep } from './fulfilment.ts';
import { incidentStep, planIncidents } from './incidents/inject.ts';
import type { Label } from './incidents/label.ts';
import { orderStep } from './order-steps.ts';
import { policiesOf } from './policies.ts';
import { afterDelivery, returnStep } from './returns.ts';
import { rngOver } from './rng.ts';
import { firstReviews, levelsOf, supplyStep } from './supply.ts';
import {
  createWorld,
  STATE_VERSION,
  type BrandState,
  type Due,
  type Founding,
  type Profile,
  type SimEvent,
  type Task,
} from './world.ts';

export interface Brand {
  /** Everything due until here has happened (event time). */
  readonly clockMs: number;
  /** What happens up to and including `toMs`. */
  advance(toMs: number): SimEvent[];
  /** What was injected since the last call. */
  takeLabels(): Label[];
  /** Moves what is to come, and the clock, later. */
  shift(byMs: number): void;
  /** Its past is told: from now on it lives in the present. */
  goLive(): void;
  /** The whole state as JSON values; goes on changing with the brand. */
  state(): BrandState;
}

/** A brand that sells 2,000 SKUs, 2,000 times a day, in real time. */
const USUAL: Profile = {
  skuCount: 2_000,
  ordersPerDay: 2_000,
  peak: false,
  tempo: 1,
  steady: false,
  incidents: [],
  incidentGapDays: 3,
  incidentsFromDay: 0,
};

/** Short names of sources, by their URI. */
const sourceNames = new Map(Object.entries(SOURCES).map(([name, uri]) => [uri as string, name]));

/** Events that an order leads to, with its share of everything else; measured over a week. */
export const EVENTS_PER_ORDER = 19;

export function createState(founding: Founding): BrandState {
  const { openedAtMs, run, seed, ...profile } = founding;
  const state: BrandState = {
    version: STATE_VERSION,
    founding,
    run,
    profile: { ...USUAL, ...profile },
    openedAtMs,
    clockMs: openedAtMs,
    epoch: { brandMs: openedAtMs, eventMs: openedAtMs },
    liveAtMs: null,
    rng: seed >>> 0,
    counter: 0,
    positions: {},
    dirty: {},
    published: {},
    unsettled: {},
    erred: {},
    unordered: {},
    frozen: {},
    silent: {},
    biases: {},
    delivered: [],
    rounds: {},
    agenda: [],
  };
  const world = createWorld(state, (due) => state.agenda.push(due));
  stockShelves(world);
  const soon = (task: Task) => world.after([1, 5 * MINUTE], task);
  soon({ kind: 'arrive' });
  soon({ kind: 'publish' });
  for (const source of Object.keys(SOURCES) as Source[]) soon({ kind: 'heartbeat', source });
  for (const kind of RHYTHMS) world.after([MINUTE, 3 * HOUR], { kind });
  for (const abcClass of ['A', 'B', 'C'] as const) soon({ kind: 'count', abcClass });
  for (const task of firstReviews()) world.after([HOUR, DAY], task);
  world.planAt(firstShiftEnd(openedAtMs), { kind: 'labour' });
  world.after([HOUR, PARTNER_SNAPSHOT_MS], { kind: 'take partner snapshot' });
  world.planAt(nextNight(openedAtMs), { kind: 'nightly sync' });
  planIncidents(world);
  return state;
}

/** Each position starts somewhere between its reorder point and its target. */
function stockShelves(world: ReturnType<typeof createWorld>): void {
  // Randomness of its own, so that the number of SKUs does not shift everything else.
  const rng = rngOver({ rng: world.state.rng ^ 0x5eed });
  for (const sku of world.catalogue.skus) {
    for (const node of sku.nodes) {
      const { point, target } = levelsOf(world, sku, node);
      world.book(sku.id, node, { available: rng.int(point, target) });
    }
  }
}

/** Half past one in the local night after an instant. */
function nextNight(ms: number): number {
  const at = Math.floor(ms / DAY) * DAY + 30 * MINUTE;
  return at > ms ? at : at + DAY;
}

export function createBrand(state: BrandState): Brand {
  const agenda = new TinyQueue<Due>([...state.agenda], (a, b) => a.atMs - b.atMs || a.n - b.n);
  const world = createWorld(state, (due) => agenda.push(due));

  /** A source that is silent is heard when it speaks again. */
  function send(event: SimEvent): void {
    const untilMs = state.silent[sourceNames.get(event.source) ?? ''];
    if (untilMs === undefined || untilMs <= world.nowMs) return world.send(event);
    world.planAt(untilMs + MINUTE, { kind: 'send', event });
  }

  function happen(task: Task): void {
    switch (task.kind) {
      case 'send':
        return send(task.event);
      case 'incident':
      case 'act':
      case 'story':
      case 'go negative':
        return incidentStep(world, task);
      case 'arrive':
      case 'convert':
      case 'release checkout':
      case 'lapse':
      case 'accept':
      case 'clear hold':
      case 'allocate':
      case 'release':
      case 'source again':
        return orderStep(world, task, (job) => beginJob(world, job));
      case 'start pick':
      case 'pick':
      case 'pack':
      case 'dispatch':
      case 'void':
      case 'track':
      case 'deliver':
        return fulfilmentStep(world, task, (shipment) => afterDelivery(world, shipment));
      case 'authorise return':
      case 'receive return':
      case 'disposition':
      case 'refund':
      case 'refund only':
        return returnStep(world, task);
      case 'review':
      case 'acknowledge':
      case 'change po':
      case 'announce':
      case 'delay':
      case 'arrive at dock':
      case 'receive':
      case 'inspect':
      case 'put away':
      case 'send back':
        return supplyStep(world, task);
      case 'publish':
      case 'heartbeat':
      case 'take partner snapshot':
      case 'send snapshot':
      case 'nightly sync':
        return feedStep(world, task);
      default:
        return floorStep(world, task);
    }
  }

  const brandTime = (eventMs: number) =>
    state.epoch.brandMs + (eventMs - state.epoch.eventMs) * state.profile.tempo;
  const eventTime = (brandMs: number) =>
    state.epoch.eventMs + (brandMs - state.epoch.brandMs) / state.profile.tempo;

  return {
    get clockMs() {
      return eventTime(state.clockMs);
    },
    advance(toMs) {
      const untilMs = brandTime(toMs);
      for (let due = agenda.peek(); due !== undefined && due.atMs <= untilMs; due = agenda.peek()) {
        agenda.pop();
        world.begin(due.atMs);
        happen(due.task);
      }
      state.clockMs = Math.max(state.clockMs, untilMs);
      return world.take();
    },
    takeLabels: () => world.takeLabels(),
    shift(byMs) {
      state.epoch = { ...state.epoch, eventMs: state.epoch.eventMs + byMs };
    },
    goLive() {
      state.liveAtMs = eventTime(state.clockMs);
    },
    state: () => ({ ...state, agenda: [...agenda.data] }),
  };
}

/**
 * What the brand began with: policies, master data and opening stock. Ids, times and data are fixed by
 * the founding, so that sending it again changes nothing.
 */
export function openingEvents({ founding }: BrandState): SimEvent[] {
  const state = createState(founding);
  const { openedAtMs } = state;
  const { skus } = catalogueOf(state.profile.skuCount);
  const time = new Date(openedAtMs).toISOString();
  const envelope = { specversion: '1.0', source: SOURCES.erp, time } as const;
  return [
    ...policyEvents(state),
    ...skus.map((sku): SimEvent<'item.upserted'> => ({
      ...envelope,
      id: `opening/${state.run}/item/${sku.id}`,
      type: 'stocktide.item.upserted.v1',
      data: {
        sku_id: sku.id,
        gtin: sku.gtin,
        uom: 'EA',
        pack_qty: sku.packQty,
        abc_class: sku.abcClass,
        unit_cost: sku.cost,
        currency: HOUSE_CURRENCY,
        status: 'active',
        description: sku.description,
      },
    })),
    ...skus.flatMap((sku) =>
      sku.nodes.map((node): SimEvent<'inventory.adjusted'> => ({
        ...envelope,
        id: `opening/${state.run}/stock/${sku.id}/${node}`,
        type: 'stocktide.inventory.adjusted.v1',
        data: {
          adjustment_id: `opening-${sku.id}-${node}`,
          sku_id: sku.id,
          node_id: node,
          state: 'available',
          qty_delta: state.positions[`${sku.id} ${node}`]?.available ?? 0,
          reason_code: 'opening_balance',
          raw_code: 'opening',
          actor: 'migration',
          approved_by: 'lead-1',
          unit_cost: sku.cost,
          currency: HOUSE_CURRENCY,
        },
      })),
    ),
  ];
}

function policyEvents({ openedAtMs, profile, run }: BrandState): SimEvent[] {
  return policiesOf(profile).map((data, index): SimEvent<'policy.set'> => ({
    specversion: '1.0',
    source: SOURCES.erp,
    time: new Date(openedAtMs).toISOString(),
    id: `opening/${run}/policy/${index + 1}`,
    type: 'stocktide.policy.set.v1',
    data,
  }));
}
