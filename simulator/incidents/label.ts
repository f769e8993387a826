/**
 * The ground truth of what was injected, one label an incident, written beside the events. A label is
 * made when its condition comes about, so that a file never has a label without its events.
 */
import type { FindingCode } from '../../contracts/events/control.ts';
import type { Channel, Node } from '../catalogue.ts';

/** Anomalies that no single event shows (REFERENCE §5), and chains of causes. */
export type Family =
  'shrinkage' | 'location_errors' | 'supplier_variance' | 'cascade' | 'silent_feed';

export interface Label {
  readonly incident_id: string;
  readonly code: FindingCode;
  readonly subtype?: string;
  readonly family?: Family;
  /** Stays just below the trigger: whoever raises it is wrong. */
  readonly near_miss?: true;
  /** Incident that led to it. */
  readonly cause?: string;
  readonly entity: { readonly type: string; readonly id: string };
  readonly sku_id?: string;
  readonly node_id?: Node;
  readonly location_id?: string;
  readonly channel_id?: Channel;
  readonly order_id?: string;
  readonly supplier_id?: string;
  readonly shift_id?: string;
  readonly size: number;
  /** What `size` counts: units, events, hours, house currency, part of the quantity … */
  readonly size_unit: string;
  readonly start: string;
  readonly end: string;
  /** It should be found this long after its end at the latest (minutes of event time). */
  readonly grace_min: number;
  readonly evidence: readonly { readonly source: string; readonly id: string }[];
}

/** A label before its times are known. */
export type Draft = Omit<Label, 'start' | 'end' | 'evidence' | 'grace_min'>;

/** How long a watchful system may take (minutes of event time); an hour when absent. */
export const GRACE_MIN: Partial<Record<FindingCode, number>> = {
  NEG_INVENTORY: 20,
  OVERSELL: 20,
  CHANNEL_CONFLICT: 30,
  INBOUND_QTY_MISMATCH: 120,
  INBOUND_LATE: 120,
  RETURN_UNDISPOSITIONED: 120,
  CARRIER_DELAY: 120,
  REPLEN_RISK: 1_440,
  SHRINKAGE_ANOMALY: 2_880,
  SUPPLIER_VARIANCE_TREND: 2_880,
  COUNT_VARIANCE_REPEAT: 240,
};
