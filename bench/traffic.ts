/**
 * Seeded traffic for the benches: what a mid-size shop sends, as fast as it can be made.
 *
 * An order of one to three lines goes through creation, allocation, pick, pack and dispatch, seven
 * events in a row as a small WMS would send them. Beside the orders: soft reservations, adjustments,
 * receipts with their putaway. A few SKUs sell most (the square of a uniform number picks them), so
 * that some positions are hot and most are cold. One event becomes 1.8 events of the LOG on average.
 *
 * Every event fits the contract, ids are unique per seed, and no movement is illegal: the benches
 * measure the ordinary day, not the findings.
 */
import type { ProducerEvent } from '../contracts/envelope.ts';
import type { InputDataOf, InputType } from '../contracts/events.ts';

export interface TrafficOptions {
  readonly seed: number;
  readonly skus: number;
  readonly nodes: number;
  /** Event time of an order, counted from 0, and of what goes with it (ms since 1970). */
  readonly timeOf: (order: number) => number;
}

type MakeEvent = <T extends InputType>(name: T, data: InputDataOf<T>) => ProducerEvent;

const SOURCE = 'https://wms.bench.example/feed';
const CHANNELS = ['web', 'market-a', 'wholesale'] as const;
const OPENING_UNITS = 1_000_000;
const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;

/** Park–Miller: small, seeded, good enough to spread traffic. Numbers in (0, 1). */
export function random(seed: number): () => number {
  let state = (seed % 2_147_483_646) + 1;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

export const skuId = (number: number) => `SKU-${String(number).padStart(6, '0')}`;
const nodeId = (number: number) => `dc-${number + 1}`;

/** Opening stock of every position, SKU by SKU: skus × nodes events of the LOG. */
export function* openingStock(options: TrafficOptions): Generator<ProducerEvent, void> {
  const { nodes, seed, skus, timeOf } = options;
  const make = eventMaker(`${seed}-open`, () => timeOf(0));
  for (let sku = 0; sku < skus; sku++) {
    for (let node = 0; node < nodes; node++) {
      yield make('inventory.adjusted', {
        adjustment_id: `open-${sku}-${node}`,
        sku_id: skuId(sku),
        node_id: nodeId(node),
        state: 'available',
        qty_delta: OPENING_UNITS,
        reason_code: 'opening_balance',
        raw_code: '',
        actor: 'bench',
      });
    }
  }
}

/** Endless orders and what happens beside them, in the order of their event times. */
export function* orders(options: TrafficOptions): Generator<ProducerEvent, never> {
  const { nodes, seed, skus, timeOf } = options;
  const rng = random(seed);
  const pick = (n: number) => Math.floor(rng() * n);
  const anySku = () => skuId(Math.floor(rng() ** 2 * skus));
  let nowMs = timeOf(0);
  const make = eventMaker(String(seed), () => nowMs);

  for (let number = 0; ; number++) {
    nowMs = timeOf(number);
    const order = {
      order_id: `O-${seed}-${number}`,
      node_id: nodeId(pick(nodes)),
      channel_id: CHANNELS[pick(CHANNELS.length)] ?? 'web',
      atMs: nowMs,
      lines: Array.from({ length: 1 + pick(3) }, (_, index) => ({
        line_id: String(index + 1),
        sku_id: anySku(),
        qty: 1 + pick(4),
      })),
    };
    yield* lifeOf(order, make, pick);
    if (pick(10) === 0) yield shrinkage(order, anySku(), make);
    if (pick(5) === 0) yield reservation(order, anySku(), make);
    if (pick(20) === 0) yield* receipt(order, anySku(), make);
  }
}

interface Order {
  readonly order_id: string;
  readonly node_id: string;
  readonly channel_id: string;
  readonly atMs: number;
  readonly lines: { line_id: string; sku_id: string; qty: number }[];
}

const iso = (ms: number) => new Date(ms).toISOString();

function* lifeOf(
  { atMs, channel_id, lines, node_id, order_id }: Order,
  make: MakeEvent,
  pick: (n: number) => number,
): Generator<ProducerEvent, void> {
  yield make('order.created', {
    order_id,
    channel_id,
    sla_class: 'standard',
    ordered_at: iso(atMs),
    ship_by: iso(atMs + DAY_MS),
    deliver_by: iso(atMs + 3 * DAY_MS),
    currency: 'EUR',
    region: 'DE',
    node_id,
    lines: lines.map((line) => ({ ...line, unit_price: '12.50' })),
  });
  for (const line of lines) yield make('order.line.allocated', { order_id, node_id, ...line });
  for (const { line_id, qty, sku_id } of lines) {
    yield make('pick.completed', {
      task_id: `T-${order_id}-${line_id}`,
      order_id,
      line_id,
      sku_id,
      node_id,
      location_id: `A-${pick(400)}`,
      qty_requested: qty,
      qty_picked: qty,
      shift_id: 'early',
      worker_pseudo_id: `w${pick(40)}`,
    });
  }
  yield make('pack.completed', {
    order_id,
    node_id,
    carton_id: `C-${order_id}`,
    weight_g: 900,
    lines,
  });
  yield make('shipment.dispatched', {
    shipment_id: `S-${order_id}`,
    order_id,
    node_id,
    carrier: 'dhl',
    service: 'parcel',
    shipped_at: iso(atMs),
    lines,
  });
}

function shrinkage({ node_id, order_id }: Order, sku_id: string, make: MakeEvent): ProducerEvent {
  return make('inventory.adjusted', {
    adjustment_id: `A-${order_id}`,
    sku_id,
    node_id,
    state: 'available',
    qty_delta: -1,
    reason_code: 'shrinkage',
    raw_code: '06',
    actor: 'w7',
  });
}

function reservation(order: Order, sku_id: string, make: MakeEvent): ProducerEvent {
  return make('reservation.created', {
    reservation_id: `R-${order.order_id}`,
    sku_id,
    channel_id: order.channel_id,
    node_id: order.node_id,
    qty: 1,
    expires_at: iso(order.atMs + 15 * MINUTE_MS),
  });
}

function* receipt(
  { node_id, order_id }: Order,
  sku_id: string,
  make: MakeEvent,
): Generator<ProducerEvent, void> {
  const receipt_id = `G-${order_id}`;
  yield make('receipt.line.received', {
    receipt_id,
    supplier_id: 'sup-1',
    sku_id,
    node_id,
    qty_expected: 48,
    qty_received: 48,
    condition_code: 'good',
  });
  yield make('putaway.completed', { receipt_id, sku_id, node_id, location_id: 'A-1', qty: 48 });
}

function eventMaker(prefix: string, nowMs: () => number): MakeEvent {
  let number = 0;
  return (name, data) => {
    number += 1;
    return {
      specversion: '1.0',
      id: `${prefix}-${number}`,
      source: SOURCE,
      type: `stocktide.${name}.v1`,
      time: iso(nowMs()),
      data,
    };
  };
}
