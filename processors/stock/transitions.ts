/**
 * Legal transitions (REFERENCE §2.3). A movement outside this table is applied all the same, marked
 * `illegal` and reported: analytics never drops quantity.
 */
import { OUTSIDE, PHYSICAL_STATES, type Account } from '../../contracts/states.ts';
import type { ADJUSTMENT_REASONS } from '../../contracts/events/inventory.ts';
import { A } from './accounts.ts';

/** What a movement is, for the table and for whoever reads `stock_movements`. */
export const MOVEMENT_KINDS = [
  'order_line',
  'reservation',
  'supply',
  'receipt',
  'putaway',
  'inspection',
  'allocation',
  'pick',
  'pack',
  'dispatch',
  'delivery',
  'void',
  'return',
  'disposition',
  'state_change',
  'adjustment',
  'reconciliation',
  'correction',
] as const;
export type MovementKind = (typeof MOVEMENT_KINDS)[number];

const UNSALEABLE_ENDS = ['on_hold', 'damaged', 'expired', 'lost', 'scrapped'] as const;
const ANY_TO_UNSALEABLE: [Account, Account][] = PHYSICAL_STATES.flatMap((from) =>
  UNSALEABLE_ENDS.filter((to) => to !== from).map((to): [Account, Account] => [from, to]),
);
const ENTRY_EXIT: [Account, Account][] = [...PHYSICAL_STATES, 'lost', 'scrapped'].flatMap(
  (state): [Account, Account][] => [
    [state as Account, OUTSIDE],
    [OUTSIDE, state as Account],
  ],
);

/** Kinds that are absent follow from records and cannot be illegal. */
const TABLE: Partial<Record<MovementKind, readonly (readonly [Account, Account])[]>> = {
  receipt: (['in_transit_in', 'on_order', OUTSIDE] as const).flatMap((from) =>
    (['pending_putaway', 'pending_inspection', 'damaged', 'on_hold', 'rtv_pending'] as const).map(
      (to): [Account, Account] => [from, to],
    ),
  ),
  putaway: [['pending_putaway', 'available']],
  inspection: (['available', 'on_hold', 'damaged', 'rtv_pending'] as const).map(
    (to): [Account, Account] => ['pending_inspection', to],
  ),
  allocation: [
    ['available', 'allocated'],
    ['allocated', 'available'],
  ],
  pick: [
    ['allocated', 'picked'],
    ['allocated', 'on_hold'],
    ['allocated', 'lost'],
  ],
  // A source that reports only the later step implies the steps before it.
  pack: [
    ['picked', 'packed'],
    ['allocated', 'packed'],
  ],
  dispatch: [
    ['packed', 'in_transit_out'],
    ['picked', 'in_transit_out'],
    ['allocated', 'in_transit_out'],
    ['rtv_pending', OUTSIDE],
  ],
  delivery: [['in_transit_out', OUTSIDE]],
  void: [['in_transit_out', 'available']],
  return: [
    [OUTSIDE, 'return_pending'],
    ['in_transit_out', 'return_pending'],
  ],
  disposition: (
    ['available', 'on_hold', 'damaged', 'rtv_pending', 'scrapped', 'lost'] as const
  ).map((to): [Account, Account] => ['return_pending', to]),
  state_change: [
    ...ANY_TO_UNSALEABLE,
    ['picked', 'packed'],
    ['picked', 'available'],
    ['packed', 'available'],
    ['on_hold', 'available'],
    ['on_hold', 'rtv_pending'],
  ],
  adjustment: [...ANY_TO_UNSALEABLE, ...ENTRY_EXIT, ['lost', 'available']],
};

const legal = new Map<MovementKind, ReadonlySet<number>>(
  Object.entries(TABLE).map(([kind, pairs]) => [
    kind as MovementKind,
    new Set(pairs.map(([from, to]) => pairOf(A[from], A[to]))),
  ]),
);

export function isLegal(kind: MovementKind, from: number, to: number): boolean {
  return legal.get(kind)?.has(pairOf(from, to)) ?? true;
}

function pairOf(from: number, to: number): number {
  return from * 64 + to;
}

/**
 * The other side of an adjustment: units that vanish are `lost` when the reason says unexplained, and
 * `scrapped` when they were destroyed; everything else enters or leaves through `outside`.
 */
export function adjustmentCounterpart(
  reason: (typeof ADJUSTMENT_REASONS)[number],
  rawCode: string,
): number {
  // X12 947 W1901: 07 destroyed; 06 unexplained decrease, 51 found again.
  if (rawCode === '07') return A.scrapped;
  return reason === 'shrinkage' || rawCode === '06' || rawCode === '51' ? A.lost : A.outside;
}
