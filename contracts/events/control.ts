/** Time, policies, findings, feeds and corrections: what changes a number without moving goods. */
import { Type } from 'typebox';
import { amount, instant, key, oneOf, optional, qtyOrZero, record, ref, text } from '../fields.ts';
import { fact } from './define.ts';

const scopeKey = { sku_id: optional(key('SKU')), node_id: optional(key('Node')) };
const decision = {
  actor: ref('Who decided'),
  reason: ref('Why'),
};

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
        lateness_p90_h: Type.Number({ minimum: 0, maximum: 8_760, description: 'Hours' }),
        dock_to_stock_p90_h: Type.Number({ minimum: 0, maximum: 8_760, description: 'Hours' }),
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
} as const;
export type PolicyName = keyof typeof POLICIES;

/** Codes that processors raise; REFERENCE §4.2 and the reports of law 4. */
export const FINDING_CODES = [
  'NEG_INVENTORY',
  'FEED_QUALITY',
  'ILLEGAL_TRANSITION',
  'SNAPSHOT_REJECTED',
  'CORRECTION_UNMATCHED',
] as const;
export type FindingCode = (typeof FINDING_CODES)[number];

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
    data: Type.Union([POLICIES.safety_stock, POLICIES.channel, POLICIES.supply, POLICIES.feed]),
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
    condition_at: instant('Event time of the condition'),
    detail: text('In words, with the figures'),
    units: optional(Type.Integer({ description: 'Units concerned' })),
    evidence: Type.Array(
      record({ source: Type.String({ maxLength: 200 }), id: Type.String({ maxLength: 200 }) }),
      { maxItems: 20, description: 'Events that show it' },
    ),
  }),
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
