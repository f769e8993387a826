/**
 * Descriptions of SKUs, from the table `items`, for answers that people read.
 *
 * A cache in front of ClickHouse: an answer about stock never waits longer for a description than
 * `waitMs`, and goes out without one when ClickHouse is away. One query runs at a time and takes all
 * that is wanted by then. Bounded by `entries`, least recently used first out.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { ClickHouseClient } from '@clickhouse/client';
import type { Log } from '../../platform/log.ts';
import type { Metrics } from '../../platform/metrics.ts';
import type { ItemLimits } from '../limits.ts';
import { queryRows } from './query.ts';

/** After a failed query ClickHouse is left alone this long. */
const RETRY_MS = 1000;

interface ItemRow {
  readonly sku_id: string;
  readonly description: string;
}

interface Entry {
  readonly description: string | null;
  readonly readAtMs: number;
}

export class Items {
  readonly #client: ClickHouseClient;
  readonly #limits: ItemLimits;
  readonly #log: Log;
  readonly #metrics: ReturnType<typeof itemMetrics>;
  /** Least recently used first. */
  readonly #entries = new Map<string, Entry>();
  readonly #wanted = new Set<string>();
  /** The query under way, and the one that follows it. */
  #running: Promise<void> = Promise.resolve();
  #next: Promise<void> | null = null;
  #retryAtMs = 0;

  constructor(options: {
    client: ClickHouseClient;
    limits: ItemLimits;
    log: Log;
    metrics: Metrics;
  }) {
    this.#client = options.client;
    this.#limits = options.limits;
    this.#log = options.log;
    this.#metrics = itemMetrics(options.metrics);
  }

  /** Descriptions of SKUs; null for one that has none, or that ClickHouse did not give in time. */
  async describe(skus: readonly string[]): Promise<Map<string, string | null>> {
    const staleBefore = Date.now() - this.#limits.freshMs;
    const unknown = skus.filter((sku) => !this.#entries.has(sku));
    const stale = skus.filter((sku) => (this.#entries.get(sku)?.readAtMs ?? 0) < staleBefore);
    if (stale.length > 0) {
      const loaded = this.#load(stale);
      if (unknown.length > 0) {
        await Promise.race([loaded, sleep(this.#limits.waitMs, undefined, { ref: false })]);
      }
    }
    return new Map(skus.map((sku) => [sku, this.#use(sku)]));
  }

  /**
   * SKUs whose description contains the text, the shortest description first. None while ClickHouse
   * is away: a search by id is worth having without it.
   */
  async search(text: string, limit: number): Promise<string[]> {
    const rows = await this.#rows(
      `SELECT sku_id, description FROM items FINAL
       WHERE positionCaseInsensitiveUTF8(description, {text:String}) > 0
       ORDER BY length(description), sku_id LIMIT {limit:UInt32}`,
      { text, limit },
    );
    for (const row of rows ?? []) this.#keep(row.sku_id, row.description);
    return rows?.map((row) => row.sku_id) ?? [];
  }

  #use(sku: string): string | null {
    const entry = this.#entries.get(sku);
    if (entry === undefined) return null;
    this.#entries.delete(sku);
    this.#entries.set(sku, entry);
    return entry.description;
  }

  #keep(sku: string, description: string | null): void {
    this.#entries.delete(sku);
    this.#entries.set(sku, { description, readAtMs: Date.now() });
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= this.#limits.entries) break;
      this.#entries.delete(oldest);
    }
    this.#metrics.entries.set(this.#entries.size);
  }

  #load(skus: readonly string[]): Promise<void> {
    for (const sku of skus) this.#wanted.add(sku);
    this.#next ??= this.#running.then(() => this.#readWanted());
    return this.#next;
  }

  #readWanted(): Promise<void> {
    const skus = [...this.#wanted];
    this.#wanted.clear();
    this.#next = null;
    this.#running = this.#read(skus);
    return this.#running;
  }

  async #read(skus: readonly string[]): Promise<void> {
    const rows = await this.#rows(
      'SELECT sku_id, description FROM items FINAL WHERE sku_id IN {skus:Array(String)}',
      { skus },
    );
    if (rows === null) return;
    const found = new Map(rows.map((row) => [row.sku_id, row.description]));
    for (const sku of skus) this.#keep(sku, found.get(sku) || null);
  }

  /** Rows of a query, or null when ClickHouse does not give them or has just refused. */
  async #rows(query: string, params: Record<string, unknown>): Promise<ItemRow[] | null> {
    if (Date.now() < this.#retryAtMs) return null;
    try {
      return await queryRows<ItemRow>(this.#client, query, params);
    } catch (error) {
      this.#retryAtMs = Date.now() + RETRY_MS;
      this.#metrics.failures.inc();
      this.#log.warn({ err: error }, 'descriptions cannot be read from ClickHouse');
      return null;
    }
  }
}

function itemMetrics(metrics: Metrics) {
  return {
    entries: metrics.gauge('stocktide_items_cached', 'Descriptions of SKUs in the cache'),
    failures: metrics.counter('stocktide_items_failures_total', 'Reads of items that failed'),
  };
}
