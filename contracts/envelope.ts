/**
 * The CloudEvents 1.0 envelope, structured mode (REFERENCE §3.1): what surrounds each event on its way
 * in, and the three attributes that only the door sets.
 */
import { Type, type Static } from 'typebox';
import { instant, key, optional, ref } from './fields.ts';

/** Event types read `stocktide.<entity>.<verb>.v1`; a breaking change makes a `v2`. */
export const TYPE_PREFIX = 'stocktide.';
export const TYPE_SUFFIX = '.v1';

/** Longest event id that the door takes, in characters; exploded lines add `/line/<n>` to it. */
export const MAX_EVENT_ID_LENGTH = 160;

/** Envelope attributes as a producer sends them. */
const PRODUCER_ATTRIBUTES = {
  specversion: Type.Literal('1.0', { description: 'CloudEvents version' }),
  id: Type.String({
    description: "The producer's stable id; (source, id) identifies the event",
    minLength: 1,
    maxLength: MAX_EVENT_ID_LENGTH,
    pattern: '^[^\\s\\u0000-\\u001f\\u007f]+$',
  }),
  source: Type.String({
    description: 'Absolute URI of the producer instance',
    minLength: 3,
    maxLength: 200,
    pattern: '^[a-z][a-z0-9+.-]*:[^\\s\\u0000-\\u001f\\u007f]+$',
  }),
  type: Type.String({ description: 'stocktide.<entity>.<verb>.v1', maxLength: 80 }),
  subject: optional(ref('Entity in the source, such as sku/123/node/dc-01')),
  time: instant('When it happened'),
  datacontenttype: optional(Type.Literal('application/json')),
  dataschema: optional(ref('Versioned URI of the schema')),
  partitionkey: optional(ref('Ordering key')),
  sequence: optional(
    Type.String({
      description: 'Sequence per source, zero-padded to 20 digits',
      pattern: '^\\d{1,20}$',
      maxLength: 20,
    }),
  ),
  recordedtime: optional(instant('When the producer wrote the event')),
  correlationid: optional(ref('Order or PO flow that this belongs to')),
  causationid: optional(ref('Id of the event that caused this one')),
  dataref: optional(
    Type.String({ description: 'Where a large payload or file lies', maxLength: 500 }),
  ),
  traceparent: optional(
    Type.String({ description: 'W3C trace context', maxLength: 55, pattern: '^[0-9a-f-]+$' }),
  ),
};

/** Envelope attributes that the door adds; a producer that sends one is refused. */
export const DOOR_ATTRIBUTES = {
  ingestedtime: instant('When the door accepted the event'),
  datahash: Type.String({ description: 'Hash of type and data, to tell a repeat from a conflict' }),
};

export const EnvelopeSchema = Type.Object(
  { ...PRODUCER_ATTRIBUTES, data: Type.Unknown({ description: 'Payload of the type' }) },
  { additionalProperties: false, description: 'A CloudEvent as a producer sends it' },
);

/** The attributes of a LOG event around its typed `data`. */
export const LogAttributes = Type.Object({ ...PRODUCER_ATTRIBUTES, ...DOOR_ATTRIBUTES });
export type LogAttributes = Static<typeof LogAttributes>;

/** An event whose envelope and data have been checked, before the door stamps it. */
export type ProducerEvent = Omit<LogAttributes, keyof typeof DOOR_ATTRIBUTES> & { data: unknown };

/** `order.line.created` of `stocktide.order.line.created.v1`, or null when it is no type of ours. */
export function typeName(type: string): string | null {
  return type.startsWith(TYPE_PREFIX) && type.endsWith(TYPE_SUFFIX)
    ? type.slice(TYPE_PREFIX.length, -TYPE_SUFFIX.length)
    : null;
}

/** Routing keys that an event's data can carry. */
export const ROUTING_FIELDS = {
  sku_id: key('Stock keeping unit'),
  order_id: key('Order'),
  node_id: key('Node: warehouse, 3PL or store'),
  supplier_id: key('Supplier'),
} as const;
