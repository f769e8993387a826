/**
 * The exceptions of REFERENCE §4.2: what each code means, who owns it, with which parameters it triggers and
 * resolves, and what usually causes it. Parameters are policy (`policy.set` with policy `rule.<CODE>`): what
 * stands here is the default. All of them are [K], practice rather than measurement.
 */
import type { TSchema } from 'typebox';
import { Type } from 'typebox';

export const SEVERITIES = ['SEV1', 'SEV2', 'SEV3', 'SEV4'] as const;
export type Severity = (typeof SEVERITIES)[number];

/** Teams that own cases. */
export const TEAMS = [
  'channel ops',
  'finance control',
  'fulfilment',
  'integrations',
  'inventory control',
  'loss prevention',
  'master data',
  'order management',
  'planning',
  'procurement',
  'receiving',
  'returns',
  'transport',
  'warehouse',
] as const;
export type Team = (typeof TEAMS)[number];

/** The closed list of root causes. UNKNOWN is allowed, and reported when it becomes a habit. */
export const ROOT_CAUSES = [
  'ADDRESS',
  'BUFFER_CONFIG',
  'CAPACITY',
  'CARRIER',
  'CARRIER_CUTOFF',
  'CARRIER_DELAY',
  'COUNT_ERROR',
  'CUSTOMS',
  'DAMAGE',
  'DAMAGE_UNRECORDED',
  'DEMAND_SPIKE',
  'DOCK_CAPACITY',
  'DUPLICATE_EVENT',
  'FORECAST',
  'FORMAT_CHANGE',
  'HANDLING',
  'HOLD',
  'INTEGRATION',
  'LABEL_DEFECT',
  'LAYOUT',
  'LOST_PARCEL',
  'MASTER_DATA',
  'MEASUREMENT',
  'MERGE',
  'MISSING_EVENT',
  'MISSING_RMA',
  'MIXED_BIN',
  'OVERRIDE',
  'PACKAGING',
  'PACK_CHANGE',
  'PARTNER_OUTAGE',
  'PHANTOM_STOCK',
  'PROCESS_ERROR',
  'PROCESS_SKIPPED',
  'RACE',
  'RECEIVING_ERROR',
  'REPLEN_LATE',
  'RESERVATION_LEAK',
  'RULE_CONFIG',
  'SLOTTING',
  'STOCK',
  'SUPPLIER',
  'SUPPLIER_LABEL',
  'SUPPLIER_LATE',
  'SUPPLIER_OVER',
  'SUPPLIER_SHORT',
  'SYNC_LAG',
  'THEFT_SUSPECTED',
  'TRAINING',
  'UNAUTHORISED',
  'UNKNOWN',
  'UNRECORDED_MOVE',
  'UOM',
  'WEATHER',
  'WRONG_BIN',
  'WRONG_ITEM',
] as const;
export type RootCause = (typeof ROOT_CAUSES)[number];

/** A number that a rule can be set to. */
export interface RuleParameter {
  readonly value: number;
  readonly min: number;
  readonly max: number;
  readonly description: string;
}

export interface Rule {
  readonly title: string;
  /** Whose case it is first. */
  readonly owner: Team;
  /** The least severity, whatever the exposure; null leaves it to the exposure. */
  readonly floor: Severity | null;
  /** True when the case closes by itself once the condition has been clear for `clear_min`. */
  readonly resolvesItself: boolean;
  /**
   * True when the condition is a state that the ledger sees end: what people call resolved is held against it.
   * False for what has happened, such as a count that was off: their word is the last.
   */
  readonly isState: boolean;
  readonly parameters: Readonly<Record<string, RuleParameter>>;
  readonly causes: readonly RootCause[];
}

const number = (value: number, min: number, max: number, description: string): RuleParameter => ({
  ...{ value, min, max, description },
});
const minutes = (value: number, description: string) =>
  number(value, 0, 525_600, `${description} (min)`);
const hours = (value: number, description: string) => number(value, 0, 8_760, `${description} (h)`);
const days = (value: number, description: string) => number(value, 0, 730, `${description} (d)`);
const fraction = (value: number, description: string) => number(value, 0, 1, description);
const count = (value: number, description: string) => number(value, 1, 1_000_000, description);
const units = (value: number, description: string) =>
  number(value, 0, 1_000_000_000, `${description} (units)`);
const money = (value: number, description: string) =>
  number(value, 0, 1e12, `${description} (house currency)`);
const clear = (value: number) =>
  minutes(value, 'Clear for so long before the case closes by itself');

