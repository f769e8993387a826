/** The two runs side by side: by code, by team, and the alerts that come and go. Pure. */
import {
  MAX_LISTED,
  type BacktestAlert,
  type BacktestChange,
  type BacktestCode,
  type BacktestLoad,
  type BacktestResult,
  type BacktestSide,
  type Verdict,
} from '../../../contracts/backtest.ts';
import { amountOf, micros } from '../../facts/money.ts';
import type { Alert } from './alerts.ts';
import { matchAlerts, type Matched } from './matching.ts';
import {
  grouped,
  incidentsOf,
  isAbout,
  labelledVerdicts,
  verdictsOf,
  type Judgement,
  type Label,
} from './truth.ts';

const DAY_MS = 86_400_000;

/** What a run gave. */
export interface RunOutcome {
  readonly alerts: readonly Alert[];
  /** Alerts of a team in a day. */
  readonly budget: number;
}

export interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

/** Labels where there are some, else what people judged. */
export type Truth =
  { readonly labels: readonly Label[] } | { readonly judgements: readonly Judgement[] };

type Summary = Pick<
  BacktestResult,
  'truth' | 'total' | 'codes' | 'teams' | 'added' | 'removed' | 'left_off'
>;

export function summarise(options: {
  before: RunOutcome;
  after: RunOutcome;
  span: Span;
  truth: Truth;
}): Summary {
  const { after, before, span, truth } = options;
  const matched = matchAlerts(before.alerts, after.alerts);
  const verdicts =
    'labels' in truth
      ? labelledVerdicts(truth.labels, [...before.alerts, ...after.alerts])
      : verdictsOf(truth.judgements, before.alerts, matched);
  const incidents = 'labels' in truth ? incidentsOf(truth.labels, span) : null;
  const compared = { before: before.alerts, after: after.alerts, matched, verdicts, incidents };
  const added = listed(matched.added, verdicts);
  const removed = listed(matched.removed, verdicts);
  return {
    truth: 'labels' in truth ? 'labels' : 'verdicts',
    total: compare(compared, span),
    codes: codesOf(compared).map((code) => ({ code, ...compare(only(compared, code), span) })),
    teams: teamsOf(before, after, span),
    ...{ added, removed },
    left_off: {
      added: matched.added.length - added.length,
      removed: matched.removed.length - removed.length,
    },
  };
}

interface Compared {
  readonly before: readonly Alert[];
  readonly after: readonly Alert[];
  readonly matched: Matched;
  readonly verdicts: ReadonlyMap<Alert, Verdict>;
  readonly incidents: readonly Label[] | null;
}

/** Codes that either run raises or that a label names, sorted. */
function codesOf({ after, before, incidents }: Compared): string[] {
  return [...new Set([...before, ...after, ...(incidents ?? [])].map(({ code }) => code))].sort();
}

function only({ after, before, incidents, matched, verdicts }: Compared, code: string): Compared {
  const isOf = (one: { readonly code: string }) => one.code === code;
  return {
    before: before.filter(isOf),
    after: after.filter(isOf),
    matched: {
      kept: matched.kept.filter((pair) => isOf(pair.before)),
      added: matched.added.filter(isOf),
      removed: matched.removed.filter(isOf),
    },
    verdicts,
    incidents: incidents?.filter(isOf) ?? null,
  };
}

function compare(compared: Compared, span: Span): Omit<BacktestCode, 'code'> {
  const { after, before, incidents, matched, verdicts } = compared;
  return {
    before: sideOf(before, { verdicts, incidents, span }),
    after: sideOf(after, { verdicts, incidents, span }),
    findings: changeOf('finding', matched),
    cases: changeOf('case', matched),
    incidents: incidents?.length ?? null,
  };
}

function sideOf(
  alerts: readonly Alert[],
  { incidents, span, verdicts }: Pick<Compared, 'incidents' | 'verdicts'> & { span: Span },
): BacktestSide {
  const cases = alerts.filter(({ kind }) => kind === 'case');
  const judged = (verdict: Verdict) =>
    cases.filter((alert) => verdicts.get(alert) === verdict).length;
  const right = judged('true');
  const wrong = judged('false');
  const byCode = grouped(alerts, ({ code }) => code);
  const found = incidents?.filter((label) =>
    byCode.get(label.code)?.some((alert) => isAbout(alert, label)),
  );
  return {
    findings: alerts.length - cases.length,
    cases: cases.length,
    cases_per_day: rounded(cases.length / daysOf(span)),
    amount: amountOf(cases.reduce((sum, { amount }) => sum + micros(amount), 0n)),
    orders: cases.reduce((sum, { orders }) => sum + orders, 0),
    ...{ judged_true: right, judged_false: wrong, judged_expected: judged('expected') },
    precision: right + wrong === 0 ? null : rounded(right / (right + wrong)),
    incidents_found: found?.length ?? null,
  };
}

function changeOf(kind: Alert['kind'], { added, kept, removed }: Matched): BacktestChange {
  const isOf = (alert: Alert) => alert.kind === kind;
  return {
    kept: kept.filter(({ before }) => isOf(before)).length,
    added: added.filter(isOf).length,
    removed: removed.filter(isOf).length,
  };
}

function teamsOf(before: RunOutcome, after: RunOutcome, span: Span): BacktestResult['teams'] {
  const teamOf = ({ team }: Alert) => team ?? '';
  const byTeam = [before, after].map(({ alerts }) =>
    grouped(
      alerts.filter(({ team }) => team !== null),
      teamOf,
    ),
  );
  const teams = [...new Set(byTeam.flatMap((groups) => [...groups.keys()]))].sort();
  return teams.map((team) => ({
    team,
    before: loadOf(byTeam[0]?.get(team) ?? [], before.budget, span),
    after: loadOf(byTeam[1]?.get(team) ?? [], after.budget, span),
  }));
}

function loadOf(cases: readonly Alert[], budget: number, span: Span): BacktestLoad {
  const days = [...grouped(cases, ({ atMs }) => String(Math.floor(atMs / DAY_MS))).values()].map(
    (ofDay) => ofDay.length,
  );
  return {
    ...{ budget, cases: cases.length, per_day: rounded(cases.length / daysOf(span)) },
    busiest_day: days.reduce((most, ofDay) => Math.max(most, ofDay), 0),
    days_over: days.filter((ofDay) => ofDay > budget).length,
  };
}

/** The first ones by time, a case before its finding; always in the same order. */
function listed(alerts: readonly Alert[], verdicts: ReadonlyMap<Alert, Verdict>): BacktestAlert[] {
  return alerts
    .toSorted((a, b) => a.atMs - b.atMs || (orderOf(a) < orderOf(b) ? -1 : 1))
    .slice(0, MAX_LISTED)
    .map((alert) => {
      const { amount, code, detail, entity, id, kind, orders, severity, subtype } = alert;
      return {
        ...{ kind, id, code, subtype, entity },
        at: instantOf(alert.atMs),
        condition_at: instantOf(alert.conditionAtMs),
        ended_at: alert.endMs === null ? null : instantOf(alert.endMs),
        ...{ amount, orders, severity, detail, verdict: verdicts.get(alert) ?? null },
      };
    });
}

const orderOf = ({ id, kind }: Alert) => `${kind} ${id}`;
const instantOf = (ms: number) => new Date(ms).toISOString();
export const daysOf = ({ fromMs, toMs }: Span): number => (toMs - fromMs) / DAY_MS;
/** Four decimals are more than a comparison needs. */
export const rounded = (value: number): number => Math.round(value * 10_000) / 10_000;
