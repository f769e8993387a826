/**
 * The runtime: one ordered reading of the LOG, a set of processors, a checkpoint, a sink (DESIGN §5).
 *
 *   claim ─▶ restore snapshot ─▶ replay muted … flushed ─▶ redo (flushed, intent] as one batch ─▶ live
 *
 *   live:   take message ─▶ apply to each processor ─▶ rows into the batch, signals and findings out
 *           every FLUSH_MS or FLUSH_ROWS: cut the batch and flush it, one at a time
 *           MAX_PENDING_ROWS waiting: stop taking messages until a flush is done (back-pressure)
 *
 * Guarantees: each event is applied once and in log order; rows reach ClickHouse exactly once; a
 * runtime that lost its slice stops by itself. Ends when the signal aborts, flushed and with a snapshot.
 */
import { deadSubject, liveAtp, partitionOf } from '../../contracts/subjects.ts';
import type { AtpNotice } from '../../contracts/signals.ts';
import type { DeadLetter, RejectionReason } from '../../contracts/rejections.ts';
import type { ClickHouse } from '../../platform/clickhouse/client.ts';
import type { Log } from '../../platform/log.ts';
import type { Metrics } from '../../platform/metrics.ts';
import { openCheckpoint } from '../../platform/nats/checkpoints.ts';
import type { NatsLink } from '../../platform/nats/connect.ts';
import { consumeFrom, type Consumption } from '../../platform/nats/consume.ts';
import type { StreamMessage } from '../../platform/nats/message.ts';
import type { Publisher } from '../../platform/nats/publisher.ts';
import { STREAMS } from '../../platform/nats/streams.ts';
import type { Applied, Outputs } from '../processor.ts';
import { archivedEvents } from './archived.ts';
import { Batch } from './batch.ts';
import { FIRST_RECORD, type CheckpointRecord, type SnapshotRef } from './checkpoint.ts';
import { Findings, type FindingEvent } from './findings.ts';
import { Flusher, type LastFlush } from './flusher.ts';
import { Intake } from './intake.ts';
import { answerOwnership, refuseLivingOwner } from './ownership.ts';
import type { Slice } from './slices.ts';
import {
  captureState,
  pruneSnapshots,
  readState,
  writeSnapshot,
  type Stateful,
} from './snapshots.ts';
import { Sources } from './sources.ts';

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
}

export interface RuntimeLimits {
  readonly flushRows: number;
  readonly flushMs: number;
  readonly maxPendingRows: number;
  readonly maxReadAhead: number;
  readonly snapshotEvents: number;
  readonly recentIds: number;
}

export type RuntimePhase = 'recovering' | 'live' | 'stopped';

interface Reducer {
  readonly wants: (subject: string) => boolean;
  readonly run: (applied: Applied) => void;
}
const everything = () => true;

/** Time that the last flush and snapshot may take when the runtime is told to stop. */
const FINISH_MS = 10_000;
/** Time between two notices about changed ATP: what happens in between travels together. */
const NOTICE_MS = 5;
/** SKUs in one notice. */
const NOTICE_SKUS = 1_000;

export class Runtime {
  readonly slice: Slice;
  readonly #options: RuntimeOptions;
  readonly #intake: Intake;
  readonly #findings = new Findings();
  readonly sources = new Sources();
  readonly #reducers: readonly Reducer[];
  /** True when some processor takes only a part of the messages. */
  readonly #selective: boolean;
  #flusher: Flusher | null = null;
  #consumption: Consumption | null = null;
  #batch = new Batch(0);
  #flushing: Promise<void> | null = null;
  #failure: unknown = null;
  /** Ends the reading: told to stop, or failed. */
  readonly #reading = new AbortController();
  /** Ends waiting for ClickHouse and NATS. */
  readonly #writing = new AbortController();
  #phase: RuntimePhase = 'recovering';
  #appliedSeq = 0;
  /** Sequence of the message that is being applied. */
  #currentSeq = 0;
  #appliedEvents = 0;
  #duplicates = 0;
  #storedAtMs = 0;
  #snapshotAtEvents = 0;
  #snapshotting: Promise<void> | null = null;
  /** Up to here rows are in ClickHouse already, and outputs are muted. */
  #mutedTo = 0;
  /** Findings are held back until the log has been read up to here. */
  #holdFindingsTo = 0;
  #changed = new Set<string>();
  #timers: NodeJS.Timeout[] = [];
  readonly #counters;

