/**
 * Seeded traffic that has everything a runtime must bear: the simulated brand's orders, picks, shipments,
 * counts and purchase orders, and beside them what goes wrong: repeats, late events, stock below zero,
 * illegal transitions, lapsing reservations, counts that do not add up, corrections. In feed time, as
 * fast as it is taken; the same seed gives the same events.
 */
import type { ProducerEvent } from '../../contracts/envelope.ts';
import {
  createBrand,
  createState,
  EVENTS_PER_ORDER,
  openingEvents,
} from '../../simulator/brand.ts';
import { catalogueOf, NODES } from '../../simulator/catalogue.ts';
import { rngOver, type Rng } from '../../simulator/rng.ts';
import { event, type Envelope } from './log.ts';

export interface TrafficOptions {
  readonly seed: number;
  /** Feed time at which it begins (ms since 1970). */
  readonly startMs: number;
  /** Events in a second of feed time, about. */
  readonly ratePerSec: number;
  /** Feed time in one batch (ms). */
  readonly stepMs: number;
}

/** A small brand that lives fast, so that a short feed has orders that are delivered and returned. */
const SMALL = { skuCount: 100, tempo: 360, steady: true } as const;
const DAY_SEC = 86_400;
const SKUS = catalogueOf(SMALL.skuCount).skus;
/** Earlier events that can be sent again. */
const REMEMBERED = 2_000;
const SOURCE = 'https://3pl.example/mischief';

/** Endless batches in the order in which they are sent. */
export function* traffic(options: TrafficOptions): Generator<ProducerEvent[], never> {
  const { ratePerSec, seed, startMs, stepMs } = options;
  const rng = rngOver({ rng: seed });
  const run = `s${seed}`;
  const ordersPerDay = ((ratePerSec / EVENTS_PER_ORDER) * DAY_SEC) / SMALL.tempo;
  const state = createState({ ...SMALL, run, seed, ordersPerDay, openedAtMs: startMs });
  const brand = createBrand(state);
  const remembered: ProducerEvent[] = [];

  yield openingEvents(state);
  for (let nowMs = startMs + stepMs; ; nowMs += stepMs) {
    const batch = [
      ...(brand.advance(nowMs) as ProducerEvent[]),
      ...mischief(rng, nowMs, remembered),
    ];
    for (const each of batch) {
      const at = remembered.length < REMEMBERED ? remembered.length : rng.int(0, REMEMBERED - 1);
      remembered[at] = each;
    }
    for (let repeats = rng.int(0, 4); repeats > 0; repeats--) batch.push(rng.pick(remembered));
    yield batch;
  }
}

function mischief(rng: Rng, nowMs: number, remembered: readonly ProducerEvent[]): ProducerEvent[] {
  const sku_id = rng.pick(SKUS).id;
  const node_id = rng.pick(NODES);
  const number = `m-${nowMs}`;
  const iso = (ms: number) => new Date(ms).toISOString();
  const envelope = (part: string, ms = nowMs): Envelope => ({
    id: `${number}/${part}`,
    time: iso(ms),
    source: SOURCE,
  });
  const adjusted = (part: string, qty_delta: number, ms: number) =>
    event(
      'inventory.adjusted',
      {
        adjustment_id: `${number}-${part}`,
        sku_id,
        node_id,
        state: 'available',
        qty_delta,
        reason_code: 'correction',
        raw_code: '',
        actor: 'mischief',
      },
      envelope(part, ms),
    );

  const events: ProducerEvent[] = [
    event(
      'reservation.created',
      {
        reservation_id: number,
        sku_id,
        channel_id: 'web',
        node_id,
        qty: rng.int(1, 3),
        expires_at: iso(nowMs + rng.int(10, 120) * 1_000),
      },
      envelope('reservation'),
    ),
  ];
  if (rng.chance(0.3)) events.push(adjusted('below-zero', -rng.int(50, 5_000), nowMs));
  if (rng.chance(0.2)) events.push(adjusted('found', rng.int(1, 5_000), nowMs));
  if (rng.chance(0.2)) events.push(adjusted('late', rng.int(-3, 3) || 1, nowMs - 900_000));
  if (rng.chance(0.2)) {
    const data = { sku_id, node_id, from_state: 'scrapped', to_state: 'packed', qty: 1 } as const;
    events.push(
      event('inventory.state.changed', { ...data, reason: 'misread' }, envelope('illegal')),
    );
  }
  if (rng.chance(0.3)) {
    const as_of = iso(nowMs - rng.int(0, 300) * 1_000);
    const qty = rng.int(0, 200);
    const row = { snapshot_id: number, as_of, sku_id, node_id, state: 'available', qty } as const;
    const total = { snapshot_id: number, node_id, scope: 'partial', as_of } as const;
    events.push(
      event('inventory.snapshot.recorded', row, envelope('count')),
      event(
        'inventory.snapshot.completed',
        { ...total, row_count: rng.chance(0.3) ? 2 : 1, control_total: qty },
        envelope('counted'),
      ),
    );
  }
  if (rng.chance(0.2) && remembered.length > 0) {
    const { id, source } = rng.pick(remembered);
    const corrects = rng.chance(0.7) ? { source, id } : { source, id: `${number}/never-sent` };
    events.push(
      event(
        'event.corrected',
        { corrects, reason: 'did_not_occur', corrective_ids: [] },
        envelope('correction'),
      ),
    );
  }
  return events;
}
