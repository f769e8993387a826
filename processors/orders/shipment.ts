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
  readonly deliveredMs: number | null;
  /** Null as well when it was delivered first: of two fates the earlier one holds. */
  readonly voidedMs: number | null;
}

/** Scans that are kept: the first one counts, the others stand by in case it is corrected. */
const MAX_SCANS = 8;

/** A shipment of which nothing but its lines is known. */
export const UNKNOWN: ShipmentView = {
  carrier: '',
  service: '',
  node: '',
  freight: null,
  currency: '',
  shippedMs: null,
  scannedMs: null,
  deliveredMs: null,
  voidedMs: null,
};

export function viewShipment(facts: readonly ShipmentFact[]): ShipmentView {
  let view = UNKNOWN;
  for (const fact of facts) view = { ...view, ...learnt(view, fact) };
  return view;
}

function learnt(view: ShipmentView, fact: ShipmentFact): Partial<ShipmentView> {
  switch (fact.kind) {
    case 'dispatched': {
      const { carrier, currency, freight, node, service, timeMs: shippedMs } = fact;
      return { carrier, currency, freight, node, service, shippedMs };
    }
    case 'scanned':
      return view.scannedMs === null ? { scannedMs: fact.timeMs } : {};
    case 'delivered':
      if (view.voidedMs !== null || view.deliveredMs !== null) return {};
      return { deliveredMs: fact.timeMs, scannedMs: view.scannedMs ?? fact.timeMs };
    case 'voided':
      return view.deliveredMs === null && view.voidedMs === null ? { voidedMs: fact.timeMs } : {};
    default:
      return fact satisfies never;
  }
}

/** Forgets the latest scans beyond those that are kept. */
export function boundScans({ facts }: Shipment): void {
  let scans = 0;
  for (let index = 0; index < facts.length; index++) {
    if (facts[index]?.kind !== 'scanned') continue;
    scans += 1;
    if (scans > MAX_SCANS) facts.splice(index--, 1);
  }
}
