/**
 * Olist: what the file says of its orders, computed from the CSV alone, against what a system says that a
 * replay of it went through: deliveries on time (K03), cycle times (K06, K06a, K06b), cancellations (K10), where
 * orders are in the end, and open orders by stage and age at an instant. It shares no code with the mapping.
 */
import { dataFile, rowsOf } from './data.ts';
import {
  addTo,
  count,
  counts,
  percentile,
  summaryOf,
  type Figure,
  type Summary,
} from './figures.ts';
import type { KpiAnswer, System } from './system.ts';

const NODE = 'olist-br';
const HOUR_MS = 3_600_000;

/** An order by its dates (ms since 1970), null where there is none. */
interface Order {
  readonly givenUp: '' | 'canceled' | 'unavailable';
  readonly boughtMs: number;
  readonly approvedMs: number | null;
  readonly carrierMs: number | null;
  readonly deliveredMs: number | null;
  readonly promisedMs: number;
}

/** Orders of the first rows of the file. */
export function olistOrders(folder: string, maxRows = Infinity): Order[] {
  return rowsOf(dataFile(folder, 'orders'))
    .slice(0, maxRows)
    .map((row) => {
      const status = row['order_status'] ?? '';
      return {
        givenUp: status === 'canceled' || status === 'unavailable' ? status : '',
        boughtMs: required(row['order_purchase_timestamp']),
        approvedMs: dateMs(row['order_approved_at']),
        carrierMs: dateMs(row['order_delivered_carrier_date']),
        deliveredMs: dateMs(row['order_delivered_customer_date']),
        promisedMs: required(row['order_estimated_delivery_date']),
      };
    });
}

function dateMs(text = ''): number | null {
  return text === '' ? null : Date.parse(`${text.replace(' ', 'T')}Z`);
}

function required(text: string | undefined): number {
  const ms = dateMs(text);
  if (ms === null || Number.isNaN(ms)) throw new Error(`no date: ${text}`);
  return ms;
}

/** What left was not cancelled, whatever the status says: it was cancelled after it had left. */
const wasCancelled = ({ carrierMs, givenUp }: Order) => givenUp !== '' && carrierMs === null;

/** Dispatch counts from the order on, should the file date it before. */
const leftMs = ({ boughtMs, carrierMs }: Order) =>
  carrierMs === null ? null : Math.max(boughtMs, carrierMs);

/** Where an order is at an instant, and since when; null before it is placed. */
function placeOf(order: Order, atMs: number): { stage: string; sinceMs: number } | null {
  const { approvedMs, boughtMs, deliveredMs } = order;
  if (boughtMs > atMs) return null;
  const left = leftMs(order);
  if (left !== null && left <= atMs) {
    if (deliveredMs !== null && deliveredMs <= atMs) {
      return { stage: 'delivered', sinceMs: deliveredMs };
    }
    return { stage: 'shipped', sinceMs: left };
  }
  const cancelledMs = approvedMs ?? boughtMs;
  if (wasCancelled(order) && cancelledMs <= atMs) {
    return { stage: 'cancelled', sinceMs: cancelledMs };
  }
  if (approvedMs !== null && approvedMs <= atMs) return { stage: 'released', sinceMs: approvedMs };
  return { stage: 'created', sinceMs: boughtMs };
}

/** Orders by the stage that they are in in the end. */
function finalStages(orders: readonly Order[]): Map<string, number> {
  const stages = new Map<string, number>();
  for (const order of orders) addTo(stages, placeOf(order, Infinity)?.stage ?? 'unknown');
  return stages;
}

const OPEN_STAGES = new Set(['created', 'released']);
/** Upper ends of the buckets of standard orders, in hours. */
const BUCKETS = [
  [4, '0-4 h'],
  [12, '4-12 h'],
  [24, '12-24 h'],
  [48, '24-48 h'],
  [Infinity, '>48 h'],
] as const;

/** Open orders at an instant by stage and age. */
function openByAge(orders: readonly Order[], atMs: number): Map<string, number> {
  const open = new Map<string, number>();
  for (const order of orders) {
    const place = placeOf(order, atMs);
    if (place === null || !OPEN_STAGES.has(place.stage)) continue;
    const hours = (atMs - place.sinceMs) / HOUR_MS;
    const [, bucket] = BUCKETS.find(([end]) => hours < end) ?? BUCKETS[4];
    addTo(open, `${place.stage} ${bucket}`);
  }
  return open;
}

