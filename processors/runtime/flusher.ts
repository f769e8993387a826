/**
 * Batches into ClickHouse, exactly once (DESIGN §5), and the checkpoint that says how far. One at a time:
 *
 *   1. put the intent (flushed, to] by compare-and-set    a zombie's put fails and it stops
 *   2. insert one block per table, token slice.table.from-to    ClickHouse drops a repeat of a token
 *      and store the dead letters, under ids of their own
 *   3. the next intent says that this one is done
 *
 * A crash between any two of these is repaired at the next start by inserting the same rows again under
 * the same tokens. While ClickHouse or NATS is away a flush waits and tries again; nothing is skipped.
 *
 * ClickHouse remembers the tokens of the last 1,000 blocks of a table. An owner that was frozen for so
 * long that its token is forgotten must not insert after it wakes: whoever has not written the checkpoint
 * for OWNED_MS writes it again before an insert, and so finds out that the slice has a new owner.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { unlessAborted } from '../../platform/abort.ts';
import type { ClickHouse } from '../../platform/clickhouse/client.ts';
import { InsertError, insertRows } from '../../platform/clickhouse/insert.ts';
import type { Log } from '../../platform/log.ts';
import type { Metrics } from '../../platform/metrics.ts';
import { CheckpointError, type Checkpoint } from '../../platform/nats/checkpoints.ts';
import {
  PublishError,
  type Publisher,
  type PublishRequest,
} from '../../platform/nats/publisher.ts';
import type { Batch, TableBlock } from './batch.ts';
import type { CheckpointRecord, SnapshotRef } from './checkpoint.ts';

const FIRST_RETRY_MS = 100;
const LAST_RETRY_MS = 5_000;
/** A checkpoint written this recently proves that the slice is still ours. */
const OWNED_MS = 10_000;

export interface FlusherOptions {
  readonly slice: string;
  readonly checkpoint: Checkpoint<CheckpointRecord>;
  /** The record as this runtime claimed it. */
  readonly record: CheckpointRecord;
  readonly clickhouse: ClickHouse;
  readonly publisher: Pick<Publisher, 'publish'>;
  readonly log: Log;
  readonly metrics: Metrics;
  /** Ends waiting for ClickHouse or NATS. */
  readonly signal: AbortSignal;
}

export interface LastFlush {
  readonly atMs: number;
  readonly rows: number;
  readonly tookMs: number;
}

export class Flusher {
  readonly #options: FlusherOptions;
  #record: CheckpointRecord;
  /** What cannot be written now, and why. */
  readonly #troubles = new Map<string, string>();
  #last: LastFlush | null = null;
  /** Work on the checkpoint waits here for its turn. */
  #turn: Promise<unknown> = Promise.resolve();
  #writtenAtMs = Date.now();
  #renewal: Promise<void> | null = null;
  readonly #rows;
  readonly #seconds;

  constructor(options: FlusherOptions) {
    this.#options = options;
    this.#record = options.record;
    const { metrics } = options;
    this.#rows = metrics.counter('stocktide_flushed_rows_total', 'Rows inserted', ['table']);
    this.#seconds = metrics.histogram('stocktide_flush_seconds', 'Time of a flush');
  }

  get flushed(): number {
    return this.#record.flushed;
  }

  get record(): CheckpointRecord {
    return this.#record;
  }

  /** Why a flush is waiting, or null. */
  get trouble(): string | null {
    const [trouble] = this.#troubles.values();
    return trouble ?? null;
  }

  get last(): LastFlush | null {
    return this.#last;
  }

