/**
 * The fields that events are made of: one definition of an id, a quantity, an amount and an instant.
 *
 * Every schema in contracts/ is put together from these, so that a limit or a unit is changed in one
 * place and shows in OpenAPI, in the answers of the door and in the types.
 */
import { Type, type TSchema } from 'typebox';
import { Format } from 'typebox/format';

/** Longest routing key (SKU, node, order, supplier …), in characters. */
export const MAX_KEY_LENGTH = 64;
/** Longest free reference (task, bin, reason …), in characters. */
const MAX_REF_LENGTH = 128;
/** Largest magnitude of one quantity, in base units: sums of it stay exact in a double. */
export const MAX_QTY_UNITS = 1_000_000_000;
/** Most lines in one document; a longer one is sent as several. */
export const MAX_LINES = 500;

/**
 * An entity's key. It may take part in a NATS subject or a topic, so it is token-safe: no white space,
 * no control character and none of `.`, `*`, `>`.
 */
export const key = (description: string) =>
  Type.String({
    description,
    minLength: 1,
    maxLength: MAX_KEY_LENGTH,
    pattern: '^[^\\s.*>\\u0000-\\u001f\\u007f]+$',
  });

/** A reference that never enters a subject: printable text without control characters. */
export const ref = (description: string) =>
  Type.String({
    description,
    minLength: 1,
    maxLength: MAX_REF_LENGTH,
    pattern: '^[^\\u0000-\\u001f\\u007f]+$',
  });

export const text = (description: string, maxLength = 500) =>
  Type.String({ description, maxLength });

/** Units that exist: 1 or more, integer base units (EA). */
export const qty = (description: string) =>
  Type.Integer({ description: `${description} (base units)`, minimum: 1, maximum: MAX_QTY_UNITS });

/** Units that may be none. */
export const qtyOrZero = (description: string) =>
  Type.Integer({ description: `${description} (base units)`, minimum: 0, maximum: MAX_QTY_UNITS });

/** A signed change in units. */
export const qtyDelta = (description: string) =>
  Type.Integer({
    description: `${description} (signed base units)`,
    minimum: -MAX_QTY_UNITS,
    maximum: MAX_QTY_UNITS,
  });

/** An amount of money as a decimal string; its currency stands beside it. Never a float. */
export const amount = (description: string) =>
  Type.String({
    description: `${description} (decimal string in the event's currency)`,
    maxLength: 24,
    pattern: '^-?\\d{1,15}(\\.\\d{1,6})?$',
  });

export const currency = () =>
  Type.String({ description: 'ISO 4217 code', pattern: '^[A-Z]{3}$', maxLength: 3 });

/** What `date-time` takes, in words. */
export const INSTANT_HINT =
  'must be an RFC 3339 instant with a zone, such as "2025-03-01T10:15:00Z", from 1900 to 2299';

//                                  2025     -  03  -  01  T  10  :  15  :  00   .123          Z or +01:00
const INSTANT =
  /^((?:19|2[012])\d\d)-(\d\d)-(\d\d)T(?:[01]\d|2[0-3]):\d\d:[0-5]\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/;

/**
 * True for an instant as every schema takes it. Stricter than TypeBox's own `date-time`: each one can be
 * computed with (`Date.parse` knows no leap second) and stored (ClickHouse's DateTime64 begins in 1900 and
 * ends in 2299).
 */
export function isInstant(value: string): boolean {
  const match = INSTANT.exec(value);
  return (
    match !== null && Number(match[3]) <= daysOf(match[1], match[2]) && !isNaN(Date.parse(value))
  );
}

Format.Set('date-time', isInstant);

function daysOf(year: string | undefined, month: string | undefined): number {
  return new Date(Date.UTC(Number(year), Number(month), 0)).getUTCDate();
}

/** An instant, RFC 3339 with a zone. */
export const instant = (description: string) =>
  Type.String({ description: `${description} (RFC 3339)`, format: 'date-time', maxLength: 40 });

export const oneOf = <const V extends string[]>(values: readonly [...V], description: string) =>
  Type.Enum([...values] as [...V], { description });

export const optional = <S extends TSchema>(schema: S) => Type.Optional(schema);

/** An object that takes no fields but its own: an extra field is a producer's mistake, said at once. */
export const record = <P extends Record<string, TSchema>>(properties: P, description?: string) =>
  Type.Object(properties, {
    additionalProperties: false,
    ...(description === undefined ? {} : { description }),
  });