  constructor(options: RuntimeOptions) {
    const { limits, metrics, slice } = options;
    this.#options = options;
    this.slice = slice;
    this.#intake = new Intake(limits.recentIds);
    this.#reducers = slice.hosted.map(({ processor, wants }) => {
      const out = this.#outputsOf(processor.name);
      return { wants: wants ?? everything, run: (applied) => processor.apply(applied, out) };
    });
    this.#selective = slice.hosted.some(({ wants }) => wants !== undefined);
    options.signal.addEventListener('abort', () => this.#reading.abort(), { once: true });
    this.#counters = {
      events: metrics.counter('stocktide_events_total', 'Messages of the log', ['outcome']),
      lag: metrics.gauge('stocktide_lag_events', 'Messages of the log not yet applied'),
      pending: metrics.gauge('stocktide_pending_rows', 'Rows that wait for a flush'),
      findings: metrics.gauge('stocktide_unconfirmed_findings', 'Findings not yet in the log'),
      positions: metrics.gauge('stocktide_positions', 'Positions in the ledger'),
      snapshot: metrics.histogram('stocktide_snapshot_seconds', 'Time of a snapshot'),
    };
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
  get flushed(): number {
    return this.#flusher?.flushed ?? 0;
  }
  get lastFlush(): LastFlush | null {
    return this.#flusher?.last ?? null;
  }
  get pendingRows(): number {
    return this.#batch.rows;
  }
  /** Why processing waits, or null. */
  get trouble(): string | null {
    const waiting = this.#flusher?.trouble ?? null;
    if (waiting !== null) return waiting;
    return this.#options.link.connected ? null : 'NATS is away';
  }
  /** Event time of the processors (ms since 1970). */
  get nowMs(): number {
    return this.#intake.nowMs;
  }

  /** Takes the slice over and brings its state up to what was flushed. Throws SliceTakenError. */
  async recover(): Promise<void> {
    const { clickhouse, link, log, metrics, slice } = this.#options;
    await refuseLivingOwner(link, slice.name);
    const checkpoint = await openCheckpoint<CheckpointRecord>(link.js, slice.name);
    const found = (await checkpoint.read()) ?? FIRST_RECORD;
    const record = { ...found, epoch: found.epoch + 1 };
    await checkpoint.write(record);
    answerOwnership(link, slice.name, record.epoch);
    this.#flusher = new Flusher({
      slice: slice.name,
      checkpoint,
      record,
      clickhouse,
      log,
      metrics,
      signal: this.#writing.signal,
    });
    this.#mutedTo = record.flushed;
    const start = await this.#restore([record.snapshot, record.previous]);
    this.#appliedSeq = start;

    const { state } = await link.jsm.streams.info(STREAMS.log);
    this.#holdFindingsTo = state.last_seq;
    if (state.last_seq < Math.max(record.flushed, record.intent ?? 0)) {
      throw new Error(
        `the log ends at ${state.last_seq}, but ${record.flushed} were flushed: it is not the log that this checkpoint belongs to`,
      );
    }
    log.info(
      { epoch: record.epoch, snapshot: start, flushed: record.flushed, intent: record.intent },
      'slice claimed',
    );
    await this.#rebuild(state.first_seq);
    this.#batch = new Batch(record.flushed);
    this.#consumption = consumeFrom(link, {
      stream: STREAMS.log,
      fromSeq: this.#appliedSeq + 1,
      maxMessages: this.#options.limits.maxReadAhead,
      signal: this.#reading.signal,
    });
  }

  /** Reads the log until the signal aborts. `onLive` is called once the past is repaired. */
  async run(onLive: () => void): Promise<void> {
    const consumption = this.#consumption;
    if (consumption === null) throw new Error('recover() comes before run()');
    const { intent } = this.#sink.record;
    const redoTo = intent ?? this.#mutedTo;
    const goLive = () => {
      this.#phase = 'live';
      this.#startTimers();
      onLive();
    };
    if (this.#appliedSeq >= redoTo) goLive();

    for await (const message of consumption) {
      this.#take(message);
      if (this.#phase === 'recovering') {
        if (this.#appliedSeq < redoTo) continue;
        // Exactly the rows of the interrupted flush, under their old tokens.
        if (redoTo > this.#mutedTo) await this.#flush();
        goLive();
      } else if (this.#batch.rows >= this.#options.limits.flushRows) {
        this.#startFlush();
        // The batch behind a flush under way may grow to the bound; then reading waits.
        while (this.#batch.rows >= this.#options.limits.maxPendingRows && this.#flushing !== null) {
          await this.#flushing;
          this.#startFlush();
        }
      }
    }
    await this.#finish();
  }

  get #sink(): Flusher {
    if (this.#flusher === null) throw new Error('recover() comes first');
    return this.#flusher;
  }

  /** Everything that the state is made of. */
  #parts(): Stateful[] {
    return [
      {
        name: 'intake',
        snapshot: () => this.#intake.snapshot(),
        restore: (p) => this.#intake.restore(p),
      },
      this.#findings,
      ...this.slice.hosted.map(({ processor }) => processor),
    ];
  }

  #versions(): Record<string, string> {
    const { recentIds } = this.#options.limits;
    return {
      intake: `1/${recentIds}`,
      ...Object.fromEntries(
        this.slice.hosted.map(({ processor }) => [processor.name, processor.stateVersion]),
      ),
    };
  }

  /** Restores the first snapshot that can be read; the log sequence that the state then includes. */
  async #restore(candidates: readonly (SnapshotRef | null)[]): Promise<number> {
    const { link, log } = this.#options;
    const wanted = JSON.stringify(this.#versions());
    for (const snapshot of candidates) {
      if (snapshot === null) continue;
      if (JSON.stringify(snapshot.versions) !== wanted) {
        log.warn({ snapshot: snapshot.versions }, 'another state version: rebuilding from events');
        continue;
      }
      let state: Awaited<ReturnType<typeof readState>>;
      try {
        state = await readState(link, snapshot);
      } catch (error) {
        log.error({ err: error, seq: snapshot.seq }, 'a snapshot cannot be read');
        continue;
      }
      for (const part of this.#parts()) part.restore(state.get(part.name) ?? []);
      return snapshot.seq;
    }
    return 0;
  }

  /** Applies archived events where the log no longer reaches back to the state. */
  async #rebuild(firstSeq: number): Promise<void> {
    const { clickhouse, log } = this.#options;
    if (firstSeq <= this.#appliedSeq + 1) return;
    if (this.#mutedTo + 1 < firstSeq) {
      throw new Error(
        `the log begins at ${firstSeq}, but only ${this.#mutedTo} events are in ClickHouse: events ${this.#mutedTo + 1} to ${firstSeq - 1} are lost; keep the log longer (LOG_MAX_AGE_DAYS, LOG_MAX_BYTES)`,
      );
    }
    log.info({ from: this.#appliedSeq + 1, to: firstSeq - 1 }, 'rebuilding from archived events');
    const range = { from: this.#appliedSeq, to: firstSeq - 1 };
    for await (const { raw, seq, subject } of archivedEvents(clickhouse, range)) {
      this.#apply(seq, subject, raw);
      this.#appliedSeq = seq;
    }
    this.#appliedSeq = firstSeq - 1;
  }

  #take(message: StreamMessage): void {
    this.#storedAtMs = message.storedAtMs;
    this.#apply(message.seq, message.subject, message.text());
    this.#appliedSeq = message.seq;
  }

  #apply(seq: number, subject: string, raw: string): void {
    this.#currentSeq = seq;
    const wanted = this.#selective
      ? this.#reducers.filter(({ wants }) => wants(subject))
      : this.#reducers;
    if (wanted.length === 0) return;
    const taken = this.#intake.take(seq, raw);
    switch (taken.outcome) {
      case 'event': {
        const { applied } = taken;
        this.#appliedEvents += 1;
        this.#findings.confirm(applied.event);
        this.sources.see(applied.event.source, applied.timeMs, applied.event.ingestedtime);
        for (const { run } of wanted) {
          try {
            run(applied);
          } catch (error) {
            const detail = error instanceof Error ? error.message : String(error);
            this.#options.log.error({ err: error, seq, id: applied.event.id }, 'event not applied');
            this.#bury(seq, raw, 'apply_failed', detail);
          }
        }
        return;
      }
      case 'duplicate':
        this.#duplicates += 1;
        return;
      case 'conflict':
        this.#onConflict(seq, raw, taken.event);
        return;
      case 'undecodable':
        this.#bury(seq, raw, 'undecodable', taken.detail);
        return;
      default:
        taken satisfies never;
    }
  }

  /** The same source and id with other data: the first stays, the second goes where it can be seen. */
  #onConflict(seq: number, raw: string, event: Applied['event']): void {
    const detail = `${event.source} sent id ${event.id} before, with other data`;
    this.#bury(seq, raw, 'id_conflict', detail);
    this.#raise('runtime', {
      findingId: `FEED_QUALITY/id_conflict/${event.source}/${event.id}`,
      code: 'FEED_QUALITY',
      subtype: 'id_conflict',
      entity: `source/${event.source}`,
      conditionAtMs: Date.parse(event.time),
      detail,
      evidence: [{ source: event.source, id: event.id }],
    });
  }

  #outputsOf(processor: string): Outputs {
    return {
      row: (table, cells) => {
        if (!this.#isMuted()) this.#batch.add(table, cells);
      },
      finding: (finding) => this.#raise(processor, finding),
      changed: (sku) => {
        if (this.#phase === 'live') this.#changed.add(sku);
      },
    };
  }

  /** True while events are replayed whose rows are in ClickHouse already. */
  #isMuted(): boolean {
    return this.#currentSeq <= this.#mutedTo;
  }

  #raise(processor: string, finding: Parameters<Outputs['finding']>[0]): void {
    const event = this.#findings.raise(processor, finding);
    if (event !== null && this.#currentSeq > this.#holdFindingsTo) this.#sendFinding(event);
  }

  /** Sends a finding to the door; what is lost on the way is sent again after a while. */
  #sendFinding(event: FindingEvent): void {
    const { log, publisher } = this.#options;
    this.#findings.sent(event, Date.now());
    const payload = Buffer.from(JSON.stringify(event));
    publisher
      .publish({ subject: 'in.finding', msgId: `${event.source}/${event.id}`, payload })
      .catch((error: unknown) => log.warn({ err: error, id: event.id }, 'finding not sent yet'));
  }

  #bury(seq: number, raw: string, reason: RejectionReason, detail: string): void {
    const { log, publisher } = this.#options;
    log.warn({ seq, reason, detail }, 'message of the log put aside');
    this.#counters.events.inc({ outcome: reason });
    if (this.#isMuted()) return;
    const letter: DeadLetter = {
      reason,
      field: '',
      value: '',
      detail: `log sequence ${seq}: ${detail}`,
      at: new Date().toISOString(),
      via: 'runtime',
      encoding: 'utf8',
      bytes: raw,
    };
    const payload = Buffer.from(JSON.stringify(letter));
    publisher
      .publish({
        subject: deadSubject(reason),
        msgId: `${this.slice.name}/${reason}/${seq}`,
        payload,
      })
      .catch((error: unknown) => log.error({ err: error, seq }, 'dead letter not written'));
  }

  #startTimers(): void {
    this.#timers = [
      setInterval(() => this.#startFlush(), this.#options.limits.flushMs),
      setInterval(() => this.#sendNotices(), NOTICE_MS),
      setInterval(() => this.#beat(), 1_000),
    ];
  }

  #beat(): void {
    this.#counters.lag.set(this.lagEvents);
    this.#counters.pending.set(this.pendingRows);
    this.#counters.findings.set(this.#findings.unconfirmed);
    this.#counters.positions.set(this.slice.stock?.size() ?? 0);
    if (this.#appliedSeq < this.#holdFindingsTo) return;
    // From the past, or lost on the way: the door drops what it has already.
    for (const event of this.#findings.unsent(Date.now())) this.#sendFinding(event);
  }

  #sendNotices(): void {
    if (this.#changed.size === 0) return;
    const byPartition = new Map<number, string[]>();
    for (const sku of this.#changed) {
      const partition = partitionOf(sku);
      const skus = byPartition.get(partition);
      if (skus === undefined) byPartition.set(partition, [sku]);
      else skus.push(sku);
    }
    this.#changed = new Set();
    for (const [partition, skus] of byPartition) {
      for (let at = 0; at < skus.length; at += NOTICE_SKUS) {
        const notice: AtpNotice = {
          skus: skus.slice(at, at + NOTICE_SKUS),
          seq: this.#appliedSeq,
        };
        this.#options.link.nc.publish(liveAtp(partition), JSON.stringify(notice));
      }
    }
  }

  /** Starts a flush unless one is under way or there is nothing to flush. */
  #startFlush(): void {
    if (this.#flushing !== null || this.#batch.rows === 0) return;
    this.#flushing = this.#flush().finally(() => {
      this.#flushing = null;
    });
    // Who awaits it sees the failure; the loop must end even when nobody does.
    this.#flushing.catch((error: unknown) => this.#fail(error));
  }

  async #flush(): Promise<void> {
    const batch = this.#batch;
    const to = this.#appliedSeq;
    this.#batch = new Batch(to);
    this.#startSnapshot(to);
    await this.#sink.flush(batch, to);
  }

  /** Begins a snapshot of the state at `seq`, which a flush has just been cut at. */
  #startSnapshot(seq: number): void {
    const due = this.#appliedEvents - this.#snapshotAtEvents >= this.#options.limits.snapshotEvents;
    if (!due || this.#snapshotting !== null) return;
    this.#snapshotAtEvents = this.#appliedEvents;
    this.#snapshotting = this.#snapshot(seq)
      .catch((error: unknown) => {
        this.#options.log.warn({ err: error, seq }, 'no snapshot; the one before stays');
      })
      .finally(() => {
        this.#snapshotting = null;
      });
  }

  async #snapshot(seq: number): Promise<void> {
    const { link, log, slice } = this.#options;
    const done = this.#counters.snapshot.startTimer();
    const state = captureState(this.#parts());
    const blob = await writeSnapshot(link, slice.name, state);
    // The rows up to `seq` may still be on their way.
    await this.#flushing;
    this.#sink.adopt({ seq, versions: this.#versions(), blob });
    const { previous, snapshot } = this.#sink.record;
    await pruneSnapshots(link, slice.name, [snapshot, previous]);
    const seconds = done();
    log.info({ seq, bytes: blob.bytes, seconds }, 'snapshot written');
  }

  #fail(error: unknown): void {
    this.#failure ??= error;
    this.#reading.abort();
  }

  /** Flushes what is left and leaves a snapshot, so that the next start is quick. */
  async #finish(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    const wasLive = this.#phase === 'live';
    this.#phase = 'stopped';
    if (this.#failure !== null) throw this.#failure;
    if (!wasLive) return;
    const limit = setTimeout(() => this.#writing.abort(), FINISH_MS);
    try {
      await this.#flushing;
      if (this.#batch.rows > 0) await this.#flush();
      await this.#snapshotting;
      const { snapshot } = this.#sink.record;
      if (snapshot === null || snapshot.seq < this.#appliedSeq)
        await this.#snapshot(this.#appliedSeq);
      await this.#sink.settle();
    } catch (error) {
      // Nothing is lost: the next start repairs what this one could not finish.
      if (!this.#writing.signal.aborted) throw error;
      this.#options.log.warn('stopped before everything was flushed');
    } finally {
      clearTimeout(limit);
    }
  }
}
