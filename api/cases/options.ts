/**
 * What can be done about a case, from the state of this instant: only what applies to its code, each with
 * its effect and its cost in words and numbers. Pure.
 *
 *   reroute   orders to a node that has the SKU for sale
 *   transfer  units from a node that has them for sale
 *   expedite  inbound that is still to come
 *   buffer    hold units back from a channel (a draft of its policy)
 *   count     the bin, or the SKU at the node
 */
import type { AtpView, ChannelAfs, NodeAtp } from '../../contracts/atp.ts';
import type { CaseRecord } from '../../contracts/case-record.ts';
import type { CaseOption } from '../../contracts/cases.ts';

export type OptionKind = CaseOption['kind'];

/** Inbound still to come: a row of the view supply_open. */
export interface OpenSupply {
  readonly kind: 'po' | 'asn';
  readonly supplier_id: string;
  readonly document_id: string;
  readonly node_id: string;
  readonly units: number;
  /** RFC 3339. */
  readonly expected_at: string;
  readonly days_overdue: number;
}

export interface LiveState {
  /** Null when the ledger does not know the SKU, or the case names none. */
  readonly atp: AtpView | null;
  /** Of the SKU, soonest expected first. */
  readonly supply: readonly OpenSupply[];
  /** Cost of one unit in the house currency (decimal string); null when it is not known. */
  readonly unitCost: string | null;
}

/** Which acts can help with which code. */
const KINDS: Readonly<Record<string, readonly OptionKind[]>> = {
  NEG_INVENTORY: ['count', 'buffer'],
  OVERSELL: ['reroute', 'transfer', 'expedite', 'buffer'],
  DAMAGED_STOCK: ['reroute', 'transfer', 'count'],
  UNSCANNABLE_ITEM: ['reroute', 'count'],
  SHORT_PICK: ['reroute', 'transfer', 'count'],
  INBOUND_QTY_MISMATCH: ['count', 'expedite'],
  INBOUND_LATE: ['expedite', 'transfer'],
  LOCATION_ERROR: ['count'],
  LOCATION_ERROR_REPEAT: ['count'],
  CHANNEL_CONFLICT: ['buffer'],
  ORDER_SLA_RISK: ['reroute'],
  ORDER_SLA_BREACH: ['reroute'],
  STOCKOUT: ['transfer', 'expedite', 'reroute'],
  REPLEN_RISK: ['transfer', 'expedite'],
  COUNT_VARIANCE: ['count'],
  COUNT_VARIANCE_REPEAT: ['count'],
  SHRINKAGE_ANOMALY: ['count'],
  SUPPLIER_VARIANCE_TREND: ['count'],
};

/** Most options of one kind: the choice is to be made at a glance. */
const MAX_OF_KIND = 3;
/** Practice: walking to a bin and opening its count, and units counted in a minute after that. */
const COUNT_SETUP_MINUTES = 5;
const COUNTED_PER_MINUTE = 20;

export const kindsFor = (code: string): readonly OptionKind[] => KINDS[code] ?? [];

/** The options of a case, those of the kind that helps most first. */
export function optionsOf(record: CaseRecord, state: LiveState): CaseOption[] {
  return kindsFor(record.code).flatMap((kind) =>
    OF_KIND[kind](record, state)
      .sort((a, b) => b.units - a.units)
      .slice(0, MAX_OF_KIND),
  );
}

const OF_KIND: Readonly<
  Record<OptionKind, (record: CaseRecord, state: LiveState) => CaseOption[]>
> = { reroute, transfer, expedite, buffer, count };

/** Units that the case is about; one when it names none. */
const unitsOf = ({ exposure }: CaseRecord): number => Math.max(1, Math.abs(exposure.units));

/** Nodes other than the case's own that have the SKU for sale. */
function donors({ nodeId }: CaseRecord, { atp }: LiveState): NodeAtp[] {
  return (atp?.nodes ?? []).filter(
    ({ afs, node_id }) => node_id !== nodeId && node_id !== '-' && afs > 0,
  );
}

function reroute(record: CaseRecord, state: LiveState): CaseOption[] {
  const wanted = unitsOf(record);
  return donors(record, state).map(({ afs, node_id }) => {
    const units = Math.min(wanted, afs);
    return {
      ...{ option: `reroute/${node_id}`, kind: 'reroute', units, draft: null },
      title: `Ship from ${node_id} instead`,
      effect: `${of(units, wanted)} of ${record.skuId} can ship from ${node_id} now`,
      cost: `leaves ${afs - units} of ${afs} for sale at ${node_id}; one more parcel for each order that is split`,
      amount: valueOf(units, state.unitCost),
    };
  });
}

function transfer(record: CaseRecord, state: LiveState): CaseOption[] {
  if (record.nodeId === '') return [];
  const wanted = unitsOf(record);
  return donors(record, state).map(({ afs, node_id }) => {
    const units = Math.min(wanted, afs);
    const amount = valueOf(units, state.unitCost);
    return {
      ...{ option: `transfer/${node_id}`, kind: 'transfer', units, amount, draft: null },
      title: `Transfer from ${node_id} to ${record.nodeId}`,
      effect: `${of(units, wanted)} of ${record.skuId} come to ${record.nodeId}`,
      cost: `leaves ${afs - units} of ${afs} for sale at ${node_id}; ${worth(units, amount)} cannot be sold while they travel`,
    };
  });
}

