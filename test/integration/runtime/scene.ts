/**
 * What a test of the runtime works with: a nats-server of the test's own, a database of its own in the
 * file's ClickHouse host, and runtimes over them that can be stopped or dropped as by a crash.
 */
import { randomUUID } from 'node:crypto';
import { onTestFinished } from 'vitest';
import type { ProducerEvent } from '../../../contracts/envelope.ts';
import type { DeadLetter } from '../../../contracts/rejections.ts';
import { consumeFrom } from '../../../platform/nats/consume.ts';
import type { Publisher } from '../../../platform/nats/publisher.ts';
import { STREAMS } from '../../../platform/nats/streams.ts';
import { append } from '../../support/log.ts';
import {
  connect,
  startRuntime,
  type Plumbing,
  type RunningRuntime,
  type RuntimeSetup,
} from '../../support/runtime.ts';
import { startTestNats, type TestClickHouse, type TestNats } from '../../support/servers.ts';

export interface Scene {
  readonly nats: TestNats;
  readonly database: string;
  /** Connections that the scene itself uses. */
  readonly own: Plumbing;
  /** Further connections, closed with the test. */
  connect: (env?: NodeJS.ProcessEnv) => Promise<Plumbing>;
  /** A runtime on connections of its own, live. */
  start: (setup?: RuntimeSetup) => Promise<StartedRuntime>;
  /** Appends events to the LOG as the door does; the last log sequence. */
  append: (events: readonly ProducerEvent[]) => Promise<number>;
  /** The same when JetStream no longer knows which ids it has seen: nothing is dropped on the way. */
  appendLate: (events: readonly ProducerEvent[]) => Promise<number>;
  rows: <T = Record<string, unknown>>(query: string) => Promise<T[]>;
  letters: () => Promise<DeadLetter[]>;
  lastSeq: () => Promise<number>;
}

export interface StartedRuntime extends RunningRuntime {
  readonly plumbing: Plumbing;
  /** Ends it as kill -9 would: connections close, nothing is finished. */
  crash(): Promise<void>;
}

export async function scene(clickhouse: TestClickHouse): Promise<Scene> {
  const nats = await startTestNats();
  onTestFinished(() => nats.stop());
  const database = `test_${randomUUID().replaceAll('-', '')}`;

  // What goes wrong here is wanted; a test that fails says what it saw.
  const open = async (env: NodeJS.ProcessEnv = { LOG_LEVEL: 'silent' }) => {
    const plumbing = await connect(nats, clickhouse, { database, env });
    onTestFinished(() => plumbing.close());
    return plumbing;
  };
  const own = await open();
  const rows = async <T>(query: string) => {
    const result = await own.clickhouse.query({
      query,
      format: 'JSONEachRow',
      clickhouse_settings: { output_format_json_quote_64bit_integers: 0 },
    });
    return result.json<T>();
  };
  return {
    nats,
    database,
    own,
    connect: open,
    async start(setup) {
      const plumbing = await open();
      const started = await startRuntime(plumbing, setup);
      onTestFinished(() => started.stop().catch(() => undefined));
      const crash = async () => {
        plumbing.publisher.close();
        await plumbing.link.nc.close();
        await started.done.catch(() => undefined);
      };
      return { ...started, plumbing, crash };
    },
    append: (events) => append(own.publisher, events),
    appendLate(events) {
      const forgetful: Publisher['publish'] = (request) =>
        own.publisher.publish({ ...request, msgId: randomUUID() });
      return append({ ...own.publisher, publish: forgetful }, events);
    },
    rows,
    async letters() {
      const { state } = await own.link.jsm.streams.info(STREAMS.dead);
      const letters: DeadLetter[] = [];
      if (state.messages === 0) return letters;
      const { signal } = new AbortController();
      const from = { stream: STREAMS.dead, fromSeq: state.first_seq, maxMessages: 64, signal };
      for await (const message of consumeFrom(own.link, from)) {
        letters.push(JSON.parse(message.text()) as DeadLetter);
        if (message.seq === state.last_seq) break;
      }
      return letters;
    },
    async lastSeq() {
      return (await own.link.jsm.streams.info(STREAMS.log)).state.last_seq;
    },
  };
}

/** Tables of facts with the order in which their rows are compared. */
const TABLES = {
  events: 'seq',
  items: 'sku_id, seq',
  stock_movements: 'sku_id, node_id, seq, idx',
  stock_reconciliations: 'reconciliation_id, revision, seq',
  findings: 'finding_id, seq',
} as const;

/** The rows of every table, and the balances that the view keeps. */
export async function tables({ rows }: Scene): Promise<Record<string, unknown[]>> {
  const all: Record<string, unknown[]> = {};
  for (const [table, order] of Object.entries(TABLES)) {
    all[table] = await rows(`SELECT * FROM ${table} ORDER BY ${order}`);
  }
  all['stock_positions'] = await rows(
    `SELECT sku_id, node_id, account, sum(qty) AS qty, sum(movements) AS movements,
            max(last_seq) AS last_seq
     FROM stock_positions GROUP BY sku_id, node_id, account ORDER BY sku_id, node_id, account`,
  );
  return all;
}
