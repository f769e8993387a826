/**
 * Cases as people see and touch them: the ranked list, one case with its timeline and evidence, what can
 * be done about it, what became of a command, and the live topics `cases` and `alerts`. Shared by the API
 * that serves them and the dashboard that shows them.
 *
 * Clocks and times are event time. Money is a decimal string in the house currency.
 */
import { Type, type Static } from 'typebox';
import { at, nullable } from './answer.ts';
import { CASE_STATUSES } from './case-record.ts';
import { COMMANDS, type CommandName } from './events/control.ts';
import { oneOf } from './fields.ts';
import { ROOT_CAUSES, SEVERITIES, TEAMS } from './rules.ts';

const id = (description: string) => Type.String({ description: `${description}, or empty` });

export const COMMAND_NAMES = Object.keys(COMMANDS) as CommandName[];

/** What the parameter `status` of a list may ask for. */
export const LIST_STATUSES = ['open', 'closed', 'all'] as const;
/** `rank`: severity, then money at risk, then due. */
export const CASE_SORTS = ['rank', 'due', 'newest', 'amount'] as const;
export type CaseSort = (typeof CASE_SORTS)[number];

const SUMMARY = {
  case_id: Type.String({ description: 'Contains slashes: percent-encode it in a path' }),
  code: Type.String({ description: 'Exception code, such as SHORT_PICK' }),
  title: Type.String(),
  entity: Type.String({ description: 'What it concerns, such as sku/1/node/dc-01' }),
  sku_id: id('SKU'),
  node_id: id('Node'),
  order_id: id('Order'),
  channel_id: id('Channel'),
  supplier_id: id('Supplier'),
  location_id: id('Bin'),
  status: oneOf(CASE_STATUSES, 'Where it stands'),
  severity: oneOf(SEVERITIES, 'SEV1 is the worst'),
  team: oneOf(TEAMS, 'Team that owns it'),
  assignee: nullable(Type.String({ description: 'Person' })),
  detail: Type.String({ description: 'In words, with the figures' }),
  units: Type.Number({ description: 'Units concerned' }),
  amount: Type.String({ description: 'Money at risk (decimal string, house currency)' }),
  orders_at_risk: Type.Integer(),
  opened_at: at('When it was detected; its clocks run from then'),
  ack_due_at: at('To be acknowledged by'),
  resolve_due_at: at('To be resolved by'),
  acknowledged_at: nullable(at('When it was')),
  closed_at: nullable(at('When it was')),
  snoozed_until: nullable(at('Until when it rests')),
  clear_since: nullable(at('Since when no condition of it holds')),
  openings: Type.Integer({ description: 'How often it was opened' }),
  escalations: Type.Array(Type.String(), { description: 'Steps of the ladder that were taken' }),
  symptoms: Type.Integer({
    description: 'Findings of other codes or entities that merged into it',
  }),
};

export const CaseSummary = Type.Object(SUMMARY);
export type CaseSummary = Static<typeof CaseSummary>;

export const CaseList = Type.Object({
  now: at('Event time that clocks compare with'),
  cases: Type.Array(CaseSummary, { description: 'In the order asked for' }),
  total: Type.Integer({ description: 'Cases that match, on all pages' }),
  complete: Type.Boolean({
    description: 'False when more closed cases match than are looked through: narrow the question',
  }),
  next_cursor: nullable(Type.String({ description: 'Cursor of the next page' })),
});
export type CaseList = Static<typeof CaseList>;

/** One step of a case: a row of its audit trail. */
export const CaseStep = Type.Object({
  n: Type.Integer({ description: 'Number in the chain of all cases' }),
  at: at('When'),
  kind: Type.String({ description: 'opened, escalated, a command, refused, …' }),
  actor: Type.String({ description: 'Who decided; stocktide where no person did' }),
  detail: Type.String(),
  status: Type.String({ description: 'After the step' }),
  severity: Type.String({ description: 'After the step' }),
  hash: Type.String({ description: 'Of the chain; `npm run audit` verifies it' }),
});
export type CaseStep = Static<typeof CaseStep>;

export const CaseCondition = Type.Object({
  code: Type.String(),
  subtype: Type.String(),
  entity: Type.String(),
  detail: Type.String(),
  at: at('Since when'),
  cleared_at: nullable(at('When it ended; null while it holds')),
  own: Type.Boolean({ description: 'False for a symptom that merged into the case' }),
});
export type CaseCondition = Static<typeof CaseCondition>;

export const CaseEvidence = Type.Object({
  source: Type.String(),
  id: Type.String(),
  seq: nullable(Type.Integer({ description: 'Log sequence; null when not in the archive (yet)' })),
  time: nullable(at('Event time')),
  type: nullable(Type.String({ description: 'Event type' })),
  data: nullable(Type.String({ description: 'The data of the event as JSON' })),
});
export type CaseEvidence = Static<typeof CaseEvidence>;

export const CaseRule = Type.Object({
  title: Type.String(),
  owner: Type.String({ description: 'Team whose case it is first' }),
  resolves_itself: Type.Boolean(),
  version: Type.Integer({ description: 'Log sequence of the policy behind it; 0: defaults' }),
  parameters: Type.Array(
    Type.Object({
      name: Type.String(),
      value: Type.Number({ description: 'That the case was raised under' }),
      default: Type.Number(),
      description: Type.String(),
    }),
  ),
  causes: Type.Array(Type.String(), { description: 'What usually causes it' }),
});
export type CaseRule = Static<typeof CaseRule>;

