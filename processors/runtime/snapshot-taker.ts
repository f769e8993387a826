/**
 * Takes a runtime's snapshots: one at a time, at the sequence of a flush, while the loop goes on.
 *
 *   state captured ─▶ written in chunks ─▶ adopted by the checkpoint, behind its flush ─▶ the one before
 *                                                                             the previous is removed
 *
 * A snapshot that cannot be written is a warning: the one before stays, and recovery replays more. One that
 * there is no time left for is given up for the same price: however large the state, it holds up no end.
 */
import type { Log } from '../../platform/log.ts';
import type { NatsLink } from '../../platform/nats/connect.ts';
import type { Flusher } from './flusher.ts';
import type { Meters } from './meters.ts';
import { versionsOf } from './recovery.ts';
import { captureState, deleteSnapshot, writeSnapshot, type Stateful } from './snapshots.ts';

export interface SnapshotTakerOptions {
  readonly slice: string;
  readonly link: NatsLink;
  readonly log: Log;
  readonly meters: Meters;
  readonly sink: Flusher;
  readonly parts: readonly Stateful[];
  /** Events between two snapshots, at the most. */
  readonly everyEvents: number;
  /** Ends the writing: the time is over, or the slice is lost. */
  readonly signal: AbortSignal;
}

/**
 * Part of `everyEvents` after which one is taken when the log is caught up with: then it holds up nothing, and the
 * next start has little to replay, even if the last snapshot has to be given up.
 */
const CAUGHT_UP_SHARE = 0.2;

export class SnapshotTaker {
  readonly #options: SnapshotTakerOptions;
  #takenAtEvents = 0;
  #underWay: Promise<void> | null = null;

  constructor(options: SnapshotTakerOptions) {
    this.#options = options;
  }

  /** Begins a snapshot when one is due. The state is that of `seq`, whose flush is under way or done. */
  takeIfDue({
    events,
    isCaughtUp,
    seq,
  }: {
    events: number;
    isCaughtUp: boolean;
    seq: number;
  }): void {
    if (this.#underWay !== null) return;
    const dueEvents = this.#options.everyEvents * (isCaughtUp ? CAUGHT_UP_SHARE : 1);
    if (events - this.#takenAtEvents < dueEvents) return;
    this.#takenAtEvents = events;
    this.#begin(seq);
  }

  /** Leaves a snapshot of `seq`, unless there is one, for as long as the signal lets it. Never rejects. */
  async takeLast(seq: number): Promise<void> {
    const { signal, sink } = this.#options;
    await this.#underWay;
    if (signal.aborted) return;
    if ((sink.record.snapshot?.seq ?? 0) < seq) this.#begin(seq);
    await this.#underWay;
  }

  #begin(seq: number): void {
    // Now: the next message may change the state.
    const state = captureState(this.#options.parts);
    this.#underWay = this.#write(seq, state)
      .catch((error: unknown) => this.#report(error, seq))
      .finally(() => {
        this.#underWay = null;
      });
  }

  async #write(seq: number, state: AsyncIterable<Uint8Array>): Promise<void> {
    const { link, log, meters, parts, signal, sink, slice } = this.#options;
    const done = meters.snapshot.startTimer();
    const blob = await writeSnapshot(link, { slice, chunks: state, signal });
    const replaced = await sink.adopt({ seq, versions: versionsOf(parts), blob });
    if (replaced !== null) await deleteSnapshot(link, replaced);
    log.info({ seq, bytes: blob.bytes, seconds: done() }, 'snapshot written');
  }

  #report(error: unknown, seq: number): void {
    const { log, signal, sink } = this.#options;
    if (!signal.aborted) {
      log.warn({ err: error, seq }, 'no snapshot; the one before stays');
      return;
    }
    const from = sink.record.snapshot?.seq ?? 0;
    log.info(
      { seq, from },
      'no time left for a snapshot: the next start replays the log from the one before',
    );
  }
}
