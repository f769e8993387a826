/**
 * Backtests: what is asked, and what comes back. The same span of the archive under the policies that held
 * and under others; which alerts each gives, what they cost, and how often they were right.
 */
import { Type, type Static } from 'typebox';
import { TYPE_PREFIX, TYPE_SUFFIX } from './envelope.ts';
import type { DataOf } from './events.ts';
import { instant, oneOf } from './fields.ts';
import { checkEvent } from './validate.ts';

/** Policies that one backtest may change. */
export const MAX_POLICIES = 100;
/** Alerts that are listed of each kind of difference; the others are counted. */
export const MAX_LISTED = 200;

export const BacktestRequest = Type.Object(
  {
    from: instant('From when the changed policies hold, and alerts are compared'),
    to: instant('First instant after the span'),
    policies: Type.Array(Type.Unknown(), {
      minItems: 1,
      maxItems: MAX_POLICIES,
      description: 'Data of `policy.set` events; actor and reason may be left out',
    }),
  },
  { additionalProperties: false },
);
export type BacktestRequest = Static<typeof BacktestRequest>;

export type Policy = DataOf<'policy.set'>;

/** What is wrong with a request: the field, its value, and what would be right. */
export interface RequestFault {
  readonly field: string;
  readonly value: string;
  readonly allowed: string;
}

export type CheckedPolicies =
  | { readonly ok: true; readonly policies: readonly Policy[] }
  | { readonly ok: false; readonly fault: RequestFault };

const STAND_IN = { actor: 'backtest', reason: 'backtest' };

/** Checks one policy or a list of them against the contract of `policy.set`. */
export function checkPolicies(value: unknown): CheckedPolicies {
  const given: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (given.length === 0 || given.length > MAX_POLICIES) {
    const allowed = `must be 1 to ${MAX_POLICIES} policies`;
    return { ok: false, fault: { field: 'policies', value: String(given.length), allowed } };
  }
  const policies: Policy[] = [];
  const fieldOfScope = new Map<string, string>();
  for (const [index, one] of given.entries()) {
    const field = `policies.${index}`;
    const checked = checkEvent({
      specversion: '1.0',
      id: field,
      source: 'urn:stocktide:backtest',
      type: `${TYPE_PREFIX}policy.set${TYPE_SUFFIX}`,
      time: '2000-01-01T00:00:00Z',
      data: isObject(one) ? { ...STAND_IN, ...one } : one,
    });
    if (!checked.ok) {
      const { detail, field: at, value: wrong } = checked.rejection;
      const allowed = detail.slice(detail.indexOf(': ') + 2);
      return {
        ok: false,
        fault: { field: at.replace(/^data/, field), value: wrong, allowed },
      };
    }
    const policy = checked.event.data as Policy;
    const key = policyKey(policy);
    const first = fieldOfScope.get(key);
    if (first !== undefined) {
      const allowed = `must differ in policy or scope from ${first}, which sets the same`;
      return { ok: false, fault: { field, value: key, allowed } };
    }
    fieldOfScope.set(key, field);
    policies.push(policy);
  }
  return { ok: true, policies };
}

/** The fault of a span that ends before it begins; null when there is none. */
export function spanFault({ from, to }: { from: string; to: string }): RequestFault | null {
  if (Date.parse(to) > Date.parse(from)) return null;
  return { field: 'to', value: to, allowed: `must be after from, ${from}` };
}

/** A policy and its scope: of two policies with the same key the later one holds. */
export function policyKey({ policy, scope }: Policy): string {
  const keys = Object.entries(scope).sort(([a], [b]) => (a < b ? -1 : 1));
  return `${policy} ${JSON.stringify(Object.fromEntries(keys))}`;
}

const isObject = (value: unknown): value is object =>
  value !== null && typeof value === 'object' && !Array.isArray(value);

const nullable = <S extends Parameters<typeof Type.Union>[0][number]>(schema: S) =>
  Type.Union([schema, Type.Null()]);
const count = (description: string) => Type.Integer({ minimum: 0, description });
const money = (description: string) =>
  Type.String({ description: `${description} (decimal string, house currency)` });

export const VERDICTS = ['true', 'false', 'expected'] as const;
export type Verdict = (typeof VERDICTS)[number];

