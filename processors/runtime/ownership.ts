/**
 * One runtime to a slice. A living owner answers on `own.<slice>`, and whoever starts second then stops.
 * One that is frozen or cut off does not answer: the newcomer takes over, and the old owner's next
 * checkpoint write fails (platform/nats/checkpoints.ts), so nothing is ever written twice.
 */
import { ErrorCode, NatsError } from 'nats';
import type { NatsLink } from '../../platform/nats/connect.ts';
import { SliceTakenError } from './checkpoint.ts';

/** A living owner answers within a millisecond. */
const ANSWER_MS = 1_000;

const subjectOf = (slice: string) => `own.${slice}`;

/** Throws a SliceTakenError when the slice has a living owner. */
export async function refuseLivingOwner(link: NatsLink, slice: string): Promise<void> {
  try {
    const answer = await link.nc.request(subjectOf(slice), '', { timeout: ANSWER_MS });
    const { epoch, pid } = answer.json<{ epoch: number; pid: number }>();
    throw new SliceTakenError(
      `slice ${slice} is owned by a running process (epoch ${epoch}, pid ${pid}); stop that one first`,
    );
  } catch (error) {
    if (!(error instanceof NatsError)) throw error;
    const silent = [ErrorCode.NoResponders, ErrorCode.Timeout].map(String);
    if (!silent.includes(error.code)) throw error;
    if (error.code === String(ErrorCode.Timeout)) {
      link.log.warn({ slice }, 'the owner of the slice does not answer: taking over');
    }
  }
}

/** Answers for the slice until the connection closes. */
export function answerOwnership(link: NatsLink, slice: string, epoch: number): void {
  link.nc.subscribe(subjectOf(slice), {
    callback: (error, message) => {
      if (error === null) message.respond(JSON.stringify({ epoch, pid: process.pid }));
    },
  });
}
