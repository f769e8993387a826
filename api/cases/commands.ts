/**
 * Commands of people: checked, sent to the door as `case.commanded`, and told what became of them.
 *
 * Two people who act at once both get into the log; the engine takes them in its order and says to each
 * what it did. With an Idempotency-Key a request that is sent again is the same event, and gets the answer
 * of the first.
 */
import { createHash, randomUUID } from 'node:crypto';
import type { CaseSignal } from '../../contracts/case-record.ts';
import type { CommandOutcome } from '../../contracts/cases.ts';
import type { CommandName } from '../../contracts/events/control.ts';
import { checkEvent } from '../../contracts/validate.ts';
import { ProblemError } from '../../platform/http/problem.ts';
import type { CaseLimits } from '../limits.ts';
import { isAnswer, type Asked } from './book.ts';
import { refused, type DoorEvent, type SendToDoor } from './door.ts';
import { iso, stepOf, summaryOf } from './view.ts';

const SOURCE = 'urn:stocktide:dashboard';
const TYPE = 'stocktide.case.commanded.v1';

/** What people send: a command of contracts/events/control.ts without the case and the actor. */
export interface CommandBody {
  readonly command: string;
  readonly [field: string]: unknown;
}

export interface CommandRequest {
  readonly caseIds: readonly string[];
  readonly body: CommandBody;
  /** Idempotency-Key of the request. */
  readonly key: string | undefined;
  /** Who decides: the caller, whatever the body says. */
  readonly actor: string;
}

export interface CommanderOptions {
  readonly send: SendToDoor;
  /** What became of a command, waited for so long. */
  readonly answerTo: (asked: Asked, waitMs: number) => Promise<CaseSignal | undefined>;
  /** Steps of a case as ClickHouse has them: answers to what was sent long ago. */
  readonly stepsOf: (caseId: string) => Promise<CaseSignal[]>;
  readonly limits: Pick<CaseLimits, 'commandMs'>;
  /** Event time of the processors. */
  readonly nowMs: () => number;
}

export class Commander {
  readonly #options: CommanderOptions;

  constructor(options: CommanderOptions) {
    this.#options = options;
  }

  /** Sends a command for each case; answers in the order of the ids. Throws a problem when it is wrong. */
  async run({ actor, body, caseIds, key }: CommandRequest): Promise<CommandOutcome[]> {
    const time = iso(this.#options.nowMs());
    const events = caseIds.map((caseId) => commandEvent({ actor, body, caseId, key, time }));
    const known = await this.#options.send(events);
    return Promise.all(
      events.map(async (event, index) => {
        const asked: Asked = {
          caseId: caseIds[index] ?? '',
          command: body.command as CommandName,
          source: SOURCE,
          eventId: event.id,
        };
        return outcomeOf(asked, await this.#answer(asked, known.has(event.id)));
      }),
    );
  }

  async #answer(asked: Asked, isKnown: boolean): Promise<CaseSignal | undefined> {
    const { answerTo, limits, stepsOf } = this.#options;
    const step = await answerTo(asked, limits.commandMs);
    if (step !== undefined || !isKnown) return step;
    const stored = (await stepsOf(asked.caseId)).find((each) => isAnswer(each, asked));
    if (stored !== undefined) return stored;
    throw keyUsed(asked);
  }
}

/** The event of a command; with a key its id is the same each time. Throws a problem when it is wrong. */
export function commandEvent({
  actor,
  body,
  caseId,
  key,
  time,
}: {
  actor: string;
  body: CommandBody;
  caseId: string;
  key: string | undefined;
  time: string;
}): DoorEvent {
  const event: DoorEvent = {
    specversion: '1.0',
    id: key === undefined ? `cmd/${randomUUID()}` : `cmd/${digest(`${actor}\n${key}\n${caseId}`)}`,
    source: SOURCE,
    type: TYPE,
    time,
    data: { ...body, case_id: caseId, actor },
  };
  const checked = checkEvent(event);
  if (!checked.ok) {
    const { field, ...rejection } = checked.rejection;
    // The body is what people sent; that it is the data of an event is ours.
    throw refused({ ...rejection, field: field.replace(/^data\./, '') });
  }
  return event;
}

function outcomeOf({ caseId, eventId }: Asked, signal: CaseSignal | undefined): CommandOutcome {
  if (signal === undefined) {
    return {
      ...{ case_id: caseId, event_id: eventId, outcome: 'pending', step: null, case: null },
      detail: 'The command is in the log; what became of it is not known yet',
    };
  }
  const { record, step } = signal;
  return {
    ...{ case_id: caseId, event_id: eventId, detail: step.detail },
    outcome: step.kind === 'refused' ? 'refused' : 'changed',
    step: stepOf(signal),
    case: record === null ? null : summaryOf(record),
  };
}

const digest = (text: string) => createHash('sha256').update(text).digest('hex').slice(0, 40);

function keyUsed({ caseId }: Asked): ProblemError {
  return new ProblemError({
    status: 409,
    kind: 'idempotency-key-used',
    title: 'The Idempotency-Key was used for something else',
    detail: `Another command about ${caseId} came with this key; send this one with a key of its own`,
    field: 'idempotency-key',
  });
}
