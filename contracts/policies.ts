/**
 * Policies as people read and change them: each kind with its fields (unit, range, default), what was set for
 * which scope, by whom and why. The fields are read off the schemas of `policy.set` (events/control.ts) and
 * the rules (rules.ts), so that a form, an answer and the door allow the same.
 */
import { Type, type Static, type TSchema } from 'typebox';
import { POLICIES, type PolicyName } from './events/control.ts';
import { instant, ref } from './fields.ts';
import { POLICY_DEFAULTS } from './policy-defaults.ts';
import { defaultsOf, RULES, type Rule, type RuleCode } from './rules.ts';

export const POLICY_GROUPS = ['Rules', 'Promising', 'Supply', 'Measuring'] as const;
export type PolicyGroup = (typeof POLICY_GROUPS)[number];

const nullable = <S extends TSchema>(schema: S) => Type.Union([schema, Type.Null()]);

export const FIELD_TYPES = [
  'number',
  'integer',
  'boolean',
  'text',
  'choice',
  'list',
  'week',
] as const;

export const PolicyField = Type.Object({
  path: Type.String({
    description: 'Where it stands in value or scope, such as parameters.grace_min',
  }),
  description: Type.String(),
  type: Type.Enum([...FIELD_TYPES], {
    description: 'list: keys; week: seven times {open_min, close_min}, Monday first',
  }),
  unit: nullable(Type.String({ description: 'min, h, d, units, house currency …' })),
  min: nullable(Type.Number()),
  max: nullable(Type.Number()),
  choices: nullable(Type.Array(Type.String())),
  default: nullable(Type.Union([Type.Number(), Type.String(), Type.Boolean()])),
  required: Type.Boolean(),
});
export type PolicyField = Static<typeof PolicyField>;

const PolicyValue = Type.Record(Type.String(), Type.Unknown(), {
  description: 'As in policy.set: GET /v1/events/types has the schema of each kind',
});
const PolicyScope = Type.Record(Type.String(), Type.String(), {
  description: 'What it holds for; {} is everywhere',
});

export const PolicyDecision = Type.Object({
  scope: PolicyScope,
  value: PolicyValue,
  actor: Type.String({ description: 'Who decided' }),
  reason: Type.String({ description: 'Why' }),
  time: Type.String({ description: 'Since when it holds (RFC 3339)' }),
  version: Type.Integer({ description: 'Sequence in the log; 0 where nothing was ever decided' }),
});
export type PolicyDecision = Static<typeof PolicyDecision>;

export const PolicyKind = Type.Object({
  policy: Type.String({ description: 'Such as safety_stock or rule.OVERSELL' }),
  group: Type.Enum([...POLICY_GROUPS]),
  title: Type.String(),
  description: Type.String(),
  owner: nullable(Type.String({ description: 'Of a rule: the team that owns its cases' })),
  scope: Type.Array(PolicyField),
  fields: Type.Array(PolicyField),
  settings: Type.Array(PolicyDecision, { description: 'What holds, by scope; the newest first' }),
  settings_total: Type.Integer({ description: 'Scopes with a decision, listed or not' }),
});
export type PolicyKind = Static<typeof PolicyKind>;

export const PolicyCatalogue = Type.Object({
  now: Type.String({ description: 'Event time of the processors (RFC 3339)' }),
  kinds: Type.Array(PolicyKind),
});
export type PolicyCatalogue = Static<typeof PolicyCatalogue>;

export const PolicyHistory = Type.Object({
  policy: Type.String(),
  decisions: Type.Array(PolicyDecision, { description: 'The newest first' }),
  next_cursor: nullable(Type.String({ description: 'The next page; null at the end' })),
});
export type PolicyHistory = Static<typeof PolicyHistory>;

export const PolicyChange = Type.Object(
  {
    policy: Type.String({ maxLength: 80, description: 'Such as rule.OVERSELL' }),
    scope: Type.Record(Type.String(), Type.Unknown()),
    value: Type.Record(Type.String(), Type.Unknown()),
    reason: ref('Why'),
    effective_at: Type.Optional(
      instant('Since when it holds: from the decision before it to now; now when it is absent'),
    ),
  },
  { additionalProperties: false },
);
export type PolicyChange = Static<typeof PolicyChange>;

export const PolicyChanged = Type.Object({
  policy: Type.String(),
  outcome: Type.Enum(['changed', 'pending'], {
    description: 'pending: it is in the log, and not yet in the archive that this answers from',
  }),
  decision: PolicyDecision,
});
export type PolicyChanged = Static<typeof PolicyChanged>;

/** A kind without what was set. */
export type PolicyDescription = Omit<PolicyKind, 'settings' | 'settings_total'>;

const TITLES: Readonly<
  Record<Exclude<PolicyName, `rule.${string}`>, { title: string; group: PolicyGroup }>