  /**
   * Brings the batch of (batch.from, to] to where it belongs. Rejects with a FencedError when another
   * runtime owns the slice, and with an AbortError when the signal ended the waiting; in either case the
   * next start does the rest.
   */
  flush(batch: Batch, to: number): Promise<void> {
    return this.#inTurn(async () => {
      const { from } = batch;
      if (from !== this.#record.flushed) {
        throw new Error(`a batch from ${from} does not follow ${this.#record.flushed}`);
      }
      const startedMs = Date.now();
      await this.#write({ intent: to });
      await Promise.all([
        ...batch.blocks().map((block) => this.#insert(block, from, to)),
        ...batch.letters.map((letter) => this.#send(letter)),
      ]);
      this.#record = { ...this.#record, flushed: to, rows: this.#record.rows + batch.rows };
      const tookMs = Date.now() - startedMs;
      this.#last = { atMs: Date.now(), rows: batch.rows, tookMs };
      this.#seconds.observe(tookMs / 1_000);
    });
  }

  /**
   * Makes a snapshot the one to start from. Rejects when what it holds is not flushed. Resolves with the
   * snapshot that no start will ask for any more.
   */
  adopt(snapshot: SnapshotRef): Promise<SnapshotRef | null> {
    return this.#inTurn(async () => {
      const { flushed, previous: replaced, snapshot: previous } = this.#record;
      if (snapshot.seq > flushed) {
        throw new Error(`a snapshot of ${snapshot.seq} lies ahead of ${flushed}`);
      }
      await this.#write({ snapshot, previous });
      return replaced;
    });
  }

  /** Writes down that everything is done: the next start has nothing to repair. */
  settle(): Promise<void> {
    return this.#inTurn(async () => {
      const { flushed, intent } = this.#record;
      if (intent !== null && intent !== flushed) throw new Error(`${intent} is not flushed`);
      await this.#write({ intent: null });
    });
  }

  #inTurn<R>(work: () => Promise<R>): Promise<R> {
    const result = this.#turn.then(work);
    this.#turn = result.catch(() => undefined);
    return result;
  }

  async #write(change: Partial<CheckpointRecord>): Promise<void> {
    const record = { ...this.#record, ...change };
    await this.#retrying('the checkpoint', () => this.#options.checkpoint.write(record));
    this.#record = record;
    this.#writtenAtMs = Date.now();
  }

  async #insert(block: TableBlock, from: number, to: number): Promise<void> {
    const { clickhouse, slice } = this.#options;
    const { columns, lines, rows, table } = block;
    const token = `${slice}.${table}.${from}-${to}`;
    await this.#retrying(`table ${table}`, async () => {
      await this.#proveOwnership();
      await insertRows(clickhouse, { table, columns, lines, token });
    });
    this.#rows.inc({ table }, rows);
  }

  /** Rejects with a FencedError when the slice has a new owner. */
  async #proveOwnership(): Promise<void> {
    if (Math.abs(Date.now() - this.#writtenAtMs) < OWNED_MS) return;
    // Several tables share one write.
    this.#renewal ??= this.#write({}).finally(() => {
      this.#renewal = null;
    });
    await this.#renewal;
  }

  async #send(letter: PublishRequest): Promise<void> {
    await this.#retrying('a dead letter', () => this.#options.publisher.publish(letter));
  }

  /** Tries until it succeeds, the signal ends it (even while nobody answers), or trying again cannot help. */
  async #retrying(what: string, attempt: () => Promise<unknown>): Promise<void> {
    const { log, signal } = this.#options;
    for (let waitMs = FIRST_RETRY_MS; ; waitMs = Math.min(waitMs * 2, LAST_RETRY_MS)) {
      signal.throwIfAborted();
      try {
        await unlessAborted(attempt(), signal);
        this.#troubles.delete(what);
        return;
      } catch (error) {
        if (!isOutage(error)) throw error;
        this.#troubles.set(what, `${what} cannot be written: ${error.message}`);
        const passing = !(error instanceof InsertError) || error.retryable;
        log[passing ? 'warn' : 'error']({ err: error, what }, 'flush waits and tries again');
        await sleep(waitMs, undefined, { signal });
      }
    }
  }
}

/** Whether waiting may help. An insert that ClickHouse refuses waits as well: a person has to look. */
function isOutage(error: unknown): error is Error {
  return (
    error instanceof InsertError ||
    error instanceof CheckpointError ||
    (error instanceof PublishError && error.code !== 'rejected')
  );
}
