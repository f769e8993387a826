/** Time, policies, findings, feeds and corrections: what changes a number without moving goods. */
import {
  Type,
  type Static,
  type TBoolean,
  type TObject,
  type TOptional,
  type TString,
  type TUnsafe,
} from 'typebox';
import {
  amount,
  currency,
  instant,
  key,
  oneOf,
  optional,
  qtyOrZero,
  record,
  ref,
  text,
} from '../fields.ts';
import {
  parameterSchema,
  ROOT_CAUSES,
  RULE_CODES,
  SEVERITIES,
  TEAMS,
  type RuleCode,
} from '../rules.ts';
import { fact } from './define.ts';

const scopeKey = { sku_id: optional(key('SKU')), node_id: optional(key('Node')) };
const decision = {
  actor: ref('Who decided'),
  reason: ref('Why'),
};

const fraction = (description: string) => Type.Number({ minimum: 0, maximum: 1, description });
const atRisk = (description: string) =>
  Type.Number({ minimum: 0, maximum: 1e12, description: `${description} (house currency)` });
const days = (description: string) =>
  Type.Number({ minimum: 0, maximum: 365, description: `${description} (days)` });

const ruleScope = record(
  {
    sku_id: optional(key('SKU')),
    node_id: optional(key('Node')),
    channel_id: optional(key('Channel')),
    supplier_id: optional(key('Supplier')),
  },
  'Item over node over supplier over channel over everywhere',
);

/** One policy for each rule: its own parameters within their own ranges (contracts/rules.ts). */
const RULE_POLICIES = Object.fromEntries(
  RULE_CODES.map((code) => [
    `rule.${code}`,
    record(
      {
        policy: Type.Literal(`rule.${code}`),
        scope: ruleScope,
        value: record({
          enabled: optional(
            Type.Boolean({ description: 'False switches the rule off; true when absent' }),
          ),
          parameters: parameterSchema(code),
        }),
        ...decision,
      },
      `When ${code} triggers and resolves`,
    ),
  ]),
) as unknown as Record<`rule.${RuleCode}`, RulePolicySchema>;

type RulePolicySchema = TObject<{
  policy: TUnsafe<`rule.${RuleCode}`>;
  scope: typeof ruleScope;
  value: TObject<{
    enabled: TOptional<TBoolean>;
    parameters: TUnsafe<Readonly<Record<string, number>>>;
  }>;
  actor: TString;
  reason: TString;
}>;

