/** Policies as people read and write them: what a field says, and a form that becomes a decision. Pure. */
import type { PolicyDecision, PolicyField, PolicyKind } from '../../../contracts/policies.ts';

/** What a form holds of one field: text as it was typed ('' is nothing), a tick, or a week. */
export type Entry = string | boolean | readonly Day[];
export interface Day {
  /** Local time such as 08:00; the same twice is a day off. */
  readonly open: string;
  readonly close: string;
}
export type Draft = Readonly<Record<string, Entry>>;

export type Filled =
  | { readonly ok: true; readonly value: Record<string, unknown> }
  | { readonly ok: false; readonly faults: Readonly<Record<string, string>> };

/** In the order of the page. */
export const POLICY_GROUPS_SHOWN: readonly PolicyKind['group'][] = [
  'Rules',
  'Promising',
  'Supply',
  'Measuring',
];

const SCOPE_NAMES: Readonly<Record<string, string>> = {
  sku_id: 'SKU',
  node_id: 'node',
  channel_id: 'channel',
  supplier_id: 'supplier',
  source: 'source',
};
const DAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];
export const dayName = (index: number) => DAYS[index] ?? '';

export const scopeName = (key: string) => SCOPE_NAMES[key] ?? key;

/** "everywhere", "node dc-01, SKU MUG". */
export function scopeText(scope: PolicyDecision['scope']): string {
  const parts = Object.entries(scope).map(([key, value]) => `${scopeName(key)} ${value}`);
  return parts.length === 0 ? 'everywhere' : parts.join(', ');
}

/** "grace_min" of "parameters.grace_min". */
export const fieldName = ({ path }: Pick<PolicyField, 'path'>) => path.split('.').at(-1) ?? path;

/** What a decision says of a field; undefined when it leaves it out. */
export function fieldOf(value: PolicyDecision['value'], path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>(
      (at, name) =>
        at !== null && typeof at === 'object' ? (at as Record<string, unknown>)[name] : undefined,
      value,
    );
}

/** A value with its unit: "10 min", "on", "Mon–Fri …". */
export function figureText({ unit }: Pick<PolicyField, 'unit'>, value: unknown): string {
  if (value === undefined || value === null) return '–';
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.map(itemText).join(', ');
  const text =
    typeof value === 'number'
      ? value.toLocaleString(undefined, { maximumFractionDigits: 6 })
      : plain(value);
  return unit === null ? text : `${text} ${unit}`;
}

const plain = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value));

function itemText(item: unknown, index: number): string {
  if (item === null || typeof item !== 'object') return String(item);
  const { close_min: close, open_min: open } = item as { open_min: number; close_min: number };
  return `${dayName(index)} ${open === close ? 'off' : `${clockOf(open)}–${clockOf(close)}`}`;
}

/** What a decision says, field by field, in the order of the kind. */
export function decisionText(kind: Pick<PolicyKind, 'fields'>, value: PolicyDecision['value']) {
  return kind.fields.flatMap((field) => {
    const said = fieldOf(value, field.path);
    return said === undefined ? [] : [`${fieldName(field)} ${figureText(field, said)}`];
  });
}

/** "0 to 525,600 min", "one of a, b". */
export function rangeText({ choices, max, min, unit }: PolicyField): string {
  if (choices !== null) return choices.join(', ');
  if (min === null) return '';
  const upper = max === null ? ' or more' : ` to ${max.toLocaleString()}`;
  return `${min.toLocaleString()}${upper}${unit === null ? '' : ` ${unit}`}`;
}

/** The form of a decision; of none, an empty one. */
export function draftOf(fields: readonly PolicyField[], value: PolicyDecision['value']): Draft {
  return Object.fromEntries(
    fields.map((field): [string, Entry] => [
      field.path,
      entryOf(field, fieldOf(value, field.path)),
    ]),
  );
}

function entryOf({ default: standard, type }: PolicyField, said: unknown): Entry {
  if (type === 'boolean') return typeof said === 'boolean' ? said : standard === true;
  if (type === 'week') return weekOf(said);
  if (said === undefined || said === null) return '';
  return Array.isArray(said) ? said.join(', ') : plain(said);
}

const WORKDAY: Day = { open: '08:00', close: '18:00' };
const OFF: Day = { open: '00:00', close: '00:00' };

