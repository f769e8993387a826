/** Cases as the page shows them: clocks, arrivals, what became of decisions. Pure. */
import type { CaseSummary, CommandOutcome } from '../../../contracts/cases.ts';
import { duration, formats } from './format.ts';

export interface CaseClock {
  readonly label: string;
  /** Part of the time that is used up, 0 … 1. */
  readonly used: number;
  readonly state: 'done' | 'running' | 'late';
  readonly text: string;
}

/** The clock of a case from its detection to a deadline; `doneAt` stops it. */
export function clockOf(
  label: string,
  { doneAt, dueAt, from }: { from: string; dueAt: string; doneAt: string | null },
  nowMs: number,
): CaseClock {
  const startMs = Date.parse(from);
  const dueMs = Date.parse(dueAt);
  const untilMs = doneAt === null ? nowMs : Date.parse(doneAt);
  const used = Math.min(1, Math.max(0, (untilMs - startMs) / Math.max(1, dueMs - startMs)));
  const isLate = untilMs > dueMs;
  if (doneAt !== null) {
    const text = isLate ? `done ${duration(untilMs - dueMs)} late` : 'done in time';
    return { label, used, state: 'done', text };
  }
  return isLate
    ? { label, used, state: 'late', text: `${duration(nowMs - dueMs)} over` }
    : { label, used, state: 'running', text: `${duration(dueMs - nowMs)} left` };
}

/** The clock that counts next. */
export function nextClock(one: CaseSummary, nowMs: number): CaseClock {
  const { ack_due_at, acknowledged_at, closed_at, opened_at, resolve_due_at } = one;
  return acknowledged_at === null && closed_at === null
    ? clockOf('acknowledge', { from: opened_at, dueAt: ack_due_at, doneAt: null }, nowMs)
    : clockOf('resolve', { from: opened_at, dueAt: resolve_due_at, doneAt: closed_at }, nowMs);
}

/**
 * The shown list with new facts, without jumping: a case stays at its place with its new numbers, one that
 * does not match any more leaves, and newcomers wait until they are asked for.
 */
export function settle(
  shown: readonly CaseSummary[],
  fresh: readonly CaseSummary[],
): { readonly shown: CaseSummary[]; readonly arrived: number } {
  const byId = new Map(fresh.map((one) => [one.case_id, one]));
  const placed = new Set(shown.map((one) => one.case_id));
  return {
    shown: shown.flatMap((one) => byId.get(one.case_id) ?? []),
    arrived: fresh.filter((one) => !placed.has(one.case_id)).length,
  };
}

/** What became of decisions, in a sentence. */
export function outcomeText(outcomes: readonly CommandOutcome[], done: string): string {
  const [only] = outcomes;
  if (only !== undefined && outcomes.length === 1) {
    if (only.outcome === 'changed') return `${done}.`;
    return only.outcome === 'refused' ? `Refused: ${only.detail}.` : `${only.detail}.`;
  }
  const count = (name: CommandOutcome['outcome']) =>
    outcomes.filter(({ outcome }) => outcome === name).length;
  const parts = [
    [count('changed'), done.toLowerCase()],
    [count('refused'), 'refused'],
    [count('pending'), 'not settled yet'],
  ] as const;
  return `${parts
    .filter(([cases]) => cases > 0)
    .map(([cases, what]) => `${cases} ${what}`)
    .join(', ')}.`;
}

/** Where the cursor of the keyboard goes: within the list, from nowhere to its begin. */
export function moved(index: number, by: number, length: number): number {
  return Math.max(0, Math.min(length - 1, index + by));
}

/** What the inbox asks for, as its address has it; entries that are empty ask for anything. */
export interface Filter {
  readonly status: string;
  readonly severity: string;
  readonly team: string;
  readonly code: string;
  readonly q: string;
  /** Only those of whoever looks. */
  readonly mine: boolean;
}

export function filterOf(query: Readonly<Record<string, string>>): Filter {
  const { code = '', mine = '', q = '', severity = '', status = 'open', team = '' } = query;
  return { status, severity, team, code, q, mine: mine === '1' };
}

export function addressOf({ mine, status, ...rest }: Filter): Record<string, string> {
  return { ...rest, status: status === 'open' ? '' : status, mine: mine ? '1' : '' };
}

/** How many filters are set beside the text that is searched for. */
export const filtersSet = ({ code, mine, severity, status, team }: Filter): number =>
  [severity, team, code].filter((value) => value !== '').length +
  (status === 'open' ? 0 : 1) +
  (mine ? 1 : 0);

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const YEAR_MS = 365 * DAY_MS;
/** From so many hours on a number of hours says nothing to people. */
const HOURS_READ = 72;

//                      2026-11-27  T  19:51:04    .839   Z
const INSTANT = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g;

/**
 * A detail as people read it: long spans in days or years ("139975 hours" → "16 years"), instants as times in
 * the viewer's zone; the rest as it is.
 */
export function readable(detail: string, nowMs: number, { time } = formats): string {
  return detail
    .replace(/(\d+(?:\.\d+)?) (hours|h)\b/g, (whole, number: string) => {
      const hours = Number(number);
      if (hours < HOURS_READ) return whole;
      const ms = hours * HOUR_MS;
      if (ms < 2 * YEAR_MS) return `${Math.round(ms / DAY_MS)} days`;
      return `${Math.round(ms / YEAR_MS)} years`;
    })
    .replace(INSTANT, (instant) => time(new Date(instant), new Date(nowMs)));
}