/** Each policy with its scope (item over node over default) and its value. */
export const POLICIES = {
  safety_stock: record(
    {
      policy: Type.Literal('safety_stock'),
      scope: record(scopeKey, 'Narrowest wins: SKU at node, SKU, node, everywhere'),
      value: record({ units: qtyOrZero('Held back from every channel') }),
      ...decision,
    },
    'Safety stock that availability holds back',
  ),
  channel: record(
    {
      policy: Type.Literal('channel'),
      scope: record(
        { channel_id: key('Channel'), sku_id: optional(key('SKU')) },
        'A SKU of the channel over the channel',
      ),
      value: record({
        nodes: optional(
          Type.Array(key('Node'), {
            maxItems: 200,
            description: 'Nodes that serve it; all if absent',
          }),
        ),
        share: Type.Number({
          minimum: 0,
          maximum: 1,
          description: 'Part of the shared pool that it may sell',
        }),
        cap_units: optional(qtyOrZero('Most that it may sell')),
        buffer_units: optional(qtyOrZero('Held back from it')),
        dedicated_units: optional(
          qtyOrZero('Set aside for it; what it sells is taken from this first'),
        ),
      }),
      ...decision,
    },
    'What a channel may sell (REFERENCE §2.4)',
  ),
  supply: record(
    {
      policy: Type.Literal('supply'),
      scope: record({ supplier_id: optional(key('Supplier')) }, 'A supplier over everybody'),
      value: record({
        lateness_p90_h: Type.Number({
          minimum: 0,
          maximum: 8_760,
          description: 'Lateness that nine of ten arrivals do not exceed (h)',
        }),
        dock_to_stock_p90_h: Type.Number({
          minimum: 0,
          maximum: 8_760,
          description: 'From receipt to sale, which nine of ten do not exceed (h)',
        }),
        fill_rate: Type.Number({
          minimum: 0,
          maximum: 1,
          description: 'Haircut of acknowledged POs',
        }),
      }),
      ...decision,
    },
    'How inbound supply counts towards time-phased ATP (REFERENCE §2.5)',
  ),
  feed: record(
    {
      policy: Type.Literal('feed'),
      scope: record({ source: Type.String({ maxLength: 200, description: 'Source URI' }) }),
      value: record({
        cadence_ms: Type.Integer({ minimum: 1_000, description: 'How often it should speak (ms)' }),
      }),
      ...decision,
    },
    'How often a source is expected to speak',
  ),
  calendar: record(
    {
      policy: Type.Literal('calendar'),
      scope: record({ node_id: optional(key('Node')) }, 'A node over everywhere'),
      value: record({
        utc_offset_min: Type.Integer({
          minimum: -840,
          maximum: 840,
          description: 'Local time less UTC (min)',
        }),
        week: Type.Array(
          record({
            open_min: Type.Integer({
              minimum: 0,
              maximum: 1_440,
              description: 'Minute of the day',
            }),
            close_min: Type.Integer({
              minimum: 0,
              maximum: 1_440,
              description: 'Minute of the day',
            }),
          }),
          {
            minItems: 7,
            maxItems: 7,
            description: 'Local business hours, Monday first; a day that closes as it opens is off',
          },
        ),
      }),
      ...decision,
    },
    'Business hours of a node: the clock of service classes that count business time',
  ),
  measurement: record(
    {
      policy: Type.Literal('measurement'),
      scope: record({}),
      value: record({
        count_tolerance_a: optional(fraction('Tolerance of counts of class A, part of the book')),
        count_tolerance_b: optional(fraction('Tolerance of counts of class B, part of the book')),
        count_tolerance_c: optional(fraction('Tolerance of counts of class C, part of the book')),
        po_early_d: optional(days('A PO line may come this much before its promise')),
        po_late_d: optional(days('A PO line may come this much after its promise')),
        claims_d: optional(days('A delivered order can be found imperfect for so long')),
        refund_receipt_d: optional(days('Returned goods are due so long after their refund')),
        house_currency: optional(currency()),
        otif_date: optional(oneOf(['promised', 'requested'], 'Date that on time is held against')),
        otif_level: optional(oneOf(['order', 'line'], 'What has to be in full')),
        shrink_basis: optional(oneOf(['net_sales', 'cogs', 'avg_inventory'], 'Shrinkage rate of')),
      }),
      ...decision,
    },
    'How KPIs measure where the field has no one way (REFERENCE §1)',
  ),
  severity: record(
    {
      policy: Type.Literal('severity'),
      scope: record({}),
      value: record({
        sev1_amount: optional(atRisk('SEV1 from this much at risk')),
        sev2_amount: optional(atRisk('SEV2 from this much at risk')),
        sev3_amount: optional(atRisk('SEV3 from this much at risk')),
        sev1_orders: optional(qtyOrZero('SEV1 from so many promised orders at risk')),
        sev2_orders: optional(qtyOrZero('SEV2 from so many promised orders at risk')),
      }),
      ...decision,
    },
    'From what is at risk, how severe a case is (REFERENCE §4.1)',
  ),
  ...RULE_POLICIES,
} as const;
export type PolicyName = keyof typeof POLICIES;

/**
 * Codes that processors raise: the exceptions of REFERENCE §4.2, and what the ledger reports of its input
 * (law 4: applied as far as it is true, flagged, visible). FLOW_VIOLATION says in its subtype which step
 * of an order, a return or a receipt came without what has to come before it; MODEL_REFUSED, that the bytes of
 * a trained model are missing or damaged, so that the last good one stays.
 */
export const FINDING_CODES = [
  ...RULE_CODES,
  'ILLEGAL_TRANSITION',
  'SNAPSHOT_REJECTED',
  'CORRECTION_UNMATCHED',
  'FLOW_VIOLATION',
  'MODEL_REFUSED',
] as const;
export type FindingCode = (typeof FINDING_CODES)[number];

export const MAX_CASE_ID_LENGTH = 256;
/** Longer than a reference: code, entity and sequence, and an entity may name two keys. */
const caseId = Type.String({
  description: 'Case',
  minLength: 1,
  maxLength: MAX_CASE_ID_LENGTH,
  pattern: '^[^\\u0000-\\u001f\\u007f]+$',
});

