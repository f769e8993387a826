/**
 * The load of a crash round: the benches' orders, and among them what makes exactly-once hard. Events
 * that come twice, late ones, reservations that lapse within the round, counts of a 3PL, and dispatches
 * that raise findings. Seeded; event times begin a minute before `startMs`, so that none lies ahead.
 */
import type { ProducerEvent } from '../../contracts/envelope.ts';
import { openingStock, orders, random, skuId } from '../../bench/traffic.ts';
import { event } from '../support/log.ts';

export interface LoadOptions {
  readonly seed: number;
  readonly startMs: number;
  /** Events as a producer counts them. */
  readonly events: number;
  /** How long the round's load lasts (ms): the event times spread over it. */
  readonly lengthMs: number;
}

const SKUS = 60;
const NODES = 3;
/** How far back a repeated event is taken from. */
const REPEAT_WINDOW = 1_500;
const LEAD_MS = 60_000;

export function makeLoad({ events, lengthMs, seed, startMs }: LoadOptions): ProducerEvent[] {
  const rng = random(seed + 77);
  const pick = (n: number) => Math.floor(rng() * n);
  const fromMs = startMs - LEAD_MS;
  // About nine events to an order.
  const stepMs = ((LEAD_MS + lengthMs) * 9) / events;
  const options = { seed, skus: SKUS, nodes: NODES, startMs: fromMs, stepMs };
  const load = [...openingStock(options)];
  let number = 0;
  for (const each of orders(options)) {
    if (load.length >= events) return load;
    load.push(each);
    number += 1;
    const at = { source: 'https://3pl.example/crash', time: each.time };
    const sku_id = skuId(pick(SKUS));
    const node_id = `dc-${1 + pick(NODES)}`;
    if (number % 13 === 0) load.push(load[load.length - 1 - pick(REPEAT_WINDOW)] ?? each);
    if (number % 47 === 0) {
      const expires_at = new Date(Date.parse(each.time) + 500 + pick(3_000)).toISOString();
      const reservation = { reservation_id: `R-${number}`, sku_id, channel_id: 'web', qty: 2 };
      load.push(
        event('reservation.created', { ...reservation, expires_at }, { ...at, id: `r-${number}` }),
      );
    }
    if (number % 101 === 0) {
      const late = new Date(Date.parse(each.time) - 20_000 - pick(20_000)).toISOString();
      const adjusted = {
        sku_id,
        node_id,
        state: 'available',
        qty_delta: -3,
        actor: 'crash',
      } as const;
      const why = { adjustment_id: `L-${number}`, reason_code: 'damaged', raw_code: 'AU' } as const;
      load.push(
        event(
          'inventory.adjusted',
          { ...adjusted, ...why },
          { ...at, time: late, id: `l-${number}` },
        ),
      );
    }
    if (number % 307 === 0) load.push(...snapshot(number, at, node_id, pick));
    if (number % 401 === 0) load.push(unknownDispatch(number, at, { sku_id, node_id }));
  }
  return load;
}

type At = { source: string; time: string };

/** A partial count of a few SKUs, as of some seconds before. */
function snapshot(
  number: number,
  at: At,
  node_id: string,
  pick: (n: number) => number,
): ProducerEvent[] {
  const as_of = new Date(Date.parse(at.time) - 5_000).toISOString();
  const snapshot_id = `SNAP-${number}`;
  const first = pick(SKUS - 5);
  const quantities = Array.from({ length: 5 }, () => 999_000 + pick(1_000));
  const rows = quantities.map((qty, index) => {
    const row = { snapshot_id, as_of, sku_id: skuId(first + index), node_id, qty };
    const id = `s-${number}-${index}`;
    return event('inventory.snapshot.recorded', { ...row, state: 'available' }, { ...at, id });
  });
  const control_total = quantities.reduce((sum, qty) => sum + qty, 0);
  const whole = { snapshot_id, node_id, scope: 'partial', as_of, row_count: 5 } as const;
  const id = `s-${number}-end`;
  return [
    ...rows,
    event('inventory.snapshot.completed', { ...whole, control_total }, { ...at, id }),
  ];
}

/** Goods leave for an order that nobody has heard of: an illegal transition, and a finding. */
function unknownDispatch(
  number: number,
  at: At,
  where: { sku_id: string; node_id: string },
): ProducerEvent {
  const { node_id, sku_id } = where;
  const shipment = { shipment_id: `X-${number}`, order_id: `unknown-${number}`, node_id };
  const carrier = { carrier: 'dhl', service: 'parcel', shipped_at: at.time };
  const lines = [{ line_id: '1', sku_id, qty: 1 }];
  return event(
    'shipment.dispatched',
    { ...shipment, ...carrier, lines },
    { ...at, id: `x-${number}` },
  );
}
