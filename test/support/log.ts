/**
 * Events straight into the LOG, exploded and stamped as the door does it, for tests of what lies behind
 * the door.
 */
import type { ProducerEvent } from '../../contracts/envelope.ts';
import type { InputDataOf, InputType } from '../../contracts/events.ts';
import { explode } from '../../contracts/explode.ts';
import { messageId } from '../../contracts/hash.ts';
import { checkEvent } from '../../contracts/validate.ts';
import type { Publisher } from '../../platform/nats/publisher.ts';

export interface Envelope {
  readonly id: string;
  readonly time: string;
  readonly source?: string;
}

/** An event as a producer sends it; it must fit the contract. */
export function event<T extends InputType>(
  name: T,
  data: InputDataOf<T>,
  { id, time, source = 'https://wms.example/test' }: Envelope,
): ProducerEvent {
  const value = { specversion: '1.0', id, source, type: `stocktide.${name}.v1`, time, data };
  const checked = checkEvent(value, { trusted: true });
  if (!checked.ok) throw new Error(`the test's own event is wrong: ${checked.rejection.detail}`);
  return checked.event;
}

/** Appends events in order; resolves with the last log sequence once all are acknowledged. */
export async function append(
  publisher: Publisher,
  events: readonly ProducerEvent[],
): Promise<number> {
  let last = 0;
  const acks: Promise<void>[] = [];
  for (const each of events) {
    const checked = checkEvent(each, { trusted: true });
    if (!checked.ok) throw new Error(checked.rejection.detail);
    for (const { event: exploded, subject } of explode(checked.name, checked.event)) {
      const payload = Buffer.from(JSON.stringify({ ...exploded, ingestedtime: each.time }));
      const msgId = messageId(exploded.source, exploded.id);
      await publisher.room();
      acks.push(
        publisher.publish({ subject, msgId, payload }).then(({ seq }) => {
          if (seq > last) last = seq;
        }),
      );
    }
  }
  await Promise.all(acks);
  return last;
}
