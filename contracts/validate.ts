/**
 * Checks a decoded event against the contract and says, for a wrong one, which field, which value and
 * what would be right. Pure: the door adds what needs a clock or the log (contracts/rejections.ts).
 */
import type { TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import { EnvelopeSchema, typeName, type ProducerEvent } from './envelope.ts';
import { EVENTS, INTERNAL_TYPES, LINE_TYPES, type InputType } from './events.ts';
import { INSTANT_HINT } from './fields.ts';
import type { Rejection } from './rejections.ts';

interface Checker {
  Check(value: unknown): boolean;
  Errors(value: unknown): SchemaError[];
}
interface SchemaError {
  readonly keyword: string;
  readonly instancePath: string;
  readonly params: object;
  readonly message: string;
}
interface Variants {
  readonly field: string;
  readonly schemas: Readonly<Record<string, TSchema>>;
}

export type Checked =
  | { readonly ok: true; readonly name: InputType; readonly event: ProducerEvent }
  | { readonly ok: false; readonly rejection: Rejection };

const checkers = new Map<TSchema, Checker>();

/**
 * Checks one event.
 *
 * `trusted` lets Stocktide's own parts send the types that nobody else may (clock, findings).
 */
export function checkEvent(value: unknown, options: { trusted?: boolean } = {}): Checked {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    return reject('not_an_object', '', value, 'an event is a JSON object (a CloudEvent)');
  }
  const envelope = checkerOf(EnvelopeSchema);
  if (!envelope.Check(value)) return invalid('invalid_envelope', envelope, value, '');
  const event = value as ProducerEvent;

  const name = typeName(event.type);
  if (name === null || !Object.hasOwn(EVENTS, name)) {
    return reject('unknown_type', 'type', event.type, unknownTypeHint(name));
  }
  if (INTERNAL_TYPES.has(name) && options.trusted !== true) {
    return reject('internal_type', 'type', event.type, 'only Stocktide itself sends this type');
  }
  const schema = dataSchema(name as InputType, event.data);
  if ('rejection' in schema) return { ok: false, rejection: schema.rejection };
  const data = checkerOf(schema.schema);
  if (!data.Check(event.data)) return invalid('invalid_data', data, event.data, 'data');
  return { ok: true, name: name as InputType, event };
}

/** The schema of the data; of a union, the variant that the discriminating field names. */
function dataSchema(
  name: InputType,
  data: unknown,
): { schema: TSchema } | { rejection: Rejection } {
  const definition = EVENTS[name] as { data: TSchema; variants?: Variants };
  const { variants } = definition;
  if (variants === undefined) return { schema: definition.data };
  const chosen: unknown =
    data !== null && typeof data === 'object' ? Reflect.get(data, variants.field) : undefined;
  const schema =
    typeof chosen === 'string' && Object.hasOwn(variants.schemas, chosen)
      ? variants.schemas[chosen]
      : undefined;
  if (schema !== undefined) return { schema };
  const allowed = `must be one of ${Object.keys(variants.schemas).join(', ')}`;
  return { rejection: rejection('invalid_data', `data.${variants.field}`, chosen, allowed) };
}

function checkerOf(schema: TSchema): Checker {
  let checker = checkers.get(schema);
  if (checker === undefined) {
    checker = Compile(schema);
    checkers.set(schema, checker);
  }
  return checker;
}

function unknownTypeHint(name: string | null): string {
  if (name === null) return 'must read stocktide.<entity>.<verb>.v1';
  const document = LINE_TYPES.get(name);
  return document === undefined
    ? 'is no type of the catalogue; GET /v1/events/types lists them'
    : `is made by the door from the lines of stocktide.${document}.v1; send that`;
}

function reject(
  reason: Rejection['reason'],
  field: string,
  value: unknown,
  allowed: string,
): Checked {
  return { ok: false, rejection: rejection(reason, field, value, allowed) };
}

function invalid(
  reason: Rejection['reason'],
  checker: Checker,
  value: unknown,
  root: string,
): Checked {
  const error = mostTelling(checker.Errors(value));
  const params = error.params as Record<string, unknown>;
  const path = [root, ...error.instancePath.split('/').slice(1)].filter((part) => part !== '');
  const wrong = valueAt(value, error.instancePath);
  switch (error.keyword) {
    case 'required': {
      const [missing = '', ...more] = params['requiredProperties'] as string[];
      const also = more.length === 0 ? '' : ` (also missing: ${more.join(', ')})`;
      return reject(reason, [...path, missing].join('.'), undefined, `is missing${also}`);
    }
    case 'additionalProperties': {
      const names = params['additionalProperties'] as string[];
      const extra = names[0] ?? '';
      return reject(
        reason,
        [...path, extra].join('.'),
        Reflect.get(wrong as object, extra),
        'is not a field of this type; remove it',
      );
    }
    case 'enum': {
      const allowed = (params['allowedValues'] as unknown[]).map(String).join(', ');
      return reject(reason, path.join('.'), wrong, `must be one of ${allowed}`);
    }
    case 'const':
      return reject(reason, path.join('.'), wrong, `must be ${shorten(params['allowedValue'])}`);
    case 'format':
      return reject(reason, path.join('.'), wrong, INSTANT_HINT);
    case 'pattern':
      return reject(reason, path.join('.'), wrong, patternHint(String(params['pattern'])));
    default:
      return reject(reason, path.join('.'), wrong, error.message);
  }
}

/** The extra field rather than the generic "schema is false" that stands beside it. */
function mostTelling(errors: SchemaError[]): SchemaError {
  const usable = errors.filter((error) => error.keyword !== 'boolean');
  const order = ['type', 'required', 'additionalProperties'];
  const rank = (error: SchemaError) => {
    const at = order.indexOf(error.keyword);
    return at === -1 ? order.length : at;
  };
  const [first] = [...usable].sort((a, b) => rank(a) - rank(b));
  return (
    first ?? { keyword: 'schema', instancePath: '', params: {}, message: 'does not fit the schema' }
  );
}

/** Says a pattern in words where the contract uses it often. */
function patternHint(pattern: string): string {
  if (pattern.includes('.*>')) {
    return 'must be token-safe: no white space, no control character and none of . * >';
  }
  if (pattern.startsWith('^-?\\d')) return 'must be a decimal string such as "12.50"';
  if (pattern === '^[A-Z]{3}$') return 'must be an ISO 4217 code such as "EUR"';
  if (pattern.startsWith('^[a-z]'))
    return 'must be an absolute URI such as "https://wms.example/dc-1"';
  return `must match ${pattern}`;
}

function valueAt(value: unknown, instancePath: string): unknown {
  let at: unknown = value;
  for (const part of instancePath.split('/').slice(1)) {
    if (at === null || typeof at !== 'object') return undefined;
    at = Reflect.get(at, part.replaceAll('~1', '/').replaceAll('~0', '~'));
  }
  return at;
}

function rejection(
  reason: Rejection['reason'],
  field: string,
  value: unknown,
  allowed: string,
): Rejection {
  return { reason, field, value: shorten(value), detail: `${field || 'event'}: ${allowed}` };
}

/** A value as it is shown in an answer: never longer than the answer is worth. */
function shorten(value: unknown): string {
  if (value === undefined) return '(absent)';
  const shown = asText(value);
  return shown.length > 120 ? `${shown.slice(0, 117)}…` : shown;
}

function asText(value: unknown): string {
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    // JSON.parse takes any depth, JSON.stringify does not.
    return '(nested too deeply to show)';
  }
}
