/** What people can do with a case, and when they cannot. Pure: `decide(record, command) → change or refusal`. */
import type { DataOf } from '../../contracts/events.ts';
import { holds, isClosed, type CaseRecord } from './record.ts';

export type Command = DataOf<'case.commanded'>;

export type Decision =
  | { readonly outcome: 'changed'; readonly change: Partial<CaseRecord>; readonly detail: string }
  | { readonly outcome: 'refused'; readonly detail: string };

/** What people call resolved is looked at again after this long (event time): by then its facts are in. */
export const VERIFY_MS = 10 * 60_000;

const refused = (detail: string): Decision => ({ outcome: 'refused', detail });
const changed = (change: Partial<CaseRecord>, detail: string): Decision => ({
  ...{ outcome: 'changed', change, detail },
});

/** Commands that a closed case takes. */
const OF_CLOSED: readonly Command['command'][] = ['comment', 'judge', 'reopen'];

export function decide(record: CaseRecord, command: Command, timeMs: number): Decision {
  if (isClosed(record) && !OF_CLOSED.includes(command.command)) {
    return refused(`the case is ${record.status}; reopen it first`);
  }
  switch (command.command) {
    case 'acknowledge':
      if (record.acknowledgedAtMs !== null) return refused('it is acknowledged already');
      return changed(
        { ...acknowledged(record, timeMs), assignee: record.assignee ?? command.actor },
        command.reason ?? '',
      );
    case 'assign': {
      const { assignee, team } = command;
      if (assignee === undefined && team === undefined) {
        return refused('name a team or an assignee');
      }
      const to = [team, assignee].filter((part) => part !== undefined).join(', ');
      return changed(
        {
          ...(team === undefined ? {} : { team, assignee: null }),
          ...(assignee === undefined ? {} : { assignee }),
        },
        `to ${to}${command.reason === undefined ? '' : `: ${command.reason}`}`,
      );
    }
    case 'start':
      return changed(
        { ...acknowledged(record, timeMs), status: 'in_progress' },
        command.reason ?? '',
      );
    case 'comment':
      return changed({}, command.text);
    case 'snooze': {
      const untilMs = Date.parse(command.until);
      if (untilMs <= timeMs) return refused(`until ${command.until} is not in the future`);
      return changed({ snoozedUntilMs: untilMs }, `until ${command.until}: ${command.reason}`);
    }
    case 'resolve':
      if (record.code === 'UNAPPROVED_ADJUSTMENT' && holds(record)) {
        return refused('it waits for the approval of a second person, or a correction');
      }
      return changed(
        {
          ...acknowledged(record, timeMs),
          status: 'resolved',
          closedAtMs: timeMs,
          verifyAtMs: timeMs + VERIFY_MS,
          rootCause: command.root_cause,
          resolution: command.resolution,
        },
        `${command.root_cause}: ${command.resolution}`,
      );
    case 'reopen':
      if (!isClosed(record)) return refused(`the case is ${record.status}, not closed`);
      return changed({}, command.reason);
    case 'judge':
      return changed({ verdict: command.verdict }, `${command.verdict}: ${command.reason ?? ''}`);
    case 'approve':
      return approve(record, command, timeMs);
    case 'take':
      return changed(
        { ...acknowledged(record, timeMs), status: 'in_progress' },
        `${command.option}${command.reason === undefined ? '' : `: ${command.reason}`}`,
      );
    default:
      return command satisfies never;
  }
}

function acknowledged(record: CaseRecord, timeMs: number): Partial<CaseRecord> {
  return record.acknowledgedAtMs === null
    ? { acknowledgedAtMs: timeMs, status: 'acknowledged', snoozedUntilMs: null }
    : { snoozedUntilMs: null };
}

/** The second person: not the one whose adjustment waits. */
function approve(
  record: CaseRecord,
  command: Extract<Command, { command: 'approve' }>,
  timeMs: number,
): Decision {
  if (record.code !== 'UNAPPROVED_ADJUSTMENT')
    return refused('nothing in it waits for an approval');
  if (record.actor === command.actor) {
    return refused(
      `${command.actor} cannot approve their own adjustment: it needs a second person`,
    );
  }
  if (!command.approved) {
    return changed(
      { ...acknowledged(record, timeMs), status: 'in_progress' },
      `refused: ${command.reason}`,
    );
  }
  return changed(
    {
      ...acknowledged(record, timeMs),
      status: 'resolved',
      closedAtMs: timeMs,
      rootCause: 'PROCESS_SKIPPED',
      resolution: `approved by ${command.actor}: ${command.reason}`,
      conditions: record.conditions.map((one) => ({
        ...one,
        clearedAtMs: one.clearedAtMs ?? timeMs,
      })),
    },
    `approved: ${command.reason}`,
  );
}