export const RULES = {
  NEG_INVENTORY: {
    title: 'Negative inventory',
    owner: 'inventory control',
    floor: 'SEV3',
    resolvesItself: true,
    isState: true,
    parameters: {
      grace_min: minutes(10, 'Below zero for so long; until then late events may mend it'),
      clear_min: clear(60),
    },
    causes: ['MISSING_EVENT', 'DUPLICATE_EVENT', 'UOM', 'COUNT_ERROR'],
  },
  OVERSELL: {
    title: 'Oversold',
    owner: 'channel ops',
    floor: 'SEV2',
    resolvesItself: true,
    isState: true,
    parameters: { hold_min: minutes(5, 'Short for so long'), clear_min: clear(5) },
    causes: ['SYNC_LAG', 'BUFFER_CONFIG', 'RESERVATION_LEAK', 'PHANTOM_STOCK'],
  },
  DAMAGED_STOCK: {
    title: 'Damaged stock',
    owner: 'warehouse',
    floor: null,
    resolvesItself: true,
    isState: true,
    parameters: {
      rate_p: fraction(0.001, 'Alarm on the week of a node at this probability'),
      clear_min: clear(0),
    },
    causes: ['HANDLING', 'PACKAGING', 'CARRIER', 'SUPPLIER'],
  },
  UNSCANNABLE_ITEM: {
    title: 'Item does not scan',
    owner: 'warehouse',
    floor: null,
    resolvesItself: true,
    isState: false,
    parameters: {
      at_location: count(2, 'Failures of a SKU at a bin within a day'),
      at_node: count(3, 'Failures of a SKU at a node within a week'),
      clean_scans: count(20, 'Clean picks that close it'),
    },
    causes: ['LABEL_DEFECT', 'MASTER_DATA', 'SUPPLIER_LABEL'],
  },
  SHORT_PICK: {
    title: 'Short pick',
    owner: 'warehouse',
    floor: null,
    resolvesItself: true,
    isState: true,
    parameters: {
      rate_p: fraction(0.001, 'Alarm on the rate of a bin at this probability'),
      clear_min: clear(0),
    },
    causes: ['WRONG_BIN', 'PHANTOM_STOCK', 'REPLEN_LATE', 'DAMAGE'],
  },
  INBOUND_QTY_MISMATCH: {
    title: 'Receipt differs from what was announced',
    owner: 'receiving',
    floor: null,
    resolvesItself: true,
    isState: false,
    parameters: {
      units: units(1, 'Tolerated variance, at least'),
      share: fraction(0.02, 'Tolerated variance, part of what was expected'),
      clear_min: clear(0),
    },
    causes: ['SUPPLIER_SHORT', 'SUPPLIER_OVER', 'WRONG_ITEM', 'RECEIVING_ERROR', 'UOM'],
  },
  INBOUND_LATE: {
    title: 'Inbound is late',
    owner: 'procurement',
    floor: null,
    resolvesItself: true,
    isState: true,
    parameters: {
      asn_grace_h: hours(4, 'Grace of a ship notice'),
      po_grace_d: days(1, 'Grace of a purchase order'),
      clear_min: clear(0),
    },
    causes: ['SUPPLIER_LATE', 'CARRIER_DELAY', 'CUSTOMS', 'DOCK_CAPACITY'],
  },
  DUPLICATE_SKU: {
    title: 'One GTIN on several SKUs',
    owner: 'master data',
    floor: 'SEV3',
    resolvesItself: true,
    isState: true,
    parameters: { clear_min: clear(0) },
    causes: ['MASTER_DATA', 'MERGE'],
  },
  LOCATION_ERROR: {
    title: 'Bin is not as recorded',
    owner: 'inventory control',
    floor: null,
    resolvesItself: true,
    isState: true,
    parameters: { clear_min: clear(0) },
    causes: ['WRONG_BIN', 'UNRECORDED_MOVE', 'MIXED_BIN'],
  },
  LOCATION_ERROR_REPEAT: {
    title: 'Bin is wrong again and again',
    owner: 'inventory control',
    floor: 'SEV3',
    resolvesItself: true,
    isState: false,
    parameters: {
      count: count(3, 'Errors of a bin within the window'),
      window_d: days(14, 'Window'),
      rate_p: fraction(0.001, 'Or this improbable given its picks'),
    },
    causes: ['LAYOUT', 'TRAINING', 'SLOTTING'],
  },
  RETURN_UNDISPOSITIONED: {
    title: 'Return waits for a decision',
    owner: 'returns',
    floor: 'SEV3',
    resolvesItself: true,
    isState: true,
    parameters: {
      age_h: hours(48, 'Waiting for so long'),
      high_age_h: hours(120, 'SEV2 from this age'),
      clear_min: clear(0),
    },
    causes: ['CAPACITY', 'MISSING_RMA', 'PROCESS_SKIPPED'],
  },
  CHANNEL_CONFLICT: {
    title: 'Channel is told something else than what there is',
    owner: 'channel ops',
    floor: 'SEV3',
    resolvesItself: true,
    isState: true,
    parameters: {
      units: units(1, 'Tolerated overstatement, at least'),
      share: fraction(0.05, 'Tolerated overstatement, part of AFS'),
      overstated_min: minutes(10, 'Overstated for so long'),
      understated_min: minutes(30, 'Understated for so long'),
      understated_units: units(10, 'Understated: this much for sale and 0 published'),
      stale_cadences: number(2, 1, 100, 'Stale after so many cadences while availability moved'),
      clear_min: clear(10),
    },
    causes: ['SYNC_LAG', 'INTEGRATION', 'BUFFER_CONFIG'],
  },
  ORDER_SLA_RISK: {
    title: 'Order may miss its promise',
    owner: 'fulfilment',
    floor: 'SEV2',
    resolvesItself: true,
    isState: true,
    parameters: {
      consumption: fraction(0.8, 'Part of the promised time that is used up'),
      quantile: fraction(0.9, 'Or less is left than what follows takes, of this part of orders'),
      clear_min: clear(0),
    },
    causes: ['CAPACITY', 'STOCK', 'HOLD', 'CARRIER_CUTOFF'],
  },
  ORDER_SLA_BREACH: {
    title: 'Order missed its promise',
    owner: 'fulfilment',
    floor: 'SEV2',
    resolvesItself: true,
    isState: true,
    parameters: { clear_min: clear(0) },
    causes: ['CAPACITY', 'STOCK', 'HOLD', 'CARRIER_CUTOFF'],
  },
  RELEASE_VIOLATION: {
    title: 'Released against a check',
    owner: 'order management',
    floor: 'SEV2',
    resolvesItself: false,
    isState: false,
    parameters: {},
    causes: ['RULE_CONFIG', 'OVERRIDE', 'RACE'],
  },
  STOCKOUT: {
    title: 'Out of stock',
    owner: 'planning',
    floor: 'SEV4',
    resolvesItself: true,
    isState: true,
    parameters: { hold_min: minutes(30, 'Nothing for sale for so long'), clear_min: clear(240) },
    causes: ['DEMAND_SPIKE', 'SUPPLIER_LATE', 'FORECAST', 'PHANTOM_STOCK'],
  },
  REPLEN_RISK: {
    title: 'Will run out before the next supply',
    owner: 'planning',
    floor: 'SEV4',
    resolvesItself: true,
    isState: true,
    parameters: {
      probability: fraction(0.2, 'Probability of running out before the next usable supply'),
      end_probability: fraction(0.1, 'Ends only below this probability'),
      hold_h: hours(4, 'So probable for so long'),
      unordered_h: hours(24, 'At the reorder point with nothing ordered for so long'),
      phantom_p: fraction(0.001, 'Stock nobody buys: so improbable is the silence'),
      clear_min: clear(240),
    },
    causes: ['DEMAND_SPIKE', 'SUPPLIER_LATE', 'FORECAST', 'PHANTOM_STOCK'],
  },
  COUNT_VARIANCE: {
    title: 'Count differs from the book',
    owner: 'inventory control',
    floor: null,
    resolvesItself: true,
    isState: false,
    parameters: { amount: money(25, 'Least variance at cost'), clear_min: clear(0) },
    causes: ['COUNT_ERROR', 'WRONG_BIN', 'THEFT_SUSPECTED', 'UOM'],
  },
  COUNT_VARIANCE_REPEAT: {
    title: 'Counts differ again and again',
    owner: 'inventory control',
    floor: null,
    resolvesItself: true,
    isState: false,
    parameters: {
      of_last_three: count(2, 'Of the last three counts of a SKU'),
      at_location: count(3, 'Counts of a bin within 90 days'),
      clear_min: clear(0),
    },
    causes: ['COUNT_ERROR', 'WRONG_BIN', 'THEFT_SUSPECTED', 'UOM'],
  },
  SHRINKAGE_ANOMALY: {
    title: 'Unusual shrinkage',
    owner: 'loss prevention',
    floor: 'SEV3',
    resolvesItself: false,
    isState: false,
    parameters: {
      q: fraction(0.05, 'False discovery rate of a closing window'),
      budget: count(10, 'Alerts of a team in a day'),
      window_h: number(0.25, 0.25, 24, 'Losses are looked at every so many hours'),
      amount: money(50, 'Least loss at cost that is paged'),
    },
    causes: ['THEFT_SUSPECTED', 'PROCESS_ERROR', 'SUPPLIER_SHORT', 'DAMAGE_UNRECORDED'],
  },
  SUPPLIER_VARIANCE_TREND: {
    title: 'Supplier drifts',
    owner: 'procurement',
    floor: 'SEV3',
    resolvesItself: true,
    isState: false,
    parameters: {
      p: fraction(0.01, 'Mann–Kendall over the last receipts'),
      slope: fraction(0.005, 'Least slope, part of the expected quantity per receipt'),
      level: fraction(0.02, 'Least median of the last four; the CUSUM tolerates half of it'),
      cusum_k: number(0, 0, 10, 'Allowance of the CUSUM: each receipt counts for so much less'),
      cusum_h: number(2, 0, 1_000, 'Limit of the CUSUM of a supplier (log-likelihood ratio)'),
      sku_cusum_h: number(6, 0, 1_000, 'Limit of the CUSUM of one SKU (log-likelihood ratio)'),
      clear_receipts: count(4, 'Receipts in a row that are clear'),
    },
    causes: ['SUPPLIER_SHORT', 'PACK_CHANGE', 'MEASUREMENT'],
  },
  CARRIER_DELAY: {
    title: 'Carrier is late',
    owner: 'transport',
    floor: null,
    resolvesItself: true,
    isState: true,
    parameters: {
      first_scan_h: hours(24, 'No scan after the dispatch'),
      silence_h: hours(48, 'No scan under way'),
      clear_min: clear(0),
    },
    causes: ['CARRIER_DELAY', 'WEATHER', 'ADDRESS', 'LOST_PARCEL'],
  },
  FEED_STALE: {
    title: 'Feed is silent',
    owner: 'integrations',
    floor: 'SEV3',
    resolvesItself: true,
    isState: true,
    parameters: {
      cadences: number(1.5, 1, 100, 'Silent for so many cadences'),
      high_cadences: number(3, 1, 100, 'SEV2 from so many cadences'),
      good_cycles: count(2, 'Good cycles that close it'),
    },
    causes: ['INTEGRATION', 'PARTNER_OUTAGE', 'FORMAT_CHANGE'],
  },
  FEED_QUALITY: {
    title: 'Feed sends what cannot be right',
    owner: 'integrations',
    floor: 'SEV3',
    resolvesItself: true,
    isState: false,
    parameters: {
      rejects: fraction(0.01, 'Part that is rejected'),
      rows: fraction(0.3, 'Rows off the median of the same weekday'),
      good_cycles: count(2, 'Good cycles that close it'),
    },
    causes: ['INTEGRATION', 'PARTNER_OUTAGE', 'FORMAT_CHANGE'],
  },
  UNAPPROVED_ADJUSTMENT: {
    title: 'Adjustment without a second person',
    owner: 'finance control',
    floor: 'SEV2',
    resolvesItself: true,
    isState: true,
    parameters: {
      amount: money(250, 'Value from which a second person approves'),
      units: units(50, 'Units from which a second person approves'),
      high_amount: money(5_000, 'SEV1 from this value'),
      clear_min: clear(0),
    },
    causes: ['PROCESS_SKIPPED', 'UNAUTHORISED'],
  },
  ROOT_CAUSE_UNKNOWN: {
    title: 'Causes stay unknown',
    owner: 'inventory control',
    floor: 'SEV3',
    resolvesItself: true,
    isState: false,
    parameters: {
      share: fraction(0.15, 'Cases of a team that are closed with an unknown cause'),
      closures: count(20, 'Cases that a team has closed, from which a share says something'),
      window_d: days(30, 'Window'),
      clear_min: clear(0),
    },
    causes: ['TRAINING', 'PROCESS_SKIPPED'],
  },
} as const satisfies Record<string, Rule>;
export type RuleCode = keyof typeof RULES;
export const RULE_CODES = Object.keys(RULES) as RuleCode[];
export const isRuleCode = (code: string): code is RuleCode => code in RULES;

/** Values of a rule's parameters where a policy says nothing. */
export function defaultsOf(code: RuleCode): Record<string, number> {
  const parameters: Readonly<Record<string, RuleParameter>> = RULES[code].parameters;
  return Object.fromEntries(Object.entries(parameters).map(([name, { value }]) => [name, value]));
}

/** Schema of a rule's parameters in a policy: each one optional, within its range. */
export function parameterSchema(code: RuleCode): TSchema {
  const parameters: Readonly<Record<string, RuleParameter>> = RULES[code].parameters;
  const fields = Object.entries(parameters).map(([name, { description, max, min, value }]) => [
    name,
    Type.Optional(
      Type.Number({
        minimum: min,
        maximum: max,
        description: `${description}; ${value} when absent`,
      }),
    ),
  ]);
  return Type.Object(Object.fromEntries(fields) as Record<string, TSchema>, {
    additionalProperties: false,
  });
}
