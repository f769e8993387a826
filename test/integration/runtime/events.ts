/** Events of a small warehouse, for tests that count them by hand. */
import type { ProducerEvent } from '../../../contracts/envelope.ts';
import { event } from '../../support/log.ts';

const START_MS = Date.parse('2026-03-02T08:00:00Z');
export const SOURCE = 'https://wms.example/test';

/** An instant `seconds` after the test's morning begins (RFC 3339). */
export const at = (seconds: number) => new Date(START_MS + seconds * 1_000).toISOString();

/** `units` more in `available` of a SKU at node dc-1. */
export function adjusted(
  id: string,
  units: number,
  { sku = 'mug', seconds = 0, note }: { sku?: string; seconds?: number; note?: string } = {},
): ProducerEvent {
  const data = {
    adjustment_id: id.replaceAll(/[^A-Za-z0-9-]/g, '-'),
    sku_id: sku,
    node_id: 'dc-1',
    state: 'available',
    qty_delta: units,
    reason_code: 'other',
    raw_code: '',
    actor: 'tester',
    ...(note === undefined ? {} : { note }),
  } as const;
  return event('inventory.adjusted', data, { id, time: at(seconds) });
}

/** `count` adjustments of one unit each over `skus` SKUs. */
export const many = (prefix: string, count: number, skus = 5): ProducerEvent[] =>
  Array.from({ length: count }, (_, n) =>
    adjusted(`${prefix}-${n}`, 1, { sku: `sku-${n % skus}` }),
  );

export const tick = (seconds: number): ProducerEvent =>
  event(
    'clock.ticked',
    { tick: at(seconds), clock: 'feed' },
    { id: `tick-${seconds}`, time: at(seconds), source: 'urn:stocktide:clock' },
  );
