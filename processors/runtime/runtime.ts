/**
 * The runtime: one ordered reading of the LOG, a set of processors, a checkpoint, a sink (DESIGN §5).
 *
 *   claim ─▶ restore snapshot ─▶ replay muted … flushed ─▶ redo (flushed, intent] as one batch ─▶ live
 *
 *   live:   take message ─▶ apply to each processor ─▶ rows and dead letters into the batch, findings out
 *           every FLUSH_MS or FLUSH_ROWS: cut the batch and flush it, one at a time; by rows alone when far behind
 *           MAX_PENDING_ROWS not yet in ClickHouse: stop taking messages until a flush is done
 *
 * Guarantees: each event is applied once and in log order; rows reach ClickHouse exactly once; a
 * runtime that lost its slice stops by itself. Ends when the signal aborts: flushed, if ClickHouse and NATS
 * answer in time, and with a snapshot, if there is time to write one.
 */
import { setMaxListeners } from 'node:events';
import type { ClickHouse } from '../../platform/clickhouse/client.ts';
import type { Log } from '../../platform/log.ts';
import type { Metrics } from '../../platform/metrics.ts';
import type { NatsLink } from '../../platform/nats/connect.ts';
import { consumeFrom, type Consumption } from '../../platform/nats/consume.ts';
import type { StreamMessage } from '../../platform/nats/message.ts';
import type { Publisher } from '../../platform/nats/publisher.ts';
import { STREAMS } from '../../platform/nats/streams.ts';
import { attachmentOf, namesAttachment } from './attachments.ts';
import { claimSlice, type Claim } from './claim.ts';
import type { FindingEvent } from './findings.ts';
import { Flusher, type LastFlush } from './flusher.ts';
import { createMeters } from './meters.ts';
import { Outlet } from './outlet.ts';
import { droppedEvents, RestoreError, restoreState } from './recovery.ts';
import { Reduction } from './reduction.ts';
import type { Slice } from './slices.ts';
import { SnapshotTaker } from './snapshot-taker.ts';
import { pruneSnapshots, type Stateful } from './snapshots.ts';

export interface RuntimeOptions {
  readonly link: NatsLink;
  readonly publisher: Publisher;
  readonly clickhouse: ClickHouse;
  /** A new, empty slice: the runtime fills its state. */
  readonly slice: Slice;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly signal: AbortSignal;
  readonly limits: RuntimeLimits;
  /**
   * A replay that only compares: findings go here instead of to the door, and neither dead letters nor
   * notices are sent.
   */
  readonly rehearse?: (finding: FindingEvent) => void;
}

export interface RuntimeLimits {
  readonly flushRows: number;
  readonly flushMs: number;
  readonly maxPendingRows: number;
  readonly maxReadAhead: number;
  readonly snapshotEvents: number;
  readonly recentIds: number;
  readonly recentMovements: number;
  /** Time that the process has to end. */
  readonly drainTimeoutMs: number;
}

export type RuntimePhase = 'recovering' | 'live' | 'stopped';

/** Part of the time to drain that the last flush may take, */
const FINISH_SHARE = 0.6;
/** and by which a snapshot has to be written: it only spares the next start a part of the log. */
const SNAPSHOT_SHARE = 0.4;
/** Time between two notices about changed ATP: what happens in between travels together. */
const NOTICE_MS = 5;
const BEAT_MS = 1_000;
/** So far behind, the log is caught up with in larger batches. */
const BEHIND_MS = 5_000;
/** FLUSH_MS that a batch is held back then, while it has fewer than FLUSH_ROWS. */
const MOST_HELD_BACK = 4;

