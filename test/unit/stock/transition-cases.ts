/** The legal transitions of REFERENCE §2.3: what was there, the event, what is there after it. */
import { PHYSICAL_STATES, type Account, type StockState } from '../../../contracts/states.ts';
import { event, type Given } from '../../support/given.ts';
import {
  allocated,
  announced,
  deallocated,
  delivered,
  dispatched,
  ordered,
  packed,
  picked,
  purchased,
  received,
  returned,
  shorted,
  stateChanged,
  stocked,
  voided,
} from '../../support/facts.ts';

const DC = { sku_id: 'A', node_id: 'dc' } as const;
type Accounts = Partial<Record<Account, number>>;

const goods = (state: (typeof PHYSICAL_STATES)[number] | 'lost', units: number) =>
  stocked(units, { state });
const inspect = (result: {
  qty_pass?: number;
  qty_fail?: number;
  fail_state?: 'on_hold' | 'damaged' | 'rtv_pending';
}) => event('quality.inspected', { ...DC, ...result });
const change = (from: StockState, to: StockState, ofLine = false) =>
  stateChanged(10, { from, to, ofLine });
const dispose = (to: StockState) => event('return.dispositioned', { ...DC, to_state: to, qty: 10 });
const receive = (
  condition_code: 'good' | 'inspect' | 'damaged',
  from: { asn?: string; po?: string },
) => {
  const one = received(10, from);
  return { ...one, data: { ...one.data, condition_code } };
};
const order = ordered(10);
const allocate = allocated(10);
const pick = picked(10);
const pack = packed(10);
const dispatch = dispatched(10);
const purchase = purchased(10);
const announce = announced(10);

export interface Case {
  readonly title: string;
  readonly before: readonly Given[];
  readonly event: Given;
  readonly from: Accounts;
  readonly to: Accounts;
}
const step = (
  title: string,
  before: readonly Given[],
  one: Given,
  from: Accounts,
  to: Accounts,
): Case => ({ title, before, event: one, from, to });

const INBOUND = [
  step('on_order → in_transit_in', [purchase], announce, { on_order: 10 }, { in_transit_in: 10 }),
  ...(
    [
      ['good', 'pending_putaway'],
      ['inspect', 'pending_inspection'],
      ['damaged', 'damaged'],
    ] as const
  ).flatMap(([condition, state]) => [
    step(
      `in_transit_in → ${state}`,
      [purchase, announce],
      receive(condition, { asn: 'n1' }),
      { in_transit_in: 10 },
      { [state]: 10 },
    ),
    step(
      `on_order → ${state}`,
      [purchase],
      receive(condition, { po: 'p1' }),
      { on_order: 10 },
      { [state]: 10 },
    ),
  ]),
  step(
    'pending_inspection → available',
    [goods('pending_inspection', 10)],
    inspect({ qty_pass: 10 }),
    { pending_inspection: 10 },
    { available: 10 },
  ),
  ...(['on_hold', 'damaged', 'rtv_pending'] as const).map((state) =>
    step(
      `pending_inspection → available, ${state}`,
      [goods('pending_inspection', 10)],
      inspect({ qty_pass: 6, qty_fail: 4, fail_state: state }),
      { pending_inspection: 10 },
      { available: 6, [state]: 4 },
    ),
  ),
  step(
    'pending_putaway → available',
    [goods('pending_putaway', 10)],
    event('putaway.completed', { ...DC, qty: 10 }),
    { pending_putaway: 10 },
    { available: 10 },
  ),
];

