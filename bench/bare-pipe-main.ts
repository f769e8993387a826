/**
 * The bare pipe, a process of its own like the processors that it is compared with: the same consumer,
 * the same decoding, the same rows into the same tables under the same flush rules, and nothing in
 * between: no ids remembered, no ledger, no checkpoint, no snapshot.
 *
 *     bare-pipe-main.ts '{"toSeq":600000,"rowsPerEvent":{…}}'      then tells its parent BareReport
 */
import type { LogEvent, LogType } from '../contracts/events.ts';
import { createClickHouse } from '../platform/clickhouse/client.ts';
import { insertRows } from '../platform/clickhouse/insert.ts';
import { readConfig } from '../platform/config.ts';
import { createLog } from '../platform/log.ts';
import { connectNats } from '../platform/nats/connect.ts';
import { consumeFrom } from '../platform/nats/consume.ts';
import { STREAMS } from '../platform/nats/streams.ts';
import { createArchive } from '../processors/archive/archive.ts';
import type { Outputs } from '../processors/processor.ts';
import { Batch } from '../processors/runtime/batch.ts';
import { movementCounter, movementRow, type RowsPerEvent } from './bare-rows.ts';

export interface BareOrder {
  readonly toSeq: number;
  readonly rowsPerEvent: RowsPerEvent;
}
/** Wall times (ms) of the beginning and of the last flush. */
export interface BareReport {
  readonly startedMs: number;
  readonly flushedMs: number;
  /** CPU seconds in between. */
  readonly cpuS: number;
}

const { rowsPerEvent, toSeq } = JSON.parse(process.argv[2] ?? '') as BareOrder;
const config = readConfig(process.env);
const log = createLog({ name: 'bare pipe', level: 'warn', format: 'pretty' });
const { natsPassword: pass, natsUrl: url, natsUser: user } = config;
const link = await connectNats({ url, user, pass, name: 'bare-pipe', log });
const clickhouse = createClickHouse(config);

let batch = new Batch(0);
let flushing: Promise<void> | null = null;
let seq = 0;

function startFlush(): void {
  if (flushing !== null || batch.rows === 0) return;
  const cut = batch;
  batch = new Batch(seq);
  const inserts = cut
    .blocks()
    .map((block) => insertRows(clickhouse, { ...block, token: `${block.table}.${cut.from}` }));
  flushing = Promise.all(inserts).then(() => {
    flushing = null;
  });
}

const archive = createArchive();
const movements = movementCounter(rowsPerEvent);
const out: Outputs = {
  row: (table, cells) => batch.add(table, cells),
  finding: () => undefined,
  changed: () => undefined,
};

const timer = setInterval(startFlush, config.flushMs);
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
  archive.apply({ seq, name: event.type as LogType, event, timeMs, nowMs: timeMs, raw }, out);
  const rows = movements(event.type);
  for (let index = 0; index < rows; index++) {
    batch.add('stock_movements', movementRow(event, seq, index));
  }
  if (seq === toSeq) break;
  if (batch.rows < config.flushRows) continue;
  startFlush();
  while (batch.rows >= config.maxPendingRows && flushing !== null) {
    await flushing;
    startFlush();
  }
}
clearInterval(timer);
while (batch.rows > 0 || flushing !== null) {
  startFlush();
  await flushing;
}
const cpu = process.cpuUsage(cpuBefore);
const cpuS = (cpu.user + cpu.system) / 1e6;
const report: BareReport = { startedMs, flushedMs: Date.now(), cpuS };
await clickhouse.close();
await link.close();
process.send?.(report);