function expedite(record: CaseRecord, state: LiveState): CaseOption[] {
  const wanted = unitsOf(record);
  return state.supply
    .filter((line) => isFor(record, line))
    .map((line) => {
      const { days_overdue, document_id, expected_at, kind, node_id, supplier_id, units } = line;
      const day = expected_at.slice(0, 10);
      const due =
        days_overdue > 0 ? `overdue since ${day} (${days_overdue.toFixed(1)} days)` : `due ${day}`;
      const amount = valueOf(units, state.unitCost);
      return {
        ...{ option: `expedite/${kind}/${document_id}`, kind: 'expedite', units, amount },
        title: `Expedite ${kind.toUpperCase()} ${document_id}${supplier_id === '' ? '' : ` of ${supplier_id}`}`,
        effect: `${units} units for ${node_id}, ${due}, come sooner; covers ${of(Math.min(units, wanted), wanted)}`,
        cost: `the premium of carrier or supplier, which is to be asked for; ${worth(units, amount)} are bound earlier`,
        draft: null,
      };
    });
}

/** Inbound that helps: of the document that the case is about, or to its node. */
function isFor(
  { entity, nodeId }: CaseRecord,
  { document_id, kind, node_id }: OpenSupply,
): boolean {
  if (entity.startsWith('po/') || entity.startsWith('asn/')) {
    return entity === `${kind}/${document_id}`;
  }
  return nodeId === '' || node_id === nodeId;
}

function buffer(record: CaseRecord, { atp }: LiveState): CaseOption[] {
  const { channelId, code, skuId } = record;
  const wanted = unitsOf(record);
  return (atp?.channels ?? [])
    .filter(({ afs, channel_id }) => afs > 0 && (channelId === '' || channel_id === channelId))
    .map((channel) => {
      const { afs, buffer: held, channel_id } = channel;
      const units = Math.min(wanted, afs);
      return {
        ...{ option: `buffer/${channel_id}`, kind: 'buffer', units, amount: null },
        title: `Hold ${plural(units)} back from ${channel_id}`,
        effect: `${channel_id} offers ${afs - units} instead of ${afs}; its buffer goes from ${held} to ${held + units}`,
        cost: `up to ${plural(units)} that ${channel_id} would have sold`,
        draft: JSON.stringify(channelPolicy(channel, { skuId, units, code })),
      };
    });
}

/** The policy of the channel for the SKU as it is, with the higher buffer. */
function channelPolicy(
  { buffer: held, cap, channel_id, dedicated_left, nodes, share }: ChannelAfs,
  { code, skuId, units }: { code: string; skuId: string; units: number },
) {
  return {
    policy: 'channel',
    scope: { channel_id, sku_id: skuId },
    value: {
      ...(nodes.length === 0 ? {} : { nodes }),
      share,
      ...(cap === null ? {} : { cap_units: cap }),
      ...(dedicated_left === 0 ? {} : { dedicated_units: dedicated_left }),
      buffer_units: held + units,
    },
    reason: `${code}: hold ${plural(units)} back`,
  };
}

function count(record: CaseRecord, { atp, unitCost }: LiveState): CaseOption[] {
  const { locationId, nodeId, skuId } = record;
  if (nodeId === '') return [];
  const booked = atp?.nodes.find(({ node_id }) => node_id === nodeId)?.qoh ?? null;
  const units = Math.max(0, booked ?? 0);
  const where = locationId === '' ? `${skuId} at ${nodeId}` : `bin ${locationId} at ${nodeId}`;
  const minutes = COUNT_SETUP_MINUTES + Math.ceil(units / COUNTED_PER_MINUTE);
  const book =
    booked === null
      ? 'tells what is there'
      : `checks the ${plural(booked)} of ${skuId} that the book says are at ${nodeId}`;
  return [
    {
      ...{ option: `count/${locationId === '' ? nodeId : locationId}`, kind: 'count', units },
      title: `Count ${where}`,
      effect: book,
      cost: `about ${minutes} minutes of one person; picks there wait meanwhile`,
      amount: valueOf(units, unitCost),
      draft: null,
    },
  ];
}

const plural = (units: number) => `${units} ${Math.abs(units) === 1 ? 'unit' : 'units'}`;
const of = (units: number, wanted: number) =>
  units === wanted ? `all ${plural(wanted)}` : `${units} of ${plural(wanted)}`;
const worth = (units: number, amount: string | null) =>
  amount === null ? plural(units) : `${plural(units)} (${amount} at cost)`;

const MICROS = 6;

/** Units times the cost of one, exact to the cent; null when the cost is not known. */
function valueOf(units: number, unitCost: string | null): string | null {
  if (unitCost === null) return null;
  const [whole = '0', fraction = ''] = unitCost.split('.');
  const micros = BigInt(whole + fraction.padEnd(MICROS, '0').slice(0, MICROS)) * BigInt(units);
  const cents = (micros + 5000n) / 10_000n;
  return `${cents / 100n}.${String(cents % 100n).padStart(2, '0')}`;
}