const OUTBOUND = [
  step(
    'available → allocated',
    [goods('available', 10), order],
    allocate,
    { available: 10, open_demand: 10 },
    { allocated: 10 },
  ),
  step(
    'allocated → available',
    [goods('available', 10), order, allocate],
    deallocated(10),
    { allocated: 10 },
    { available: 10, open_demand: 10 },
  ),
  step(
    'allocated → picked',
    [goods('available', 10), order, allocate],
    pick,
    { allocated: 10 },
    { picked: 10 },
  ),
  step(
    'allocated → picked, on_hold (short)',
    [goods('available', 10), order, allocate],
    shorted({ picked: 7, short: 3 }),
    { allocated: 10 },
    { picked: 7, on_hold: 3, open_demand: 3 },
  ),
  step(
    'picked → packed',
    [goods('available', 10), order, allocate, pick],
    pack,
    { picked: 10 },
    { packed: 10 },
  ),
  step(
    'picked → packed (state change)',
    [goods('available', 10), order, allocate, pick],
    change('picked', 'packed', true),
    { picked: 10 },
    { packed: 10 },
  ),
  step(
    'picked → available (unpick)',
    [goods('available', 10), order, allocate, pick],
    change('picked', 'available', true),
    { picked: 10 },
    { available: 10, open_demand: 10 },
  ),
  step(
    'packed → available (unpack)',
    [goods('available', 10), order, allocate, pick, pack],
    change('packed', 'available', true),
    { packed: 10 },
    { available: 10, open_demand: 10 },
  ),
  step(
    'packed → in_transit_out',
    [goods('available', 10), order, allocate, pick, pack],
    dispatch,
    { packed: 10 },
    { in_transit_out: 10 },
  ),
  step(
    'in_transit_out → available (void)',
    [goods('available', 10), order, allocate, pick, pack, dispatch],
    voided(),
    { in_transit_out: 10 },
    { available: 10, open_demand: 10 },
  ),
  step(
    'in_transit_out → delivered',
    [goods('available', 10), order, allocate, pick, pack, dispatch],
    delivered(),
    { in_transit_out: 10 },
    {},
  ),
  step(
    'rtv_pending → exit',
    [goods('rtv_pending', 10)],
    event('shipment.dispatched', {
      shipment_id: 's9',
      node_id: 'dc',
      rtv: true,
      lines: [{ sku_id: 'A', qty: 10 }],
    }),
    { rtv_pending: 10 },
    {},
  ),
];

const RETURNS = [
  step(
    'in_transit_out → return_pending (refused)',
    [goods('available', 10), order, allocate, pick, pack, dispatch],
    returned(10, { shipment: 's1' }),
    { in_transit_out: 10 },
    { return_pending: 10 },
  ),
  step('delivered → return_pending', [], returned(10, { rma: 'm1' }), {}, { return_pending: 10 }),
  step('delivered → return_pending (blind)', [], returned(10), {}, { return_pending: 10 }),
  ...(['available', 'on_hold', 'damaged', 'rtv_pending', 'scrapped', 'lost'] as const).map((to) =>
    step(
      `return_pending → ${to}`,
      [goods('return_pending', 10)],
      dispose(to),
      { return_pending: 10 },
      { [to]: 10 },
    ),
  ),
];

const CONTROL = [
  ...PHYSICAL_STATES.flatMap((from) =>
    (['on_hold', 'damaged', 'expired', 'lost', 'scrapped'] as const)
      .filter((to) => to !== from)
      .map((to) =>
        step(`${from} → ${to}`, [goods(from, 10)], change(from, to), { [from]: 10 }, { [to]: 10 }),
      ),
  ),
  ...(['available', 'rtv_pending'] as const).map((to) =>
    step(
      `on_hold → ${to}`,
      [goods('on_hold', 10)],
      change('on_hold', to),
      { on_hold: 10 },
      { [to]: 10 },
    ),
  ),
  ...PHYSICAL_STATES.flatMap((state) => [
    step(
      `${state} → lost (adjustment 06)`,
      [goods(state, 10)],
      event('inventory.adjusted', {
        ...DC,
        state,
        qty_delta: -4,
        reason_code: 'shrinkage',
        raw_code: '06',
      }),
      { [state]: 10 },
      { [state]: 6, lost: 4 },
    ),
    step(
      `${state} → scrapped (adjustment 07)`,
      [goods(state, 10)],
      event('inventory.adjusted', {
        ...DC,
        state,
        qty_delta: -4,
        reason_code: 'damaged',
        raw_code: '07',
      }),
      { [state]: 10 },
      { [state]: 6, scrapped: 4 },
    ),
    step(
      `${state} → exit (book decrease)`,
      [goods(state, 10)],
      event('inventory.adjusted', { ...DC, state, qty_delta: -4 }),
      { [state]: 10 },
      { [state]: 6 },
    ),
  ]),
  step(
    'lost → available (adjustment 51)',
    [goods('lost', 10)],
    event('inventory.adjusted', { ...DC, qty_delta: 10, raw_code: '51' }),
    { lost: 10 },
    { available: 10 },
  ),
  step(
    'lost → available, the rest from outside: more was found than is known to be lost',
    [goods('lost', 3)],
    event('inventory.adjusted', { ...DC, qty_delta: 5, raw_code: '51' }),
    { lost: 3 },
    { available: 5 },
  ),
];

export const LEGAL: readonly Case[] = [...INBOUND, ...OUTBOUND, ...RETURNS, ...CONTROL];
