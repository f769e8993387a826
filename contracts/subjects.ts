/**
 * Subjects of the LOG, of questions to the processors and of live notices.
 *
 *   ops.v1.<entity>.<verb>.<s>.<o>.<n>.<p>
 *
 * `s o n p` are FNV-1a32 of SKU, order, node and supplier modulo 16, or `-` when the event names none,
 * so that each processor can be partitioned by its own key with a plain filter (DESIGN §3).
 */
import { fnv1a32 } from './hash.ts';

/** Partitions of each routing key. */
export const PARTITIONS = 16;
/** The routing token of an event that lacks the key. */
export const NO_KEY = '-';

const PARTITION_TOKENS = Array.from({ length: PARTITIONS }, (_, i) => String(i));

/** Partition of a key: 0 … 15. */
export function partitionOf(keyValue: string): number {
  return fnv1a32(keyValue) % PARTITIONS;
}

/** Routing fields that an event's data can carry. */
export interface RoutingKeys {
  readonly sku_id?: string;
  readonly order_id?: string;
  readonly node_id?: string;
  readonly supplier_id?: string;
}

/** Subject of a LOG event. `name` is the short type, such as `order.line.allocated`. */
export function logSubject(name: string, keys: RoutingKeys): string {
  return `${subjectHead(name)}.${token(keys.sku_id)}.${token(keys.order_id)}.${token(keys.node_id)}.${token(keys.supplier_id)}`;
}

const heads = new Map<string, string>();

/** `ops.v1.order-line.allocated` of `order.line.allocated`. The catalogue bounds the cache. */
function subjectHead(name: string): string {
  let head = heads.get(name);
  if (head === undefined) {
    const parts = name.split('.');
    const verb = parts.pop() ?? '';
    head = `ops.v1.${parts.join('-')}.${verb}`;
    heads.set(name, head);
  }
  return head;
}

function token(keyValue: string | undefined): string {
  return keyValue === undefined ? NO_KEY : (PARTITION_TOKENS[partitionOf(keyValue)] ?? NO_KEY);
}

/** Position of each routing token, counted from the front of a LOG subject. */
export const SUBJECT_TOKEN = {
  entity: 2,
  verb: 3,
  sku: 4,
  order: 5,
  node: 6,
  supplier: 7,
} as const;

/** Requests to the processor that owns a SKU: `ask.stock.<partition>.<question>`. */
export const askStock = (sku: string, question: StockQuestion) =>
  `ask.stock.${partitionOf(sku)}.${question}`;
/** Requests that every stock slice answers for its own SKUs. */
export const askEverySlice = (question: SliceQuestion) => `ask.slices.${question}`;
export type StockQuestion = 'atp' | 'position';
export type SliceQuestion = 'search' | 'status' | 'dump';

/** Notices that the ATP of SKUs changed (not persisted): `live.atp.<partition>`. */
export const liveAtp = (partition: number | '*') => `live.atp.${partition}`;
/** State of each runtime, once a second (not persisted). */
export const liveRuntime = (slice: string) => `live.runtime.${slice}`;
/** State of each door, once a second (not persisted). */
export const LIVE_DOOR = 'live.door';

/** Dead letters by reason. */
export const deadSubject = (reason: string) => `dead.${reason}`;
