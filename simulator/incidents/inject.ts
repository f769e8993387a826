/**
 * Incidents: when which kind happens, and the steps that they consist of. Each kind comes about every
 * `incidentGapDays`, every second time as a near miss. A kind that finds nothing to happen to (no return
 * to hold up, no SKU that fits) tries again some hours later.
 */
import { DAY, HOUR } from '../calendar.ts';
import type { Channel } from '../catalogue.ts';
import { adjustStock, countBin, damage, failLocation, failScan } from '../floor.ts';
import { sendSnapshot, type Snapshot } from '../feeds.ts';
import { cancel, type Order } from '../orders.ts';
import { takeBack } from '../sourcing.ts';
import type { Emitted, World } from '../world.ts';
import { FEED_INCIDENTS } from './feeds.ts';
import { FLOOR_INCIDENTS } from './floor.ts';
import { INBOUND_INCIDENTS } from './inbound.ts';
import type { Kind } from './kinds.ts';
import type { Draft } from './label.ts';
import { ORDER_INCIDENTS } from './orders.ts';
import { goNegativeBy, STOCK_INCIDENTS } from './stock.ts';

/** A step of an incident that is under way. */
export type Act =
  | {
      readonly do: 'adjust';
      readonly sku: string;
      readonly units: number;
      readonly reason: 'correction' | 'shrinkage';
    }
  | { readonly do: 'count'; readonly sku: string; readonly off: number }
  | { readonly do: 'fail scan'; readonly sku: string }
  | { readonly do: 'fail location'; readonly sku: string }
  | { readonly do: 'damage'; readonly sku: string; readonly qty: number }
  | { readonly do: 'cancel'; readonly order: Order; readonly allocated: boolean }
  | { readonly do: 'discontinue'; readonly sku: string; readonly twin: string }
  | { readonly do: 'resend'; readonly snapshot: Snapshot }
  | { readonly do: 'tell the truth'; readonly sku: string; readonly channel: Channel }
  | { readonly do: 'hear again'; readonly source: string };

/** Written down with the last of an incident's steps, with the evidence of all of them. */
export interface Story {
  readonly draft: Draft;
  readonly fromMs: number;
  readonly evidence: readonly Emitted[];
  /** Steps that are still to come, each at its own time. */
  readonly rest: readonly { readonly atMs: number; readonly act: Act }[];
}

export type IncidentTask =
  | { readonly kind: 'incident'; readonly name: string; readonly turn: number }
  | { readonly kind: 'act'; readonly act: Act }
  | { readonly kind: 'story'; readonly story: Story }
  | { readonly kind: 'go negative'; readonly sku: string; readonly id: string };

export const INCIDENTS: Readonly<Record<string, Kind>> = {
  ...STOCK_INCIDENTS,
  ...ORDER_INCIDENTS,
  ...INBOUND_INCIDENTS,
  ...FLOOR_INCIDENTS,
  ...FEED_INCIDENTS,
};

/** Names of the kinds that raise the codes; every kind for `all`. Throws for an unknown code. */
export function kindsOf(codes: readonly string[] | 'all'): string[] {
  const names = Object.keys(INCIDENTS);
  if (codes === 'all') return names;
  const known = new Set(Object.values(INCIDENTS).map(({ code }): string => code));
  const unknown = codes.find((code) => !known.has(code));
  if (unknown !== undefined) {
    throw new Error(`${unknown} is none of ${[...known].sort().join(', ')}`);
  }
  return names.filter((name) => codes.includes(INCIDENTS[name]?.code ?? ''));
}

/** The first of each kind: spread over a day, when there is something to happen to. */
export function planIncidents(world: World): void {
  const { incidents, incidentsFromDay } = world.profile;
  const fromMs = incidentsFromDay * DAY;
  for (const name of incidents) {
    world.after([fromMs + 3 * HOUR, fromMs + 20 * HOUR], { kind: 'incident', name, turn: 0 });
  }
}

export function incidentStep(world: World, task: IncidentTask): void {
  switch (task.kind) {
    case 'incident':
      return begin(world, task.name, task.turn);
    case 'act':
      act(world, task.act);
      return;
    case 'story':
      return tell(world, task.story);
    case 'go negative':
      return goNegativeBy(world, task.sku, task.id);
    default:
      return task satisfies never;
  }
}

function begin(world: World, name: string, turn: number): void {
  const kind = INCIDENTS[name];
  if (kind === undefined) throw new Error(`no incident ${name}`);
  const nearMiss = turn % 2 === 1;
  const id = world.nextId('i');
  if (!kind.inject(world, { id, nearMiss })) {
    return world.after([2 * HOUR, 5 * HOUR], { kind: 'incident', name, turn });
  }
  const gapMs = world.profile.incidentGapDays * DAY;
  world.after([0.7 * gapMs, 1.3 * gapMs], { kind: 'incident', name, turn: turn + 1 });
}

function tell(world: World, { draft, evidence, fromMs, rest }: Story): void {
  const [step, ...later] = rest;
  if (step === undefined) throw new Error('a story without a step');
  const emitted = act(world, step.act);
  const all = emitted === null ? evidence : [...evidence, emitted];
  const next = later[0];
  if (next === undefined) return world.label(draft, { fromMs, toMs: world.nowMs, evidence: all });
  const story = { draft, fromMs, evidence: all, rest: later };
  world.planAt(next.atMs, { kind: 'story', story });
}

function act(world: World, step: Act): Emitted | null {
  switch (step.do) {
    case 'adjust': {
      const { reason, sku, units } = step;
      const raw = reason === 'shrinkage' ? '06' : 'AB';
      return adjustStock(world, { sku: world.catalogue.skuOf(sku), units, reason, raw });
    }
    case 'count':
      return countBin(world, world.catalogue.skuOf(step.sku), step.off);
    case 'fail scan':
      return failScan(world, world.catalogue.skuOf(step.sku));
    case 'fail location':
      return failLocation(world, world.catalogue.skuOf(step.sku), 'mixed');
    case 'damage':
      return damage(world, world.catalogue.skuOf(step.sku), step.qty, 'pallet tipped over');
    case 'cancel':
      return giveUp(world, step.order, step.allocated);
    case 'discontinue':
      return discontinue(world, step.sku, step.twin);
    case 'resend':
      return sendSnapshot(world, step.snapshot);
    case 'tell the truth':
      delete world.state.frozen[`${step.sku} ${step.channel}`];
      world.state.dirty[step.sku] = true;
      return null;
    case 'hear again':
      delete world.state.silent[step.source];
      return null;
    default:
      return step satisfies never;
  }
}

function giveUp(world: World, order: Order, allocated: boolean): null {
  if (allocated) takeBack(world, order, 'customer');
  else {
    for (const { node, qty, sku } of order.lines) world.book(sku, node, { promised: -qty });
    cancel(world, order, { lines: order.lines, initiator: 'seller', reason: 'out of stock' });
  }
  return null;
}

function discontinue(world: World, sku: string, twin: string): Emitted {
  const { abcClass, cost, gtin, packQty } = world.catalogue.skuOf(sku);
  return world.emit({
    source: 'erp',
    name: 'item.upserted',
    data: {
      sku_id: twin,
      gtin,
      uom: 'EA',
      pack_qty: packQty,
      abc_class: abcClass,
      unit_cost: cost,
      status: 'discontinued',
    },
  });
}
