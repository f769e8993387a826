/** Columns of the floor's table, in the order of its cells. */
import { SIGNED_COLUMNS } from '../facts/signed.ts';

/** A row of `floor_events` without its signed columns; sql/migrations says what each column is. */
export interface FloorRow {
  readonly kind:
    | 'pick_started'
    | 'pick'
    | 'pick_error'
    | 'scan_failed'
    | 'count'
    | 'move'
    | 'location_error'
    | 'labour'
    | 'adjustment'
    | 'state_change';
  /** Event time (ms since 1970). */
  readonly at: number;
  readonly node_id: string;
  readonly location_id: string;
  readonly from_location: string;
  readonly sku_id: string;
  readonly abc_class: string;
  readonly shift_id: string;
  readonly worker_pseudo_id: string;
  readonly process: string;
  readonly ref: string;
  readonly order_id: string;
  readonly line_id: string;
  readonly reason: string;
  readonly raw_code: string;
  readonly state: string;
  readonly to_state: string;
  readonly approved_by: string;
  readonly qty_expected: number;
  readonly qty: number;
  readonly minutes: number;
  /** 1 or 0; null for what is no count. */
  readonly within_tolerance: number | null;
  /** Decimal string; null when nobody stated a cost. */
  readonly unit_cost: string | null;
  readonly currency: string;
  /** 1 when there is a cost and it is in the house currency. */
  readonly costed: number;
  /** L5, L8 or empty (REFERENCE §1.6), and the units of it; gains are negative. */
  readonly leakage: '' | 'L5' | 'L8';
  readonly loss_units: number;
  readonly source: string;
  readonly event_id: string;
}

const FLOOR_COLUMNS = [
  'kind',
  'at',
  'node_id',
  'location_id',
  'from_location',
  'sku_id',
  'abc_class',
  'shift_id',
  'worker_pseudo_id',
  'process',
  'ref',
  'order_id',
  'line_id',
  'reason',
  'raw_code',
  'state',
  'to_state',
  'approved_by',
  'qty_expected',
  'qty',
  'minutes',
  'within_tolerance',
  'unit_cost',
  'currency',
  'costed',
  'leakage',
  'loss_units',
  'source',
  'event_id',
] as const satisfies readonly (keyof FloorRow)[];

export const FLOOR_TABLES = {
  floor_events: [...FLOOR_COLUMNS, ...SIGNED_COLUMNS],
} as const;

const PLACE = Object.fromEntries(FLOOR_COLUMNS.map((column, index) => [column, index])) as Record<
  keyof FloorRow,
  number
>;

/** One cell of a row that was made into cells. */
export const cellOf = (
  cells: readonly (string | number | null)[],
  column: keyof FloorRow,
): string | number | null => cells[PLACE[column]] ?? null;

/** The cells of a row; what it does not name is empty. */
export function floorCells(row: Partial<FloorRow>): (string | number | null)[] {
  return FLOOR_COLUMNS.map((column) => row[column] ?? EMPTY[column]);
}

const EMPTY: { readonly [C in (typeof FLOOR_COLUMNS)[number]]: string | number | null } = {
  kind: '',
  at: 0,
  node_id: '',
  location_id: '',
  from_location: '',
  sku_id: '',
  abc_class: '',
  shift_id: '',
  worker_pseudo_id: '',
  process: '',
  ref: '',
  order_id: '',
  line_id: '',
  reason: '',
  raw_code: '',
  state: '',
  to_state: '',
  approved_by: '',
  qty_expected: 0,
  qty: 0,
  minutes: 0,
  within_tolerance: null,
  unit_cost: null,
  currency: '',
  costed: 0,
  leakage: '',
  loss_units: 0,
  source: '',
  event_id: '',
};