const command = <const C extends string>(name: C, description: string) => ({
  command: Type.Literal(name, { description }),
  case_id: caseId,
  actor: ref('Who decided'),
});
const reason = text('Why');

/** What people can do with a case. Each is an event with actor, time and reason. */
export const COMMANDS = {
  acknowledge: record({ ...command('acknowledge', 'I have seen it'), reason: optional(reason) }),
  assign: record({
    ...command('assign', 'It is theirs'),
    team: optional(oneOf(TEAMS, 'Team that owns it')),
    assignee: optional(ref('Person')),
    reason: optional(reason),
  }),
  start: record({ ...command('start', 'Work has begun'), reason: optional(reason) }),
  comment: record({ ...command('comment', 'A remark'), text: text('Remark', 2_000) }),
  snooze: record({
    ...command('snooze', 'Not now'),
    until: instant('When it comes back'),
    reason,
  }),
  resolve: record({
    ...command('resolve', 'It is done'),
    root_cause: oneOf(ROOT_CAUSES, 'Root cause'),
    resolution: text('What was done', 2_000),
  }),
  reopen: record({ ...command('reopen', 'It is not done'), reason }),
  judge: record({
    ...command('judge', 'Was the alert right?'),
    verdict: oneOf(['true', 'false', 'expected'], 'true: an incident; expected: known and fine'),
    reason: optional(reason),
  }),
  approve: record({
    ...command('approve', 'A second person agrees to, or refuses, what waits for it'),
    approved: Type.Boolean({ description: 'False refuses it' }),
    reason,
  }),
  take: record({
    ...command('take', 'An option that the case proposes was taken'),
    option: ref('Option'),
    reason: optional(reason),
  }),
} as const;
export type CommandName = keyof typeof COMMANDS;

const exception = {
  exception_id: key('Case'),
  code: ref('Exception code'),
  entity: ref('What it concerns'),
  sku_id: optional(key('SKU')),
  node_id: optional(key('Node')),
  order_id: optional(key('Order')),
  actor: optional(ref('Who')),
  note: optional(text('Remark')),
};