export const CaseDetail = Type.Object({
  ...SUMMARY,
  now: at('Event time that clocks compare with'),
  subtype: Type.String(),
  condition_at: at('Since when the condition held that opened it'),
  actor: Type.String({ description: 'Whose act it is about, or empty' }),
  conditions: Type.Array(CaseCondition, { description: 'The cause and its symptoms' }),
  evidence: Type.Array(CaseEvidence),
  statistic: nullable(
    Type.Object({
      name: Type.String(),
      value: Type.Number(),
      expected: Type.Number(),
      limit: Type.Number({ description: 'Where it begins to alarm' }),
      p: Type.Optional(Type.Number({ description: 'How improbable' })),
    }),
  ),
  course: Type.Array(
    Type.Object({ at: at('When it was found'), value: Type.Number(), limit: Type.Number() }),
    { description: 'Of the statistic, step by step, where it has changed; the oldest first' },
  ),
  rule: nullable(CaseRule),
  parent_id: nullable(Type.String({ description: 'Case that this one is a symptom of' })),
  root_cause: nullable(oneOf(ROOT_CAUSES, 'Root cause')),
  resolution: nullable(Type.String()),
  verdict: nullable(oneOf(['true', 'false', 'expected'], 'Was the alert right?')),
  verify_at: nullable(at('When what people call resolved is looked at again')),
  steps: Type.Array(CaseStep, { description: 'Oldest first' }),
  allowed: Type.Array(oneOf(COMMAND_NAMES, 'Command'), { description: 'What it would take now' }),
  choices: Type.Object(
    { root_causes: Type.Array(Type.String()), teams: Type.Array(Type.String()) },
    { description: 'The closed lists that commands choose from; usual causes first' },
  ),
});
export type CaseDetail = Static<typeof CaseDetail>;

/** `GET /v1/cases/{id}/audit`: whether its trail is as it was written. */
export const CaseAudit = Type.Object({
  steps: Type.Integer({ description: 'Steps that were checked, the newest' }),
  intact: Type.Boolean(),
  n: nullable(Type.Integer({ description: 'First step that does not fit' })),
  why: nullable(Type.String({ description: 'Why it does not' })),
});
export type CaseAudit = Static<typeof CaseAudit>;

/** What can be done about a case, from live state. */
export const CaseOption = Type.Object({
  option: Type.String({ description: 'Names it in the command `take`' }),
  kind: oneOf(['reroute', 'transfer', 'expedite', 'buffer', 'count'], 'Which kind of act'),
  title: Type.String(),
  effect: Type.String({ description: 'In words, with the figures' }),
  cost: Type.String({ description: 'In words, with the figures' }),
  units: Type.Integer({ description: 'Units that it moves, frees or checks' }),
  amount: nullable(Type.String({ description: 'Money that it binds or risks; null: not known' })),
  draft: nullable(
    Type.String({ description: 'Data of the event that would do it (JSON), such as policy.set' }),
  ),
});
export type CaseOption = Static<typeof CaseOption>;

export const CaseOptions = Type.Object({
  case_id: Type.String(),
  now: at('Event time of the state that they were computed from'),
  options: Type.Array(CaseOption, { description: 'The most effective first' }),
  note: nullable(Type.String({ description: 'Why there are none, or what could not be asked' })),
});
export type CaseOptions = Static<typeof CaseOptions>;

/**
 * What became of a command: `changed` or `refused` by the engine, with the step that says so; `pending`
 * when the engine has not said within the wait. It is in the log in each case.
 */
export const CommandOutcome = Type.Object({
  case_id: Type.String(),
  event_id: Type.String({ description: 'Id of the case.commanded event' }),
  outcome: oneOf(['changed', 'refused', 'pending'], 'What became of it'),
  detail: Type.String({ description: 'Why it was refused, or what was noted' }),
  step: nullable(CaseStep),
  case: nullable(CaseSummary),
});
export type CommandOutcome = Static<typeof CommandOutcome>;

export const BulkOutcome = Type.Object({
  outcomes: Type.Array(CommandOutcome, { description: 'In the order of the ids' }),
});
export type BulkOutcome = Static<typeof BulkOutcome>;

/** Most cases that one bulk command names. */
export const MAX_BULK = 100;

/** Data of the live topic `cases`. */
export interface CasesLive {
  /** Event time. */
  readonly now: string;
  /** Number of the newest step: whoever shows cases reads anew when it grows. */
  readonly latest_step: number;
  readonly open: number;
  readonly unacknowledged: number;
  /** Open, and past the time to acknowledge or to resolve. */
  readonly overdue: number;
  readonly by_severity: Readonly<Record<string, number>>;
  readonly by_team: Readonly<Record<string, number>>;
  readonly by_status: Readonly<Record<string, number>>;
  /** The worst open ones, ranked. */
  readonly top: readonly CaseSummary[];
}

export const ALERT_KINDS = ['opened', 'reopened', 'escalated'] as const;

/** Something that someone should know at once. */
export interface Alert {
  /** Number of its step. */
  readonly n: number;
  readonly at: string;
  readonly kind: (typeof ALERT_KINDS)[number];
  readonly detail: string;
  readonly case: CaseSummary;
}

/** How many alerts the topic `alerts` holds. */
export const ALERT_SLOTS = 64;

/**
 * Data of the live topic `alerts`: the newest ones, each in a slot of its own (`slot0` …), so that a delta
 * carries just what is new. `count` is that of all alerts since the server began: a reader that finds it
 * grown by more than there are slots has missed some, and reads the list.
 */
export type AlertsLive = { readonly count: number } & Readonly<Record<`slot${number}`, Alert>>;