> = {
  safety_stock: { title: 'Safety stock', group: 'Promising' },
  channel: { title: 'What a channel may sell', group: 'Promising' },
  supply: { title: 'How far inbound supply is trusted', group: 'Supply' },
  feed: { title: 'How often a source speaks', group: 'Supply' },
  calendar: { title: 'Business hours', group: 'Measuring' },
  measurement: { title: 'How KPIs measure', group: 'Measuring' },
  severity: { title: 'How severe a case is', group: 'Rules' },
};

//                       Below zero for so long  (min)
const UNIT_AT_THE_END = /^(.*\S)\s*\(([^()]+)\)$/;

/** Every kind of policy, described. */
export const POLICY_DESCRIPTIONS: readonly PolicyDescription[] = (
  Object.keys(POLICIES) as PolicyName[]
).map(describe);

/** The field of a kind that a path such as `scope.sku_id` or `value.parameters.q` means. */
export function fieldAt(policy: string, path: string): PolicyField | undefined {
  const kind = POLICY_DESCRIPTIONS.find((one) => one.policy === policy);
  const [part, ...rest] = path.split('.');
  const fields = part === 'scope' ? kind?.scope : part === 'value' ? kind?.fields : undefined;
  return fields?.find((field) => field.path === rest.join('.'));
}

/** What a field allows, in words: "a whole number from 1 to 1000000 (units)". */
export function allowedText({ choices, max, min, type, unit }: PolicyField): string | undefined {
  if (choices !== null) return `one of ${choices.join(', ')}`;
  if (type === 'boolean') return 'true or false';
  if (type !== 'number' && type !== 'integer') return undefined;
  const kind = type === 'integer' ? 'a whole number' : 'a number';
  const range = min === null || max === null ? '' : ` from ${min} to ${max}`;
  return `${kind}${range}${unit === null ? '' : ` (${unit})`}`;
}

function describe(policy: PolicyName): PolicyDescription {
  const { description = '', properties } = POLICIES[policy] as unknown as {
    description?: string;
    properties: { scope: Schema; value: Schema };
  };
  const scope = fieldsOf(properties.scope, {});
  if (isRule(policy)) {
    const code = policy.slice('rule.'.length) as RuleCode;
    const rule: Rule = RULES[code];
    return {
      ...{ policy, group: 'Rules', title: rule.title, description, owner: rule.owner, scope },
      fields: [
        ...fieldsOf(properties.value, { enabled: true }).filter(({ path }) => path === 'enabled'),
        ...ruleFields(code, rule),
      ],
    };
  }
  const defaults = (POLICY_DEFAULTS as Readonly<Record<string, Defaults>>)[policy] ?? {};
  const fields = fieldsOf(properties.value, defaults);
  return { policy, ...TITLES[policy], description, owner: null, scope, fields };
}

function ruleFields(code: RuleCode, { parameters }: Rule): PolicyField[] {
  const defaults = defaultsOf(code);
  return Object.entries(parameters).map(([name, { description, max, min }]) => ({
    ...{ path: `parameters.${name}`, type: 'number', ...withUnit(description) },
    ...{ min, max, choices: null, default: defaults[name] ?? null, required: false },
  }));
}

type Defaults = Readonly<Record<string, number | string | boolean>>;

/** What of a JSON schema is read here. */
interface Schema {
  readonly type?: string;
  readonly description?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly enum?: readonly string[];
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
}

function fieldsOf({ properties = {}, required = [] }: Schema, defaults: Defaults) {
  return Object.entries(properties).map(([name, schema]): PolicyField => ({
    ...{ path: name, ...withUnit(schema.description ?? '') },
    type: typeOf(schema),
    ...{ min: schema.minimum ?? null, max: schema.maximum ?? null },
    choices: schema.enum === undefined ? null : [...schema.enum],
    default: defaults[name] ?? null,
    required: required.includes(name),
  }));
}

function typeOf({ enum: choices, items, minimum, type }: Schema): PolicyField['type'] {
  if (choices !== undefined) return 'choice';
  if (type === 'array') return items?.type === 'object' ? 'week' : 'list';
  if (type === 'boolean' || type === 'number' || type === 'integer') return type;
  return minimum === undefined ? 'text' : 'number';
}

/** A description that ends with its unit in brackets, taken apart. */
function withUnit(text: string): { description: string; unit: string | null } {
  const [, description, unit] = UNIT_AT_THE_END.exec(text) ?? [];
  if (description === undefined || unit === undefined) return { description: text, unit: null };
  return { description, unit: unit === 'base units' ? 'units' : unit };
}

function isRule(policy: PolicyName): policy is `rule.${RuleCode}` {
  return policy.startsWith('rule.');
}
