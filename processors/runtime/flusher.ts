/**
 * Rows into ClickHouse, exactly once (DESIGN §5). One flush at a time:
 *
 *   1. put the intent (flushed, to] by compare-and-set    a zombie's put fails and it stops
 *   2. insert one block per table, token slice.table.from-to    ClickHouse drops a repeat of a token
 *   3. the next intent says that this one is done
 *
 * A crash between any two of these is repaired at the next start by inserting the same rows again under
 * the same tokens. While ClickHouse or NATS is away a flush waits and tries again; nothing is skipped.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { ClickHouse } from '../../platform/clickhouse/client.ts';
import { InsertError, insertRows } from '../../platform/clickhouse/insert.ts';
import type { Log } from '../../platform/log.ts';
import type { Metrics } from '../../platform/metrics.ts';
import { CheckpointError, type Checkpoint } from '../../platform/nats/checkpoints.ts';
import type { Batch, TableBlock } from './batch.ts';
import type { CheckpointRecord, SnapshotRef } from './checkpoint.ts';

const FIRST_RETRY_MS = 100;
const LAST_RETRY_MS = 5_000;

export interface FlusherOptions {
  readonly slice: string;
  readonly checkpoint: Checkpoint<CheckpointRecord>;
  /** The record as this runtime claimed it. */
  readonly record: CheckpointRecord;
  readonly clickhouse: ClickHouse;
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
  #trouble: string | null = null;
  #last: LastFlush | null = null;
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
    return this.#trouble;
  }

  get last(): LastFlush | null {
    return this.#last;
  }

  /** Inserts the rows of (batch.from, to]. Throws a FencedError when another runtime owns the slice. */
  async flush(batch: Batch, to: number): Promise<void> {
    if (batch.from !== this.#record.flushed) {
      throw new Error(`a batch from ${batch.from} follows ${this.#record.flushed}`);
    }
    const startedMs = Date.now();
    await this.#write({ ...this.#record, intent: to });
    await Promise.all(batch.blocks().map((block) => this.#insert(block, batch.from, to)));
    this.#record = { ...this.#record, flushed: to };
    const tookMs = Date.now() - startedMs;
    this.#last = { atMs: Date.now(), rows: batch.rows, tookMs };
    this.#seconds.observe(tookMs / 1_000);
  }

  /** Makes a snapshot the one to start from; it is written with the next intent or by `settle`. */
  adopt(snapshot: SnapshotRef): void {
    if (snapshot.seq > this.#record.flushed) {
      throw new Error(`a snapshot of ${snapshot.seq} lies ahead of ${this.#record.flushed}`);
    }
    this.#record = { ...this.#record, snapshot, previous: this.#record.snapshot };
  }

  /** Writes down that everything is done: the next start has nothing to repair. */
  async settle(): Promise<void> {
    await this.#write({ ...this.#record, intent: null });
  }

  async #write(record: CheckpointRecord): Promise<void> {
    await this.#retrying('the checkpoint', () => this.#options.checkpoint.write(record));
    this.#record = record;
  }

  async #insert(block: TableBlock, from: number, to: number): Promise<void> {
    const { clickhouse, slice } = this.#options;
    const { columns, lines, rows, table } = block;
    const token = `${slice}.${table}.${from}-${to}`;
    await this.#retrying(`table ${table}`, () =>
      insertRows(clickhouse, { table, columns, lines, token }),
    );
    this.#rows.inc({ table }, rows);
  }

  /** Tries until it succeeds, the signal ends it, or trying again cannot help. */
  async #retrying(what: string, attempt: () => Promise<unknown>): Promise<void> {
    const { log, signal } = this.#options;
    let waitMs = FIRST_RETRY_MS;
    for (;;) {
      try {
        await attempt();
        this.#trouble = null;
        return;
      } catch (error) {
        if (!(error instanceof InsertError) && !(error instanceof CheckpointError)) throw error;
        this.#trouble = `${what} cannot be written: ${error.message}`;
        const passing = !(error instanceof InsertError) || error.retryable;
        log[passing ? 'warn' : 'error']({ err: error, what }, 'flush waits and tries again');
        await sleep(waitMs, undefined, { signal });
        waitMs = Math.min(waitMs * 2, LAST_RETRY_MS);
      }
    }
  }
}
