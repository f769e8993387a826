/**
 * What people decide about dead letters, as events of the log (`rejection.settled`): who, when and why stays
 * known after the letter is gone. The id is the letter's, so that deciding again the same is one event.
 */
import type { InputDataOf } from '../../contracts/events.ts';
import type { Settlement } from '../../contracts/events/door.ts';
import type { Publisher } from '../../platform/nats/publisher.ts';
import { ownMessage } from '../door/own-message.ts';
import { DOOR_SOURCE } from '../door/tally.ts';
import { asUnavailable } from '../door/unavailable.ts';
import type { StoredLetter } from './reader.ts';

/** Who decides, and why. */
export interface Decision {
  readonly actor: string;
  readonly reason: string;
}

export interface Settlements {
  /** Resolves when the log has it. Throws DoorUnavailable. */
  note(letter: StoredLetter, settlement: Settlement, decision: Decision): Promise<void>;
}

export function createSettlements({
  eventMs,
  now,
  publisher,
}: {
  /** Time of the events (ms since 1970); null before any. */
  eventMs: () => number | null;
  /** Wall time. */
  now: () => number;
  publisher: Pick<Publisher, 'publish'>;
}): Settlements {
  return {
    async note(letter, settlement, { actor, reason }) {
      const { at, id, reason: rejectedFor, seq, source, type } = letter;
      const data: InputDataOf<'rejection.settled'> = {
        ...{ letter: seq, settlement, rejected_for: rejectedFor, rejected_at: at },
        ...(source === undefined ? {} : { about_source: source }),
        ...(id === undefined ? {} : { about_id: id }),
        ...(type === undefined ? {} : { about_type: type }),
        ...{ actor, reason },
      };
      const time = new Date(eventMs() ?? now()).toISOString();
      const own = { name: 'rejection.settled', source: DOOR_SOURCE, time, data } as const;
      try {
        await publisher.publish(ownMessage({ ...own, id: `letter/${seq}/${settlement}` }, now()));
      } catch (error) {
        throw asUnavailable(error);
      }
    },
  };
}