/** Hours that orders that left spent in a stage; one that an order was never in is not counted. */
function stageHours(
  orders: readonly Order[],
): Record<'created' | 'released' | 'shipped', number[]> {
  const hours = { created: [] as number[], released: [] as number[], shipped: [] as number[] };
  for (const order of orders) {
    const { approvedMs, boughtMs, deliveredMs } = order;
    const left = leftMs(order);
    if (left === null) continue;
    const created = Math.min(approvedMs ?? Infinity, left) - boughtMs;
    const released = approvedMs === null ? 0 : left - approvedMs;
    if (created > 0) hours.created.push(created / HOUR_MS);
    if (released > 0) hours.released.push(released / HOUR_MS);
    if (deliveredMs !== null && deliveredMs > left) {
      hours.shipped.push((deliveredMs - left) / HOUR_MS);
    }
  }
  return hours;
}

/** Instants at which open orders are compared: a peak, two ordinary days, and the end of the file. */
const INSTANTS = [
  '2017-11-25T12:00:00Z',
  '2018-03-01T06:00:00Z',
  '2018-08-07T18:00:00Z',
  '2018-10-20T00:00:00Z',
];

export async function compareOlist(
  system: System,
  folder: string,
  maxRows = Infinity,
): Promise<Figure[]> {
  const orders = olistOrders(folder, maxRows);
  const fromMs = Date.parse('2016-01-01T00:00:00Z');
  const toMs = Date.parse('2019-01-01T00:00:00Z');
  const ask = (id: string, dim?: string) =>
    system.kpi(id, {
      fromMs,
      toMs,
      where: { node_id: NODE, ...(dim === undefined ? {} : { dim }) },
    });

  // Due is what the customer still wanted, or had been sent.
  const due = orders.filter((order) => !(wasCancelled(order) && order.givenUp === 'canceled'));
  const onTime = due.filter(
    ({ carrierMs, deliveredMs, promisedMs }) =>
      carrierMs !== null && deliveredMs !== null && deliveredMs <= promisedMs,
  );
  const delivery = await ask('K03');
  const cancellation = await ask('K10');
  const sellerFault = await ask('K10a');

  const left = orders.flatMap(({ boughtMs, carrierMs, deliveredMs }) =>
    carrierMs === null ? [] : [{ boughtMs, carrierMs, deliveredMs }],
  );
  const hours = stageHours(orders);
  const toDispatch = left.map(({ boughtMs, carrierMs }) => (carrierMs - boughtMs) / HOUR_MS);
  const toDelivery = left.flatMap(({ boughtMs, deliveredMs }) =>
    deliveredMs === null ? [] : [(deliveredMs - boughtMs) / HOUR_MS],
  );
  const figures = [
    count('K03 on time', onTime.length, delivery.num),
    count('K03 due', due.length, delivery.den),
    count('K10 cancelled', orders.filter(wasCancelled).length, cancellation.num),
    count('K10 placed', orders.length, cancellation.den),
    count(
      'K10a for want of stock',
      orders.filter((order) => wasCancelled(order) && order.givenUp === 'unavailable').length,
      sellerFault.num,
    ),
    ...counts('stage', finalStages(orders), await stagesOf(system)),
    ...spread('K06 order to dispatch', summaryOf(toDispatch), await ask('K06')),
    ...spread('K06b order to delivery', summaryOf(toDelivery), await ask('K06b')),
  ];
  for (const stage of ['created', 'released', 'shipped'] as const) {
    figures.push(...spread(`K06a ${stage}`, summaryOf(hours[stage]), await ask('K06a', stage)));
  }
  for (const instant of INSTANTS) {
    const found = await agingOf(system, instant);
    figures.push(...counts(`open at ${instant}`, openByAge(orders, Date.parse(instant)), found));
  }
  return figures;
}

function spread(name: string, expected: Summary | null, { spread: found }: KpiAnswer): Figure[] {
  return [
    count(`${name}, orders`, expected?.count ?? null, found?.count ?? null),
    percentile(`${name}, p50 h`, expected?.p50 ?? null, found?.p50 ?? null),
    percentile(`${name}, p90 h`, expected?.p90 ?? null, found?.p90 ?? null),
  ];
}

async function stagesOf(system: System): Promise<Map<string, number>> {
  const rows = await system.rows<{ stage: string; orders: number }>(`
    SELECT stage, toInt32(sum(delta * sign)) AS orders FROM order_stages
    WHERE node_id = '${NODE}' GROUP BY stage HAVING orders != 0`);
  return new Map(rows.map(({ orders, stage }) => [stage, orders]));
}

async function agingOf(system: System, instant: string): Promise<Map<string, number>> {
  const at = instant.replace('T', ' ').replace('Z', '');
  const rows = await system.rows<{ place: string; orders: number }>(`
    SELECT concat(stage, ' ', bucket) AS place, toInt32(sum(open_orders)) AS orders
    FROM order_aging(at = '${at}') WHERE node_id = '${NODE}' GROUP BY place`);
  return new Map(rows.map(({ orders, place }) => [place, orders]));
}
