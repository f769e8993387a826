/** A result for people: one table of codes, one of teams, and the alerts that come and go. Pure. */
import type {
  BacktestAlert,
  BacktestCode,
  BacktestResult,
  BacktestSide,
} from '../../../contracts/backtest.ts';

/** Alerts that are shown of each kind of difference; --json has more. */
const SHOWN = 20;

export function resultText(result: BacktestResult): string {
  const { added, codes, days, events, from, left_off, policies, removed, teams, to, total } =
    result;
  const against = result.truth === 'labels' ? 'the labels' : "people's verdicts";
  const lines = [
    `${from} to ${to} (${days} days): ${events.span} events after ${events.warm_up} of warm-up; ` +
      `${policies.changed} policies changed, which replace ${policies.replaced} of the log`,
    `Before → after; precision against ${against}.`,
    '',
    ...table([
      ['code', 'cases', 'per day', 'added', 'removed', 'findings', 'at risk', 'precision', 'found'],
      ...[...codes, { ...total, code: 'total' }].map(codeCells),
    ]),
    '',
    ...table([
      ['team', 'per day', 'busiest day', 'budget', 'days over it'],
      ...teams.map(({ after, before, team }) => [
        team,
        change(before.per_day, after.per_day),
        change(before.busiest_day, after.busiest_day),
        change(before.budget, after.budget),
        change(before.days_over, after.days_over),
      ]),
    ]),
    ...alertLines('Added', added, left_off.added),
    ...alertLines('Removed', removed, left_off.removed),
  ];
  if (result.refused_findings + result.failed_events > 0) {
    lines.push(
      '',
      `${result.refused_findings} findings the door would refuse, ${result.failed_events} events that a ` +
        'processor could not apply, over both runs',
    );
  }
  return lines.join('\n');
}

function codeCells({ after, before, cases, code, incidents }: BacktestCode): string[] {
  const precision = ({ precision: value }: BacktestSide) =>
    value === null ? '–' : `${(value * 100).toFixed(1)} %`;
  return [
    code,
    change(before.cases, after.cases),
    change(before.cases_per_day, after.cases_per_day),
    String(cases.added),
    String(cases.removed),
    change(before.findings, after.findings),
    change(before.amount, after.amount),
    change(precision(before), precision(after)),
    incidents === null
      ? '–'
      : `${change(before.incidents_found ?? 0, after.incidents_found ?? 0)} of ${incidents}`,
  ];
}

const change = (before: number | string, after: number | string): string =>
  before === after ? String(before) : `${before} → ${after}`;

function alertLines(title: string, alerts: readonly BacktestAlert[], leftOff: number): string[] {
  if (alerts.length === 0) return [];
  const shown = alerts.slice(0, SHOWN).map((alert) => {
    const { amount, at, code, detail, entity, kind, severity, verdict } = alert;
    const said = verdict === null ? '' : `, judged ${verdict}`;
    return `  ${at} ${kind} ${code} ${entity}${severity === null ? '' : ` ${severity}`}, ${amount} at risk${said}: ${detail}`;
  });
  const more = alerts.length + leftOff - shown.length;
  return ['', `${title}:`, ...shown, ...(more > 0 ? [`  and ${more} more`] : [])];
}

function table(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