export class Runtime {
  readonly slice: Slice;
  readonly limits: RuntimeLimits;
  readonly #options: RuntimeOptions;
  readonly #reduction: Reduction;
  readonly #outlet: Outlet;
  readonly #parts: readonly Stateful[];
  readonly #meters;
  #claim: Claim | null = null;
  #sink: Flusher | null = null;
  #snapshots: SnapshotTaker | null = null;
  #consumption: Consumption | null = null;
  #flushing: { readonly done: Promise<void>; readonly rows: number } | null = null;
  #failure: Error | null = null;
  /** Ends the reading: told to stop, or failed. */
  readonly #reading = new AbortController();
  /** Ends waiting for ClickHouse and NATS. */
  readonly #writing = new AbortController();
  /** Ends writing snapshots. */
  readonly #saving = new AbortController();
  #phase: RuntimePhase = 'recovering';
  #appliedSeq = 0;
  #appliedEvents = 0;
  #duplicates = 0;
  #storedAtMs = 0;
  /** Times that the flush of this batch was put off. */
  #heldBack = 0;
  #timers: NodeJS.Timeout[] = [];

  constructor(options: RuntimeOptions) {
    const { limits, link, log, metrics, publisher, signal, slice } = options;
    this.#options = options;
    this.slice = slice;
    this.limits = limits;
    this.#meters = createMeters(metrics);
    this.#outlet = new Outlet({
      ...{ slice: slice.name, link, publisher, log, meters: this.#meters },
      rehearse: options.rehearse,
      holds: (source, id) => this.#reduction.intake.holds(source, id),
    });
    this.#reduction = new Reduction({
      hosted: slice.hosted,
      recentIds: limits.recentIds,
      effects: this.#outlet,
    });
    const processors = slice.hosted.map(({ processor }) => processor);
    const { findings } = this.#outlet;
    this.#parts = [this.#reduction.intake, findings, ...processors];
    // Each table of a flush listens.
    setMaxListeners(0, this.#writing.signal);
    if (signal.aborted) this.#stop();
    else signal.addEventListener('abort', () => this.#stop(), { once: true });
  }

  get phase(): RuntimePhase {
    return this.#phase;
  }
  /** Last log sequence that every processor has seen. */
  get appliedSeq(): number {
    return this.#appliedSeq;
  }
  get appliedEvents(): number {
    return this.#appliedEvents;
  }
  get duplicates(): number {
    return this.#duplicates;
  }
  get lagEvents(): number {
    return this.#consumption?.lag ?? 0;
  }
  /** How old the newest applied message is in the log, while others wait behind it (ms). */
  get lagMs(): number {
    return this.lagEvents === 0 ? 0 : Math.max(0, Date.now() - this.#storedAtMs);
  }
  /** Everything up to this log sequence is in ClickHouse. */
  get flushed(): number {
    return this.#sink?.flushed ?? 0;
  }
  get lastFlush(): LastFlush | null {
    return this.#sink?.last ?? null;
  }
  /** Rows not yet known to be in ClickHouse. */
  get pendingRows(): number {
    return this.#outlet.rows + (this.#flushing?.rows ?? 0);
  }
  /** Findings that the LOG does not hold yet. */
  get unconfirmedFindings(): number {
    return this.#outlet.findings.unconfirmed;
  }
  /** Why processing waits, or null. */
  get trouble(): string | null {
    const waiting = this.#sink?.trouble ?? null;
    if (waiting !== null) return waiting;
    return this.#options.link.connected ? null : 'NATS is away';
  }
  /** How far the recovery has come; empty once live. */
  get progress(): string {
    if (this.#phase !== 'recovering') return '';
    return `log sequence ${this.#appliedSeq} of ${this.#claim?.facts.log.lastSeq ?? 0}`;
  }
  /** Event time of the processors (ms since 1970). */
  get nowMs(): number {
    return this.#reduction.intake.nowMs;
  }

  /**
   * Takes the slice over and brings its state up to what was flushed. Throws a SliceTakenError, or a
   * ContinuityError when checkpoint, LOG and database do not belong together.
   */
  async recover(): Promise<void> {
    const { clickhouse, limits, link, log, metrics, publisher, slice } = this.#options;
    const claim = await claimSlice({ link, clickhouse, slice });
    this.#claim = claim;
    try {
      const { checkpoint, facts, record } = claim;
      const { epoch, flushed, intent, previous, snapshot } = record;
      log.info({ epoch, snapshot: snapshot?.seq, flushed, intent }, 'slice claimed');
      await pruneSnapshots(link, slice.name, [snapshot, previous]);
      const sink = new Flusher({
        ...{ slice: slice.name, checkpoint, record, clickhouse, publisher, log, metrics },
        signal: this.#writing.signal,
      });
      this.#sink = sink;
      this.#snapshots = new SnapshotTaker({
        ...{ slice: slice.name, link, log, meters: this.#meters, sink, parts: this.#parts },
        everyEvents: limits.snapshotEvents,
        signal: this.#saving.signal,
      });
      this.#outlet.open({ flushed, logEnd: facts.log.lastSeq });
      this.#appliedSeq = await this.#restore(claim);
      for await (const { raw, seq, subject } of droppedEvents(clickhouse, {
        facts,
        flushed,
        stateSeq: this.#appliedSeq,
      })) {
        const attachment = namesAttachment(subject) ? await this.#attachmentOf(raw) : undefined;
        this.#reading.signal.throwIfAborted();
        this.#apply({ seq, subject, raw, attachment });
        this.#appliedSeq = seq;
      }
      this.#appliedSeq = Math.max(this.#appliedSeq, facts.log.firstSeq - 1);
      this.#consumption = consumeFrom(link, {
        stream: STREAMS.log,
        fromSeq: this.#appliedSeq + 1,
        maxMessages: limits.maxReadAhead,
        signal: this.#reading.signal,
      });
    } catch (error) {
      claim.release();
      throw error;
    }
  }

  /**
   * Reads the log until the signal aborts; `onLive` is called once the past is repaired. Rejects with
   * what ended it otherwise: a FencedError when another runtime took the slice over, a ConsumeError
   * when the LOG has dropped what was not read yet.
   */
  async run(onLive: () => void): Promise<void> {
    try {
      await this.#read(onLive);
      if (this.#failure !== null) throw this.#failure;
      if (this.#phase === 'live') await this.#finish();
    } catch (error) {
      const givenUp = this.#failure === null && this.#writing.signal.aborted;
      if (!givenUp) throw this.#failure ?? error;
      // Nothing is lost: the next start repairs what this one could not finish.
      this.#options.log.warn('stopped before everything was flushed');
    } finally {
      for (const timer of this.#timers) clearInterval(timer);
      this.#phase = 'stopped';
      this.#reading.abort();
      this.#writing.abort();
      this.#saving.abort();
      this.#claim?.release();
    }
  }

  async #read(onLive: () => void): Promise<void> {
    const consumption = this.#consumption;
    const sink = this.#sink;
    if (consumption === null || sink === null) throw new Error('recover() comes before run()');
    const redoTo = Math.max(sink.record.intent ?? 0, sink.flushed);
    const goLive = () => {
      this.#phase = 'live';
      this.#outlet.goLive();
      this.#startTimers();
      onLive();
    };
    if (this.#appliedSeq >= redoTo) goLive();

    for await (const message of consumption) {
      if (!namesAttachment(message.subject)) this.#take(message);
      else {
        const attachment = await this.#attachmentOf(message.text());
        // The next start takes the event, with its bytes.
        if (this.#reading.signal.aborted) return;
        this.#take(message, attachment);
      }
      if (this.#phase === 'live') {
        if (this.#outlet.rows < this.limits.flushRows) continue;
        this.#startFlush();
        if (this.pendingRows >= this.limits.maxPendingRows) await this.#makeRoom();
      } else if (this.#appliedSeq >= redoTo) {
        // Exactly the rows of the interrupted flush, under their old tokens.
        this.#startFlush();
        await this.#flushing?.done;
        goLive();
      }
    }
  }

  #take(message: StreamMessage, attachment?: Uint8Array): void {
    const { data, seq, storedAtMs, subject } = message;
    this.#storedAtMs = storedAtMs;
    this.#apply({ seq, subject, raw: message.text(), data, attachment });
    this.#appliedSeq = seq;
  }

  #attachmentOf(raw: string): Promise<Uint8Array | undefined> {
    const { link, log } = this.#options;
    return attachmentOf(raw, { link, log, signal: this.#reading.signal });
  }

  #apply(message: {
    readonly seq: number;
    readonly subject: string;
    readonly raw: string;
    readonly data?: Uint8Array;
    readonly attachment: Uint8Array | undefined;
  }): void {
    const { attachment, data = null, raw, seq, subject } = message;
    this.#outlet.begin(seq, data);
    const taken = this.#reduction.apply(seq, subject, raw, attachment);
    switch (taken.outcome) {
      case 'event': {
        this.#appliedEvents += 1;
        this.#outlet.logged(taken.applied.event);
        return;
      }
      case 'duplicate':
      case 'conflict':
        this.#duplicates += taken.outcome === 'duplicate' ? 1 : 0;
        this.#outlet.logged(taken.event);
        return;
      case 'undecodable':
      case 'unwanted':
        return;
      default:
        taken satisfies never;
    }
  }

  #startTimers(): void {
    const every = (ms: number, work: () => void) => this.#timers.push(setInterval(work, ms));
    every(this.limits.flushMs, () => this.#flushInTime());
    every(BEAT_MS, () => this.#beat());
    every(NOTICE_MS, () => this.#outlet.notify(this.#appliedSeq));
  }

  #beat(): void {
    this.#meters.update(this);
    this.#outlet.beat(this.#appliedSeq);
  }

  /** Waits while MAX_PENDING_ROWS are not in ClickHouse yet. */
  async #makeRoom(): Promise<void> {
    while (this.pendingRows >= this.limits.maxPendingRows && this.#flushing !== null) {
      await this.#flushing.done;
      this.#startFlush();
    }
  }

  /** While the log is far ahead, what is written is late already: fewer, larger batches catch up sooner. */
  #flushInTime(): void {
    const isBehind = this.lagMs > BEHIND_MS;
    this.#heldBack = isBehind && this.#heldBack < MOST_HELD_BACK ? this.#heldBack + 1 : 0;
    if (this.#heldBack === 0) this.#startFlush();
  }

  /**
   * Cuts the batch and starts to flush it, unless a flush is under way or nothing was applied since. A
   * batch without rows counts too: `flushed` says how much of the log the slice needs no more.
   */
  #startFlush(): void {
    const sink = this.#sink;
    const to = this.#appliedSeq;
    if (sink === null || this.#flushing !== null || this.#failure !== null) return;
    if (to <= this.#outlet.from) return;
    const batch = this.#outlet.cut(to);
    const done = sink.flush(batch, to).finally(() => {
      this.#flushing = null;
    });
    this.#flushing = { done, rows: batch.rows };
    // Who awaits it sees the failure; the loop must end even when nobody does.
    done.catch((error: unknown) => this.#fail(error));
    const isCaughtUp = this.lagEvents === 0;
    this.#snapshots?.takeIfDue({ events: this.#appliedEvents, seq: to, isCaughtUp });
  }

  /** Restores a snapshot; one that does not take its state back is not tried a second time. */
  async #restore({ checkpoint, record }: Claim): Promise<number> {
    try {
      return await restoreState(this.#options.link, record, this.#parts);
    } catch (error) {
      if (error instanceof RestoreError) await checkpoint.write(error.next);
      throw error;
    }
  }

  #stop(): void {
    this.#reading.abort();
    const { drainTimeoutMs } = this.limits;
    setTimeout(() => this.#saving.abort(), drainTimeoutMs * SNAPSHOT_SHARE).unref();
    setTimeout(() => this.#writing.abort(), drainTimeoutMs * FINISH_SHARE).unref();
  }

  #fail(error: unknown): void {
    if (this.#writing.signal.aborted) return;
    this.#failure ??= error instanceof Error ? error : new Error(String(error));
    this.#reading.abort();
    this.#writing.abort();
    this.#saving.abort();
  }

  /** Flushes what is left, and leaves a snapshot, so that the next start is quick, if the time allows it. */
  async #finish(): Promise<void> {
    await this.#flushing?.done;
    this.#startFlush();
    await this.#flushing?.done;
    await this.#sink?.settle();
    await this.#snapshots?.takeLast(this.#appliedSeq);
  }
}
