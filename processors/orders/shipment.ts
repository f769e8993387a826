/** What is known of a shipment, from its facts. Pure. */
import type { Shipment, ShipmentFact } from './facts.ts';

export interface ShipmentView {
  readonly carrier: string;
  readonly service: string;
  readonly node: string;
  /** Of the header of the dispatch; null when it was not said, or the header has not come. */
  readonly freight: string | null;
  readonly currency: string;
  readonly shippedMs: number | null;
  /** When the carrier first had it in hands; a delivery proves it too. */
  readonly scannedMs: number | null;
  readonly lastScanMs: number | null;
  /** Expected delivery as it was said last, and when. */
  readonly etaMs: number | null;
  readonly etaSaidMs: number | null;
  /** The carrier brings it back. */
  readonly returning: boolean;
  readonly deliveredMs: number | null;
  /** Null as well when it was delivered first: of two fates the earlier one holds. */
  readonly voidedMs: number | null;
}

/** Scans that are kept: the first and the last count, the next to them stand by for corrections. */
const FIRST_SCANS = 4;
const LAST_SCANS = 4;

/** A shipment of which nothing but its lines is known. */
export const UNKNOWN: ShipmentView = {
  carrier: '',
  service: '',
  node: '',
  freight: null,
  currency: '',
  shippedMs: null,
  scannedMs: null,
  lastScanMs: null,
  etaMs: null,
  etaSaidMs: null,
  returning: false,
  deliveredMs: null,
  voidedMs: null,
};

/** Into one object: this runs for every scan, and spreading takes several times as long. */
export function viewShipment(facts: readonly ShipmentFact[]): ShipmentView {
  const view = { ...UNKNOWN };
  for (const fact of facts) learn(view, fact);
  return view;
}

type Growing = { -readonly [K in keyof ShipmentView]: ShipmentView[K] };

function learn(view: Growing, fact: ShipmentFact): void {
  switch (fact.kind) {
    case 'dispatched':
      view.carrier = fact.carrier;
      view.currency = fact.currency;
      view.freight = fact.freight;
      view.node = fact.node;
      view.service = fact.service;
      view.shippedMs = fact.timeMs;
      return;
    case 'scanned':
      view.scannedMs ??= fact.timeMs;
      view.lastScanMs = fact.timeMs;
      view.returning = fact.returning;
      if (fact.etaMs === null) return;
      view.etaMs = fact.etaMs;
      view.etaSaidMs = fact.timeMs;
      return;
    case 'delivered':
      if (view.voidedMs !== null || view.deliveredMs !== null) return;
      view.deliveredMs = fact.timeMs;
      view.scannedMs ??= fact.timeMs;
      return;
    case 'voided':
      if (view.deliveredMs === null) view.voidedMs ??= fact.timeMs;
      return;
    default:
      fact satisfies never;
  }
}

/** Forgets scans that are neither among the first nor among the last. */
export function boundScans({ facts }: Shipment): void {
  const scans = facts.filter(({ kind }) => kind === 'scanned');
  const dropped = new Set(scans.slice(FIRST_SCANS, -LAST_SCANS));
  if (dropped.size === 0) return;
  const kept = facts.filter((fact) => !dropped.has(fact));
  facts.splice(0, facts.length, ...kept);
}

/** Whether two views agree in what orders are projected from. */
export function sameView(a: ShipmentView, b: ShipmentView): boolean {
  return (
    a.carrier === b.carrier &&
    a.service === b.service &&
    a.node === b.node &&
    a.freight === b.freight &&
    a.currency === b.currency &&
    a.shippedMs === b.shippedMs &&
    a.scannedMs === b.scannedMs &&
    a.deliveredMs === b.deliveredMs &&
    a.voidedMs === b.voidedMs
  );
}
