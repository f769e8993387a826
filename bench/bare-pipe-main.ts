/**
 * The bare pipe, a process of its own like the processors that it is compared with: the same consumer,
 * the same decoding, the same rows into the same tables under the same flush rules, and nothing in
 * between: no ids remembered, no ledger, no checkpoint, no snapshot.
 *
 *     bare-pipe-main.ts '{"toSeq":600000,"rowsFile":"…"}'      then tells its parent BareReport
 */
import { readFileSync } from 'node:fs';
import type { LogEvent, LogType } from '../contracts/events.ts';
import { createClickHouse } from '../platform/clickhouse/client.ts';
import { insertRows } from '../platform/clickhouse/insert.ts';
import { readConfig } from '../platform/config.ts';
import { createLog } from '../platform/log.ts';
import { connectNats } from '../platform/nats/connect.ts';
import { consumeFrom } from '../platform/nats/consume.ts';
import { STREAMS } from '../platform/nats/streams.ts';
import { createArchive } from '../processors/archive/archive.ts';
import type { Cell, Outputs, TableName } from '../processors/processor.ts';
import { Batch } from '../processors/runtime/batch.ts';
import { bareRows, type TableRows } from './bare-rows.ts';

export interface BareOrder {
  readonly toSeq: number;
  /** JSON of TableRows: what the processors wrote; null writes the archive alone. */
  readonly rowsFile: string | null;
}
/** Wall times (ms) of the beginning and of the last flush. */
export interface BareReport {
  readonly startedMs: number;
  readonly flushedMs: number;
  /** CPU seconds in between. */
  readonly cpuS: number;
}

const { rowsFile, toSeq } = JSON.parse(process.argv[2] ?? '') as BareOrder;
const tables = rowsFile === null ? [] : (JSON.parse(readFileSync(rowsFile, 'utf8')) as TableRows[]);
const config = readConfig(process.env);
const log = createLog({ name: 'bare pipe', level: 'warn', format: 'pretty' });
const { natsPassword: pass, natsUrl: url, natsUser: user } = config;
const link = await connectNats({ url, user, pass, name: 'bare-pipe', log });
const clickhouse = createClickHouse(config);

/** Batches into ClickHouse, one at a time. */
class Sink {
  flushing: Promise<void> | null = null;
  #batch = new Batch(0);

  get rows(): number {
    return this.#batch.rows;
  }

  add(table: TableName, cells: readonly Cell[]): void {
    this.#batch.add(table, cells);
  }

  /** Flushes what there is, unless a flush is under way. */
  flush(toSeq: number): void {
    if (this.flushing !== null || this.rows === 0) return;
    const batch = this.#batch;
    this.#batch = new Batch(toSeq);
    const inserts = batch
      .blocks()
      .map((block) => insertRows(clickhouse, { ...block, token: `${block.table}.${batch.from}` }));
    this.flushing = Promise.all(inserts).then(() => {
      this.flushing = null;
    });
  }
}

const sink = new Sink();
const archive = createArchive();
const writeRows = bareRows(tables);
const out: Outputs = {
  row: (table, cells) => sink.add(table, cells),
  finding: () => undefined,
  cleared: () => undefined,
  changed: () => undefined,
  signal: () => undefined,
};

let seq = 0;
const timer = setInterval(() => sink.flush(seq), config.flushMs);
const startedMs = Date.now();
const cpuBefore = process.cpuUsage();
const messages = consumeFrom(link, {
  stream: STREAMS.log,
  fromSeq: 1,
  maxMessages: config.maxReadAhead,
  signal: new AbortController().signal,
});
for await (const message of messages) {
  const raw = message.text();
  const event = JSON.parse(raw) as LogEvent;
  const timeMs = Date.parse(event.time);
  ({ seq } = message);
  archive.apply(
    { seq, name: event.type as LogType, event, timeMs, nowMs: timeMs, identity: seq, raw },
    out,
  );
  writeRows({ type: event.type, seq }, (table, cells) => sink.add(table, cells));
  if (seq === toSeq) break;
  if (sink.rows < config.flushRows) continue;
  sink.flush(seq);
  while (sink.rows >= config.maxPendingRows && sink.flushing !== null) {
    await sink.flushing;
    sink.flush(seq);
  }
}
clearInterval(timer);
while (sink.rows > 0 || sink.flushing !== null) {
  sink.flush(seq);
  await sink.flushing;
}
const cpu = process.cpuUsage(cpuBefore);
const cpuS = (cpu.user + cpu.system) / 1e6;
const report: BareReport = { startedMs, flushedMs: Date.now(), cpuS };
await clickhouse.close();
await link.close();
process.send?.(report);
