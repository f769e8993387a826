/**
 * Which findings are symptoms of which: a bin that is not as recorded makes a pick come out short, which
 * makes the book go below zero. One case, not three. What a node's own feed has not said since it fell silent
 * (that an order has left, that a return was looked at) is a symptom of the silence. A symptom joins the open case of its cause; a cause
 * that is found after its symptom takes the symptom's case over.
 */
import type { FindingCode } from '../../contracts/events/control.ts';
import type { DataOf } from '../../contracts/events.ts';
import type { CaseRecord } from './record.ts';

/** How long before its symptom a cause may have been found, and after (event time). */
export const CAUSE_WINDOW_MS = 24 * 3_600_000;

type Shared = 'bin' | 'feed' | 'gap' | 'receipt' | 'node' | 'position' | 'sku' | 'source';

interface Link {
  readonly cause: FindingCode;
  /** What the two have to share. */
  readonly by: Shared;
}

/** Causes of each symptom, the likeliest first. */
const CAUSES: Partial<Record<FindingCode, readonly Link[]>> = {
  SHORT_PICK: [
    { cause: 'LOCATION_ERROR', by: 'bin' },
    { cause: 'LOCATION_ERROR_REPEAT', by: 'bin' },
    { cause: 'LOCATION_ERROR', by: 'position' },
  ],
  NEG_INVENTORY: [
    { cause: 'LOCATION_ERROR', by: 'position' },
    { cause: 'SHORT_PICK', by: 'position' },
  ],
  COUNT_VARIANCE: [{ cause: 'LOCATION_ERROR', by: 'bin' }],
  LOCATION_ERROR: [{ cause: 'LOCATION_ERROR_REPEAT', by: 'bin' }],
  ORDER_SLA_RISK: [
    { cause: 'ORDER_SLA_RISK', by: 'node' },
    { cause: 'FEED_STALE', by: 'feed' },
  ],
  RETURN_UNDISPOSITIONED: [{ cause: 'FEED_STALE', by: 'feed' }],
  OVERSELL: [{ cause: 'NEG_INVENTORY', by: 'position' }],
  ORDER_SLA_BREACH: [
    { cause: 'ORDER_SLA_RISK', by: 'node' },
    { cause: 'FEED_STALE', by: 'feed' },
  ],
  STOCKOUT: [{ cause: 'OVERSELL', by: 'position' }],
  CHANNEL_CONFLICT: [
    { cause: 'FEED_STALE', by: 'source' },
    { cause: 'OVERSELL', by: 'sku' },
  ],
  FEED_QUALITY: [{ cause: 'FEED_STALE', by: 'source' }],
  FLOW_VIOLATION: [
    { cause: 'FEED_STALE', by: 'gap' },
    { cause: 'INBOUND_QTY_MISMATCH', by: 'receipt' },
  ],
  SNAPSHOT_REJECTED: [{ cause: 'FEED_QUALITY', by: 'source' }],
  CARRIER_DELAY: [{ cause: 'FEED_STALE', by: 'source' }],
};

/** What a receipt that differs shows as well. */
const OF_RECEIPTS: ReadonlySet<string> = new Set([
  'over_receipt',
  'unexpected_sku',
  'blind_receipt',
]);

/** What a parcel shows of which nobody said that it left, on its way and when it has arrived. */
const OF_GAPS: ReadonlySet<string> = new Set(['unknown_order', 'delivered_before_dispatch']);

type Raised = DataOf<'finding.raised'>;

/** Codes that the finding can be a symptom of. */
export const causesOf = (code: FindingCode): readonly Link[] => CAUSES[code] ?? [];

/** Codes whose findings can be symptoms of this one. */
export function symptomsOf(code: FindingCode): FindingCode[] {
  return (Object.keys(CAUSES) as FindingCode[]).filter((symptom) =>
    causesOf(symptom).some(({ cause }) => cause === code),
  );
}

/** True when a case of `cause` explains the finding. */
export function explains(cause: CaseRecord, raised: Raised): boolean {
  if (raised.parent === `${cause.code} ${cause.entity}`) return true;
  const atMs = Date.parse(raised.condition_at);
  const isNear = Math.abs(atMs - cause.conditionAtMs) <= CAUSE_WINDOW_MS;
  // However long a feed is silent, what it would have said is missing.
  const isWithin = cause.code === 'FEED_STALE' && atMs >= cause.conditionAtMs;
  if (!isNear && !isWithin) return false;
  return causesOf(raised.code).some(
    (link) => link.cause === cause.code && shares(link.by, cause, raised),
  );
}

function shares(by: Shared, cause: CaseRecord, raised: Raised): boolean {
  switch (by) {
    case 'bin':
      return same(cause.nodeId, raised.node_id) && same(cause.locationId, raised.location_id);
    case 'feed':
      // Since it fell silent: what was so before, it would have said.
      return (
        same(cause.nodeId, raised.node_id) && Date.parse(raised.condition_at) >= cause.conditionAtMs
      );
    case 'gap':
      // A parcel under way of which no node has said that it left: one that is silent most likely has not.
      return (
        cause.nodeId !== '' &&
        OF_GAPS.has(raised.subtype ?? '') &&
        Date.parse(raised.condition_at) >= cause.conditionAtMs
      );
    case 'receipt':
      // That more came than was ordered, or something else, is what the receipt's own case is about.
      return same(cause.skuId, raised.sku_id) && OF_RECEIPTS.has(raised.subtype ?? '');
    case 'node':
      // What is about the whole node explains what is about one of its orders.
      return cause.entity === `node/${raised.node_id}` && raised.entity !== cause.entity;
    case 'position':
      return same(cause.skuId, raised.sku_id) && same(cause.nodeId, raised.node_id);
    case 'sku':
      return same(cause.skuId, raised.sku_id);
    case 'source':
      return raised.evidence.some(({ source }) => cause.entity === `source/${source}`);
    default:
      return by satisfies never;
  }
}

const same = (a: string, b: string | undefined) => a !== '' && a === b;