export const CONTROL_EVENTS = {
  'clock.ticked': fact('-', 'Time itself: what `now` is for every processor', {
    tick: instant('The instant, on a whole second'),
    clock: oneOf(['live', 'feed'], 'Wall time, or the time of the feed in a replay'),
  }),
  'policy.set': {
    ...fact('-', 'A policy was decided', {}),
    data: Type.Union([
      POLICIES.safety_stock,
      POLICIES.channel,
      POLICIES.supply,
      POLICIES.feed,
      POLICIES.calendar,
      POLICIES.measurement,
      POLICIES.severity,
      Type.Unsafe<Static<RulePolicySchema>>(Type.Union(Object.values(RULE_POLICIES))),
    ]),
    variants: { field: 'policy', schemas: POLICIES },
  },
  'finding.raised': fact('-', 'A processor found something that someone should know', {
    finding_id: ref('Deterministic id'),
    processor: ref('Processor that found it'),
    code: oneOf(FINDING_CODES, 'What was found'),
    subtype: optional(ref('Which kind of it')),
    entity: ref('What it concerns, such as sku/1/node/dc-01'),
    sku_id: optional(key('SKU')),
    node_id: optional(key('Node')),
    order_id: optional(key('Order')),
    channel_id: optional(key('Channel')),
    supplier_id: optional(key('Supplier')),
    location_id: optional(ref('Bin')),
    actor: optional(ref('Whose act it is about, such as who adjusted')),
    team: optional(oneOf(TEAMS, 'Whose case it is, where that is not the owner of the rule')),
    condition_at: instant('Event time of the condition'),
    detail: text('In words, with the figures'),
    units: optional(Type.Integer({ description: 'Units concerned' })),
    amount: optional(amount('Money at risk, in the house currency')),
    orders_at_risk: optional(qtyOrZero('Promised orders at risk')),
    floor: optional(oneOf(SEVERITIES, 'The least severity that the rule gives it')),
    rule_version: optional(
      qtyOrZero('Log sequence of the policy that set the parameters; 0: defaults'),
    ),
    parameters: optional(
      Type.Record(Type.String({ maxLength: 40 }), Type.Number(), {
        description: 'Parameters that it was raised under',
      }),
    ),
    statistic: optional(
      record(
        {
          name: ref('Which statistic'),
          value: Type.Number({ description: 'What was measured' }),
          expected: Type.Number({ description: 'What was to be expected' }),
          limit: Type.Number({ description: 'Where it begins to alarm' }),
          p: optional(Type.Number({ description: 'How improbable', minimum: 0, maximum: 1 })),
        },
        'Of a statistical rule: the figure behind it',
      ),
    ),
    parent: optional(
      ref('Entity and code of what caused it, such as LOCATION_ERROR loc/dc-01/A-1'),
    ),
    evidence: Type.Array(
      record({ source: Type.String({ maxLength: 200 }), id: Type.String({ maxLength: 200 }) }),
      { maxItems: 20, description: 'Events that show it' },
    ),
  }),
  'finding.cleared': fact('-', 'The condition of a finding holds no more', {
    finding_id: ref('Deterministic id'),
    processor: ref('Processor that raised it'),
    code: oneOf(FINDING_CODES, 'What was found'),
    subtype: optional(ref('Which kind of it')),
    entity: ref('What it concerns'),
    sku_id: optional(key('SKU')),
    node_id: optional(key('Node')),
    order_id: optional(key('Order')),
    supplier_id: optional(key('Supplier')),
    cleared_at: instant('Event time'),
    detail: text('In words'),
  }),
  'model.trained': fact('-', 'A model was trained; its bytes are in the object store', {
    model_id: ref('Model'),
    purpose: oneOf(['shrinkage'], 'What it scores'),
    sha256: Type.String({
      pattern: '^[0-9a-f]{64}$',
      description: 'Of its bytes; their name there',
    }),
    size_bytes: Type.Integer({ minimum: 1, maximum: 64 * 1024 * 1024, description: 'Bytes' }),
    features: Type.Array(Type.String({ minLength: 1, maxLength: 64 }), {
      minItems: 1,
      maxItems: 64,
      description: 'Names of the columns that it reads, in their order',
    }),
    rows: qtyOrZero('Rows that it was trained on'),
    seed: qtyOrZero('Seed of the training: the same rows and seed give the same bytes'),
    trained_from: instant('Begin of the window that the rows are of'),
    trained_to: instant('End of the window that the rows are of'),
    ...decision,
  }),
  'case.commanded': {
    ...fact('-', 'A person decided something about a case', {}),
    data: Type.Union([
      COMMANDS.acknowledge,
      COMMANDS.assign,
      COMMANDS.start,
      COMMANDS.comment,
      COMMANDS.snooze,
      COMMANDS.resolve,
      COMMANDS.reopen,
      COMMANDS.judge,
      COMMANDS.approve,
      COMMANDS.take,
    ]),
    variants: { field: 'command', schemas: COMMANDS },
  },
  'feed.heartbeat': fact('F', 'A connector is alive', {
    feed_id: key('Feed'),
    last_record_at: instant('Its newest record'),
    records: qtyOrZero('Records since the last heartbeat'),
    expected_next_at: instant('When it will speak again'),
  }),
  'event.corrected': fact('-', 'An earlier event was wrong (EPCIS error declaration)', {
    corrects: record({
      source: Type.String({ maxLength: 200, description: 'Source of the wrong event' }),
      id: Type.String({ maxLength: 200, description: 'Id of the wrong event' }),
    }),
    reason: oneOf(['did_not_occur', 'incorrect_data'], 'What was wrong'),
    corrective_ids: Type.Array(Type.String({ maxLength: 200 }), {
      maxItems: 50,
      description: 'Events that say it right',
    }),
  }),
  'exception.opened': fact('-', 'A case was opened', {
    ...exception,
    severity: oneOf(['SEV1', 'SEV2', 'SEV3', 'SEV4'], 'Severity'),
    exposure_amount: optional(amount('Money at risk')),
  }),
  'exception.acknowledged': fact('-', 'Someone took a case', exception),
  'exception.resolved': fact('-', 'A case was closed', {
    ...exception,
    root_cause: optional(ref('Root cause')),
    resolution: optional(text('What was done')),
  }),
} as const;
