/** What an order went through, step by step, from the facts that hold. Pure. */
import type { OrderDetail, OrderStep } from '../../contracts/order-views.ts';
import type {
  NoteRow,
  OrderRow,
  RefundRow,
  ReturnRow,
  ShipmentRow,
  Stay,
} from '../clickhouse/order.ts';

const HOUR_MS = 3_600_000;

export interface OrderFacts {
  readonly order: OrderRow;
  readonly stays: readonly Stay[];
  readonly shipments: readonly ShipmentRow[];
  readonly returns: readonly ReturnRow[];
  readonly refunds: readonly RefundRow[];
  readonly notes: readonly NoteRow[];
}

type Step = OrderStep['step'];
type Bare = Omit<OrderStep, 'hours'>;

/** Stages that are told by the stay itself; the others have a fact that says more. */
const TOLD_BY_STAY: readonly string[] = [
  'on_hold',
  'released',
  'allocated',
  'picking',
  'picked',
  'packed',
  'cancelled',
];
/** Of two steps at one instant, the one that comes first in this order. */
const ORDER: readonly Step[] = [
  ...(['placed', 'on_hold', 'released', 'allocated', 'picking', 'picked', 'packed'] as const),
  ...(['shipped', 'scanned', 'delivered', 'voided', 'cancelled'] as const),
  ...(['return_authorised', 'return_received', 'dispositioned', 'refunded'] as const),
];

/** Steps in order of time, each with the hours since the one before. */
export function timelineOf(facts: OrderFacts): OrderDetail['timeline'] {
  const steps = [
    step('placed', facts.order.ordered_at),
    ...facts.stays.flatMap((stay) => stageStep(stay, facts)),
    ...facts.shipments.flatMap((shipment) => shipmentSteps(shipment, facts.order)),
    ...facts.notes.flatMap(authorisation),
    ...facts.returns.flatMap(returnSteps),
    ...facts.refunds.map(({ amount, currency, issued_at, refund_id }) =>
      step('refunded', issued_at, { ref: refund_id, detail: `${amount} ${currency}`.trim() }),
    ),
  ];
  const ms = ({ at }: Bare) => Date.parse(at);
  const ordered = steps.sort(
    (a, b) => ms(a) - ms(b) || ORDER.indexOf(a.step) - ORDER.indexOf(b.step),
  );
  return ordered.map((one, index) => {
    const before = ordered[index - 1];
    return { ...one, hours: before === undefined ? null : (ms(one) - ms(before)) / HOUR_MS };
  });
}

const step = (
  name: Step,
  at: string,
  {
    detail = '',
    due = null,
    ref = '',
  }: { detail?: string; due?: string | null; ref?: string } = {},
): Bare => ({
  ...{ at, step: name, ref, detail, due_at: due },
  late: due !== null && Date.parse(at) > Date.parse(due),
});

function stageStep({ at, stage }: Stay, { notes, order }: OrderFacts): Bare[] {
  if (!TOLD_BY_STAY.includes(stage)) return [];
  const detail =
    stage === 'on_hold'
      ? holdAt(at, notes)
      : stage === 'cancelled'
        ? cancelledBy(order, notes)
        : '';
  return [step(stage as Step, at, { detail })];
}

/** Kind and reason of the hold that was placed then. */
function holdAt(at: string, notes: readonly NoteRow[]): string {
  const placed = notes.find(
    (note) => note.type === 'stocktide.order.hold.placed.v1' && note.at === at,
  );
  const { hold_type, reason } = dataOf(placed);
  return [hold_type, reason].filter(Boolean).join(': ');
}

function cancelledBy({ cancelled_by }: OrderRow, notes: readonly NoteRow[]): string {
  const last = notes.findLast(({ type }) => type === 'stocktide.order.cancelled.v1');
  const { reason } = dataOf(last);
  return [cancelled_by === '' ? '' : `by ${cancelled_by}`, reason].filter(Boolean).join(': ');
}

/** Dispatch answers the promise of the order, delivery that of the shipment; a voided one answers none. */
function shipmentSteps(shipment: ShipmentRow, order: OrderRow): Bare[] {
  const { carrier, delivered_at, first_scan_at, promised_at, shipment_id: ref, units } = shipment;
  const { shipped_at, voided_at } = shipment;
  const due = voided_at === null ? order.ship_due_at : null;
  return [
    step('shipped', shipped_at, {
      ref,
      due,
      detail: `${units} ${units === 1 ? 'unit' : 'units'} with ${carrier}`,
    }),
    ...(first_scan_at === null ? [] : [step('scanned', first_scan_at, { ref })]),
    ...(delivered_at === null
      ? []
      : [step('delivered', delivered_at, { ref, due: promised_at ?? order.deliver_due_at })]),
    ...(voided_at === null ? [] : [step('voided', voided_at, { ref })]),
  ];
}

function authorisation(note: NoteRow): Bare[] {
  if (note.type !== 'stocktide.return.authorized.v1') return [];
  const { reason = '', rma_id = '' } = dataOf(note);
  return [step('return_authorised', note.at, { ref: rma_id, detail: reason })];
}

function returnSteps(one: ReturnRow): Bare[] {
  const { dispositioned_at, received_at, rma_id: ref, sku_id, units } = one;
  const detail = `${units} of ${sku_id}`;
  return [
    ...(received_at === null ? [] : [step('return_received', received_at, { ref, detail })]),
    ...(dispositioned_at === null
      ? []
      : [step('dispositioned', dispositioned_at, { ref, detail })]),
  ];
}

type NoteData = Partial<Record<'hold_type' | 'reason' | 'rma_id' | 'line_id', string>> & {
  readonly qty?: number;
};

function dataOf(note: NoteRow | undefined): NoteData {
  return note === undefined ? {} : (JSON.parse(note.data) as NoteData);
}

/** Units that were reserved for each line, less those given back. */
export function allocatedOf(notes: readonly NoteRow[]): Map<string, number> {
  const units = new Map<string, number>();
  for (const note of notes) {
    const sign = SIGNS[note.type];
    if (sign === undefined) continue;
    const { line_id = '', qty = 0 } = dataOf(note);
    units.set(line_id, (units.get(line_id) ?? 0) + sign * qty);
  }
  return units;
}

const SIGNS: Readonly<Record<string, number>> = {
  'stocktide.order.line.allocated.v1': 1,
  'stocktide.order.line.deallocated.v1': -1,
};