export const BacktestAlert = Type.Object({
  kind: oneOf(['finding', 'case'], 'A finding, or a case that was opened (again)'),
  id: Type.String({
    description: 'Of the finding; of a case its id and the number of the opening',
  }),
  code: Type.String(),
  subtype: Type.String(),
  entity: Type.String({ description: 'What it concerns' }),
  at: Type.String({ description: 'When it was raised (RFC 3339)' }),
  condition_at: Type.String({ description: 'When its condition began (RFC 3339)' }),
  ended_at: nullable(
    Type.String({ description: 'When it was cleared or closed; null if it holds' }),
  ),
  amount: money('At risk'),
  orders: count('Promised orders at risk'),
  severity: nullable(Type.String({ description: 'Of a case' })),
  detail: Type.String({ description: 'In words' }),
  verdict: nullable(oneOf(VERDICTS, 'What people or labels say of it; null: nobody said')),
});
export type BacktestAlert = Static<typeof BacktestAlert>;

const Side = Type.Object({
  findings: count('Findings raised in the span'),
  cases: count('Cases opened in the span, each opening once'),
  cases_per_day: Type.Number(),
  amount: money('At risk in those cases'),
  orders: count('Promised orders at risk in those cases'),
  judged_true: count('Cases that people or labels call right'),
  judged_false: count('Cases that they call wrong'),
  judged_expected: count('Cases that people call known and fine'),
  precision: nullable(
    Type.Number({ description: 'Right ÷ (right + wrong); null: none is judged' }),
  ),
  incidents_found: nullable(count('Labelled incidents with an alert; null without labels')),
});
export type BacktestSide = Static<typeof Side>;

const Change = Type.Object({
  kept: count('Under both'),
  added: count('Only under the changed policies'),
  removed: count('Only under the policies that held'),
});
export type BacktestChange = Static<typeof Change>;

const comparison = {
  before: Side,
  after: Side,
  findings: Change,
  cases: Change,
  incidents: nullable(count('Labelled incidents in the span; null without labels')),
};
const BacktestCode = Type.Object({ code: Type.String(), ...comparison });
export type BacktestCode = Static<typeof BacktestCode>;

const Load = Type.Object({
  budget: count('Alerts of a team in a day that the policies allow'),
  cases: count('Cases opened'),
  per_day: Type.Number(),
  busiest_day: count('Most cases of one day (UTC)'),
  days_over: count('Days with more cases than the budget'),
});
export type BacktestLoad = Static<typeof Load>;

const BacktestTeam = Type.Object({ team: Type.String(), before: Load, after: Load });
export type BacktestTeam = Static<typeof BacktestTeam>;

export const BacktestResult = Type.Object({
  from: Type.String(),
  to: Type.String(),
  days: Type.Number({ description: 'Length of the span' }),
  events: Type.Object({
    warm_up: count('Archived events before the span: they give the state that it begins with'),
    span: count('Archived events of the span'),
    last_at: Type.String({ description: 'Event time that the span reached (RFC 3339)' }),
  }),
  policies: Type.Object({
    changed: count('Policies that were changed'),
    replaced: count('Later policies of the log that they replace'),
  }),
  refused_findings: count('Findings that the door would have refused'),
  failed_events: count('Events that a processor could not apply, in either run'),
  truth: oneOf(['verdicts', 'labels'], 'What precision is measured against'),
  total: Type.Object(comparison),
  codes: Type.Array(BacktestCode),
  teams: Type.Array(BacktestTeam),
  added: Type.Array(BacktestAlert, { description: `The first ${MAX_LISTED}` }),
  removed: Type.Array(BacktestAlert, { description: `The first ${MAX_LISTED}` }),
  left_off: Type.Object({ added: count('Not listed'), removed: count('Not listed') }),
});
export type BacktestResult = Static<typeof BacktestResult>;

export const BacktestProgress = Type.Object({
  phase: oneOf(['warm-up', 'span'], 'Before the span, or within it'),
  events: count('Archived events replayed'),
  of: count('Archived events up to the end of the archive; the span may end before'),
  at: Type.String({ description: 'Event time reached (RFC 3339)' }),
});
export type BacktestProgress = Static<typeof BacktestProgress>;

export const BacktestView = Type.Object({
  id: Type.String(),
  status: oneOf(['running', 'done', 'failed', 'cancelled'], 'How it stands'),
  started_at: Type.String(),
  ended_at: nullable(Type.String()),
  from: Type.String(),
  to: Type.String(),
  progress: nullable(BacktestProgress),
  error: nullable(Type.String({ description: 'Why it failed' })),
  result: nullable(BacktestResult),
});
export type BacktestView = Static<typeof BacktestView>;
