/**
 * Takes a runtime's snapshots: one at a time, at the sequence of a flush, while the loop goes on.
 *
 *   state captured ─▶ written in chunks ─▶ adopted by the checkpoint, behind its flush ─▶ the one before
 *                                                                             the previous is removed
 *
 * A snapshot that cannot be written is a warning: the one before stays, and recovery replays more.
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
  /** Events between two snapshots. */
  readonly everyEvents: number;
}

export class SnapshotTaker {
  readonly #options: SnapshotTakerOptions;
  #takenAtEvents = 0;
  #underWay: Promise<void> | null = null;

  constructor(options: SnapshotTakerOptions) {
    this.#options = options;
  }

  /** Begins a snapshot when one is due. The state is that of `seq`, whose flush is under way or done. */
  takeIfDue({ events, seq }: { events: number; seq: number }): void {
    if (this.#underWay !== null) return;
    if (events - this.#takenAtEvents < this.#options.everyEvents) return;
    this.#takenAtEvents = events;
    this.#begin(seq);
  }

  /** Leaves a snapshot of `seq`, unless there is one. Never rejects. */
  async takeLast(seq: number): Promise<void> {
    await this.#underWay;
    if ((this.#options.sink.record.snapshot?.seq ?? 0) < seq) this.#begin(seq);
    await this.#underWay;
  }

  #begin(seq: number): void {
    // Now: the next message may change the state.
    const state = captureState(this.#options.parts);
    this.#underWay = this.#write(seq, state)
      .catch((error: unknown) => {
        this.#options.log.warn({ err: error, seq }, 'no snapshot; the one before stays');
      })
      .finally(() => {
        this.#underWay = null;
      });
  }

  async #write(seq: number, state: AsyncIterable<Uint8Array>): Promise<void> {
    const { link, log, meters, parts, sink, slice } = this.#options;
    const done = meters.snapshot.startTimer();
    const blob = await writeSnapshot(link, slice, state);
    const replaced = await sink.adopt({ seq, versions: versionsOf(parts), blob });
    if (replaced !== null) await deleteSnapshot(link, replaced);
    log.info({ seq, bytes: blob.bytes, seconds: done() }, 'snapshot written');
  }
}