function weekOf(said: unknown): Day[] {
  if (!Array.isArray(said)) return DAYS.map((_, index) => (index < 5 ? WORKDAY : OFF));
  return (said as { open_min: number; close_min: number }[]).map((day) => ({
    ...{ open: clockOf(day.open_min), close: clockOf(day.close_min) },
  }));
}

/** 08:30 of 510. The end of the day is 24:00, which a form shows as 23:59. */
const clockOf = (minute: number) =>
  `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;

function minuteOf(clock: string): number {
  const [hours = 0, minutes = 0] = clock.split(':').map(Number);
  return hours * 60 + minutes;
}

/** What a form says, or what is wrong with which field. Empty fields are left out: the default holds. */
export function filled(fields: readonly PolicyField[], draft: Draft, begin: object = {}): Filled {
  const value: Record<string, unknown> = { ...begin };
  const faults: Record<string, string> = {};
  for (const field of fields) {
    const entry = draft[field.path] ?? '';
    const fault = faultOf(field, entry);
    if (fault !== null) faults[field.path] = fault;
    else if (isSaid(field, entry)) put(value, field.path, read(field, entry));
  }
  return Object.keys(faults).length === 0 ? { ok: true, value } : { ok: false, faults };
}

function isSaid({ default: standard, type }: PolicyField, entry: Entry): boolean {
  return type === 'boolean' ? entry !== standard : entry !== '';
}

function read({ type }: PolicyField, entry: Entry): unknown {
  if (typeof entry === 'boolean') return entry;
  if (typeof entry !== 'string') {
    return entry.map(({ close, open }) => ({
      open_min: minuteOf(open),
      close_min: minuteOf(close),
    }));
  }
  if (type === 'number' || type === 'integer') return Number(entry);
  return type === 'list'
    ? entry
        .split(',')
        .map((part) => part.trim())
        .filter(Boolean)
    : entry.trim();
}

function faultOf(field: PolicyField, entry: Entry): string | null {
  if (typeof entry !== 'string') return null;
  if (entry.trim() === '') return field.required ? 'is needed' : null;
  if (field.type !== 'number' && field.type !== 'integer') return null;
  const number = Number(entry);
  const isIn =
    Number.isFinite(number) &&
    number >= (field.min ?? -Infinity) &&
    number <= (field.max ?? Infinity) &&
    (field.type === 'number' || Number.isInteger(number));
  if (isIn) return null;
  return `must be ${field.type === 'integer' ? 'a whole number, ' : ''}${rangeText(field)}`;
}

function put(into: Record<string, unknown>, path: string, value: unknown): void {
  const names = path.split('.');
  const last = names.pop() ?? path;
  let at = into;
  for (const name of names) at = (at[name] ??= {}) as Record<string, unknown>;
  at[last] = value;
}

/** A rule's decision has parameters, if none. */
export const beginOf = (policy: string): object =>
  policy.startsWith('rule.') ? { parameters: {} } : {};

/** Kinds whose code, title, owner or description has the text. */
export function matching(kinds: readonly PolicyKind[], text: string): PolicyKind[] {
  const wanted = text.trim().toLowerCase();
  return kinds.filter(({ description, owner, policy, title }) =>
    `${policy} ${title} ${owner ?? ''} ${description}`.toLowerCase().includes(wanted),
  );
}

/** What of a kind a list shows: the decision that holds everywhere in words, and how many narrower ones there are. */
export function summaryOf(kind: PolicyKind): {
  /** Empty where nothing holds. */
  readonly everywhere: string;
  readonly isDefault: boolean;
  readonly exceptions: number;
  readonly latest: PolicyDecision | undefined;
} {
  const wide = kind.settings.find(({ scope }) => Object.keys(scope).length === 0);
  const said = wide === undefined ? [] : decisionText(kind, wide.value);
  const standard = kind.fields
    .filter((field) => field.default !== null && field.path !== 'enabled')
    .map((field) => `${fieldName(field)} ${figureText(field, field.default)}`);
  return {
    everywhere: (said.length === 0 ? standard : said).join('; '),
    isDefault: said.length === 0,
    exceptions: kind.settings_total - (wide === undefined ? 0 : 1),
    latest: kind.settings[0],
  };
}
