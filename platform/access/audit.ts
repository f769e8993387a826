/**
 * The audit of access: decisions as they fall, into the table `access_audit` a block a second.
 *
 *   decision ─▶ one row for all that are the same within the second ─▶ block ─▶ ClickHouse
 *
 * Whoever hammers at the door makes one row a second, not thousands. While ClickHouse is away a block
 * waits and is sent again under its token, and what is decided meanwhile gathers, up to `rows`; beyond that
 * the decision is counted in a metric and stands in the log alone. What is gathered when the process is
 * killed is lost: at most a second of it.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ClickHouseClient } from '@clickhouse/client';
import { insertRows } from '../clickhouse/insert.ts';
import type { Decision, DecisionContext } from '../http/access.ts';
import type { Log } from '../log.ts';
import type { Metrics } from '../metrics.ts';

export interface AuditOptions {
  readonly process: string;
  readonly client: ClickHouseClient;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly nowMs: () => number;
}

export const AUDIT_LIMITS = {
  rows: 1000,
  everyMs: 1000,
  stopMs: 2000,
  detailCharacters: 300,
} as const;

const COLUMNS = [
  ...['at', 'id', 'process', 'action', 'subject', 'credential', 'reason', 'detail'],
  ...['address', 'method', 'route', 'count'],
];

type Kept = Decision & DecisionContext;
interface Row extends Kept {
  readonly atMs: number;
  count: number;
}

export class AccessAudit {
  readonly #options: AuditOptions;
  readonly #rows = new Map<string, Row>();
  readonly #dropped;
  readonly #timer: NodeJS.Timeout;
  /** The block that is on its way, until it has arrived. */
  #block: { readonly lines: string; readonly token: string } | null = null;
  #flushing: Promise<void> | null = null;

  constructor(options: AuditOptions) {
    this.#options = options;
    this.#dropped = options.metrics.counter(
      'stocktide_access_audit_dropped_total',
      'Decisions about access that only the log has, since ClickHouse was away for too long',
    );
    this.#timer = setInterval(() => void this.flush(), AUDIT_LIMITS.everyMs);
  }

  readonly keep = (decision: Kept): void => {
    const { log, nowMs } = this.#options;
    const key = JSON.stringify(decision);
    const known = this.#rows.get(key);
    if (known !== undefined) {
      known.count += 1;
      return;
    }
    log.info({ decision }, 'access');
    if (this.#rows.size >= AUDIT_LIMITS.rows) return this.#dropped.inc();
    this.#rows.set(key, { ...decision, atMs: nowMs(), count: 1 });
  };

  /** Sends what has gathered; one block at a time. A failure is tried again with the next beat. */
  flush(): Promise<void> {
    this.#flushing ??= this.#send().finally(() => (this.#flushing = null));
    return this.#flushing;
  }

  /** Sends the rest, if ClickHouse takes it in time. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    const rest = this.flush().then(() => this.flush());
    await Promise.race([rest, sleep(AUDIT_LIMITS.stopMs, undefined, { ref: false })]);
  }

  async #send(): Promise<void> {
    const { client, log, process } = this.#options;
    if (this.#block === null && this.#rows.size > 0) {
      const rows = [...this.#rows.values()].map((row) => lineOf(row, process));
      this.#block = { lines: rows.join(''), token: `${process}.access_audit.${randomUUID()}` };
      this.#rows.clear();
    }
    if (this.#block === null) return;
    try {
      await insertRows(client, { table: 'access_audit', columns: COLUMNS, ...this.#block });
      this.#block = null;
    } catch (error) {
      log.debug({ err: error }, 'the audit of access waits for ClickHouse');
    }
  }
}

function lineOf(row: Row, process: string): string {
  const { action, address, count, credential, method, reason, route, subject } = row;
  const detail = row.detail.slice(0, AUDIT_LIMITS.detailCharacters);
  return `${JSON.stringify([
    ...[new Date(row.atMs).toISOString(), randomUUID(), process, action, subject, credential],
    ...[reason, detail, address, method, route, count],
  ])}\n`;
}
