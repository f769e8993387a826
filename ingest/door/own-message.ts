/** Events that the door itself sends: made like anybody else's, past the checks that are for others. */
import { TYPE_PREFIX, TYPE_SUFFIX, type ProducerEvent } from '../../contracts/envelope.ts';
import type { InputDataOf, InputType } from '../../contracts/events.ts';
import { explode } from '../../contracts/explode.ts';
import { logMessage, type LogMessage } from './log-message.ts';

export interface OwnEvent<T extends InputType> {
  readonly name: T;
  readonly id: string;
  readonly source: string;
  /** RFC 3339. */
  readonly time: string;
  readonly data: InputDataOf<T>;
}

/** The one message of an event that is no document. `nowMs` is wall time. */
export function ownMessage<T extends InputType>(
  { data, id, name, source, time }: OwnEvent<T>,
  nowMs: number,
): LogMessage {
  const type = `${TYPE_PREFIX}${name}${TYPE_SUFFIX}`;
  const event: ProducerEvent = { specversion: '1.0', id, source, type, time, data };
  const ingestedAt = new Date(nowMs).toISOString();
  const [message] = explode(name, event).map((part) => logMessage(part, ingestedAt));
  if (!message) throw new Error(`${name} of the door is one message of well-formed text`);
  return message;
}
