/**
 * The simulated brand through the real door's contract, every processor and the real ClickHouse engine, as
 * fast as they go, with what must hold along the way:
 *
 *   every simulated hour   open orders by stage in the ledger, and as the rows of order_stages add up
 *   at the end             units and money from order to refund against a count of the producer's own events
 *   once more              the same log again: every table, row for row
 *
 *     node --import tsx test/support/brand-run.ts --days 28 --orders-per-day 2000 --peak
 *
 * prints one JSON line; `differing` is 0 when all of it holds.
 */
import { createHash, type Hash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { explode } from '../../contracts/explode.ts';
import { checkEvent } from '../../contracts/validate.ts';
import { createClickHouse, type ClickHouse } from '../../platform/clickhouse/client.ts';
import { insertRows } from '../../platform/clickhouse/insert.ts';
import { migrate } from '../../platform/clickhouse/migrate.ts';
import { readConfig } from '../../platform/config.ts';
import { createLog } from '../../platform/log.ts';
import type { Orders } from '../../processors/orders/orders.ts';
import type { TableName } from '../../processors/processor.ts';
import { Batch } from '../../processors/runtime/batch.ts';
import { Reduction } from '../../processors/runtime/reduction.ts';
import { createSlice } from '../../processors/runtime/slices.ts';
import { createBrand, createState, openingEvents } from '../../simulator/brand.ts';
import type { SimEvent } from '../../simulator/world.ts';
import { startTestClickHouse } from './servers.ts';

export interface BrandRunOptions {
  readonly days: number;
  readonly ordersPerDay: number;
  readonly skuCount: number;
  readonly peak: boolean;
  readonly seed: number;
  /** Of a ClickHouse server, and an empty database for the run. */
  readonly url: string;
  readonly database: string;
  readonly say?: (line: string) => void;
}

export interface BrandRunResult {
  readonly events: number;
  readonly logEvents: number;
  readonly hours: number;
  readonly orders: number;
  /** What did not hold, in words; the first few. */
  readonly differences: readonly string[];
  readonly differing: number;
  readonly microsPerLogEvent: number;
}

const HOUR_MS = 3_600_000;
const START_MS = Date.parse('2026-03-02T00:00:00Z');
const MIGRATIONS = fileURLToPath(new URL('../../sql/migrations', import.meta.url));
const FLUSH_ROWS = 20_000;
const MAX_TOLD = 20;

export async function runBrand(options: BrandRunOptions): Promise<BrandRunResult> {
  const { database, url } = options;
  const client = createClickHouse(
    readConfig({ CLICKHOUSE_URL: url, CLICKHOUSE_DATABASE: database }),
  );
  const log = createLog({ name: 'brand-run', level: 'error', format: 'pretty' });
  try {
    await migrate(client, { dir: MIGRATIONS, database, log });
    return await new BrandRun(client, options).run();
  } finally {
    await client.close();
  }
}

/** Stages in the order in which they are compared. */
type Stages = Readonly<Record<string, number>>;

class BrandRun {
  readonly #client: ClickHouse;
  readonly #options: BrandRunOptions;
  readonly #first = new Replica();
  readonly #second = new Replica();
  readonly #books = new ProducerBooks();
  readonly #hours: { readonly nowMs: number; readonly stages: Stages }[] = [];
  readonly #differences: string[] = [];
  #differing = 0;
  #events = 0;
  #seq = 0;
  #flushes = 0;
  #cpuMicros = 0;

  constructor(client: ClickHouse, options: BrandRunOptions) {
    this.#client = client;
    this.#options = options;
  }

  async run(): Promise<BrandRunResult> {
    const { days, ordersPerDay, peak, say = () => undefined, seed, skuCount } = this.#options;
    const brand = createBrand(
      createState({ run: `b${seed}`, seed, openedAtMs: START_MS, ordersPerDay, skuCount, peak }),
    );
    await this.#take(openingEvents(brand.state()));
    for (let hour = 1; hour <= days * 24; hour++) {
      await this.#take(brand.advance(START_MS + hour * HOUR_MS));
      const { nowMs, stages } = this.#first.openOrders();
      this.#hours.push({ nowMs, stages });
      if (hour % 24 === 0) say(`day ${hour / 24}: ${this.#seq} events of the log`);
    }
    await this.#flush(0);
    await this.#compareStages();
    await this.#compareBooks();
    this.#compareReplicas();
    return {
      events: this.#events,
      logEvents: this.#seq,
      hours: this.#hours.length,
      orders: this.#books.orders,
      differences: this.#differences,
      differing: this.#differing,
      microsPerLogEvent: Math.round((10 * this.#cpuMicros) / this.#seq) / 10,
    };
  }

  async #take(events: readonly SimEvent[]): Promise<void> {
    for (const event of events) {
      this.#events += 1;
      const checked = checkEvent(event);
      if (!checked.ok) throw new Error(`${event.type} ${event.id}: ${checked.rejection.detail}`);
      this.#books.take(event);
      for (const { event: single, subject } of explode(checked.name, checked.event)) {
        const at = Math.max(Date.parse(event.time), this.#first.nowMs);
        const raw = JSON.stringify({ ...single, ingestedtime: new Date(at).toISOString() });
        this.#seq += 1;
        const before = process.cpuUsage();
        this.#first.apply(this.#seq, subject, raw);
        const { system, user } = process.cpuUsage(before);
        this.#cpuMicros += system + user;
        this.#second.apply(this.#seq, subject, raw);
      }
      await this.#flush(FLUSH_ROWS);
    }
  }

  async #flush(atLeast: number): Promise<void> {
    this.#second.takeBlocks(atLeast);
    for (const { columns, lines, table } of this.#first.takeBlocks(atLeast)) {
      const token = `${table}.${++this.#flushes}`;
      await insertRows(this.#client, { table, columns, lines, token });
    }
  }

  #differ(what: string): void {
    this.#differing += 1;
    if (this.#differences.length < MAX_TOLD) this.#differences.push(what);
  }

  async #rows<T>(query: string): Promise<T[]> {
    const result = await this.#client.query({
      query,
      format: 'JSONEachRow',
      clickhouse_settings: { output_format_json_quote_64bit_integers: 0 },
    });
    return result.json<T>();
  }

  /** Each hour, the ledger against the rows that were known by then. */
  async #compareStages(): Promise<void> {
    const changes = await this.#rows<{ stage: string; known: number; at: number; units: number }>(
      `SELECT stage, toUnixTimestamp64Milli(known_at) AS known,
         toUnixTimestamp64Milli(at) AS at, sum(delta * sign) AS units
       FROM order_stages WHERE stage NOT IN ('shipped', 'delivered', 'cancelled')
       GROUP BY stage, known, at HAVING units != 0 ORDER BY known`,
    );
    const sums = new Map<string, number>();
    let next = 0;
    const later: typeof changes = [];
    for (const { nowMs, stages } of this.#hours) {
      const add = ({ stage, units }: { stage: string; units: number }) =>
        sums.set(stage, (sums.get(stage) ?? 0) + units);
      for (let change = changes[next]; change !== undefined && change.known <= nowMs;) {
        if (change.at <= nowMs) add(change);
        else later.push(change);
        change = changes[++next];
      }
      for (const change of later.splice(0)) {
        if (change.at <= nowMs) add(change);
        else later.push(change);
      }
      for (const stage of new Set([...sums.keys(), ...Object.keys(stages)])) {
        const rows = sums.get(stage) ?? 0;
        const ledger = stages[stage] ?? 0;
        if (rows === ledger) continue;
        const when = new Date(nowMs).toISOString();
        this.#differ(`${when}: ${ledger} orders are ${stage} in the ledger, ${rows} in the rows`);
      }
    }
  }

  async #compareBooks(): Promise<void> {
    const [units] = await this.#rows<Record<string, number>>(
      `SELECT sum(ordered * sign) AS ordered, sum(over_shipped * sign) AS over_shipped,
         sum((cancelled_customer + cancelled_seller + cancelled_system) * sign) AS cancelled,
         sum(shipped * sign) AS shipped, sum(open * sign) AS open
       FROM order_lines`,
    );
    const [money] = await this.#rows<Record<string, string>>(
      `SELECT toString(sum(shipped)) AS shipped, toString(sum(refunded)) AS refunded,
         toString(sum(kept)) AS kept FROM order_money`,
    );
    const [sold] = await this.#rows<{ value: string }>(
      `SELECT toString(sum(value)) AS value FROM measures_day WHERE measure = 'sales_shipped'`,
    );
    const books = this.#books.totals();
    const equal = (what: string, ours: string | number | undefined, theirs: string | number) => {
      if (String(ours) !== String(theirs))
        this.#differ(`${what}: ${ours} in the tables, ${theirs} by the events`);
    };
    equal('units ordered', units?.['ordered'], books.ordered);
    equal('units shipped', units?.['shipped'], books.shipped);
    const {
      cancelled = 0,
      open = 0,
      ordered = 0,
      over_shipped: over = 0,
      shipped = 0,
    } = units ?? {};
    equal(
      'ordered + over-shipped − cancelled − shipped − open',
      ordered + over - cancelled - shipped - open,
      0,
    );
    equal('value shipped', money?.['shipped'], books.shippedValue);
    equal('refunded', money?.['refunded'], books.refundedValue);
    equal('sales_shipped', sold?.value, books.shippedValue);
  }

  #compareReplicas(): void {
    const again = this.#second.digests();
    for (const [table, digest] of this.#first.digests()) {
      if (again.get(table) !== digest) this.#differ(`${table}: another replay gives other rows`);
    }
  }
}

/** All processors over one reading of the log, with a digest of every row they wrote. */
class Replica {
  readonly #slice = createSlice('all', { recentMovements: 200_000 });
  readonly #hashes = new Map<TableName, Hash>();
  readonly #reduction: Reduction;
  #batch = new Batch(0);

  constructor() {
    this.#reduction = new Reduction({
      hosted: this.#slice.hosted,
      recentIds: 1_000_000,
      effects: {
        row: (table, cells) => {
          let hash = this.#hashes.get(table);
          if (hash === undefined) this.#hashes.set(table, (hash = createHash('sha256')));
          hash.update(JSON.stringify(cells));
          this.#batch.add(table, cells);
        },
        finding: () => undefined,
        cleared: () => undefined,
        changed: () => undefined,
        signal: () => undefined,
        aside: ({ detail, raw }) => {
          throw new Error(`${detail}: ${raw}`);
        },
      },
    });
  }

  get nowMs(): number {
    return this.#reduction.intake.nowMs;
  }

  apply(seq: number, subject: string, raw: string): void {
    this.#reduction.apply(seq, subject, raw);
  }

  openOrders(): { nowMs: number; stages: Stages } {
    const orders = this.#slice.hosted
      .map(({ processor }) => processor)
      .find(({ name }) => name === 'orders') as Orders;
    return { nowMs: this.nowMs, stages: { ...orders.openByStage(this.nowMs) } };
  }

  takeBlocks(atLeast: number) {
    if (this.#batch.rows < atLeast) return [];
    const blocks = this.#batch.blocks();
    this.#batch = new Batch(0);
    return blocks;
  }

  digests(): Map<TableName, string> {
    return new Map([...this.#hashes].map(([table, hash]) => [table, hash.copy().digest('hex')]));
  }
}

/** What the producers' events say, added up with nothing of ours but their ids. */
class ProducerBooks {
  readonly #seen = new Set<string>();
  readonly #lines = new Map<string, { qty: number; priceMicros: bigint }>();
  readonly #shipments = new Map<string, { line: string; qty: number }[]>();
  readonly #refunds = new Map<string, bigint>();
  readonly #corrected = new Set<string>();
  readonly #orders = new Set<string>();
  /** Which entry an event made, so that a correction takes it back. */
  readonly #undo = new Map<string, () => void>();

  get orders(): number {
    return this.#orders.size;
  }

  take({ data, id, source, type }: SimEvent): void {
    const key = `${source} ${id}`;
    if (this.#seen.has(key)) return;
    this.#seen.add(key);
    // The types of the union are the producer's business; here only fields count.
    const fields = data as Record<string, unknown>;
    if (type === 'stocktide.event.corrected.v1') {
      const wrong = fields['corrects'] as { source: string; id: string };
      this.#corrected.add(`${wrong.source} ${wrong.id}`);
      this.#undo.get(`${wrong.source} ${wrong.id}`)?.();
      return;
    }
    if (this.#corrected.has(key)) return;
    const lines = (fields['lines'] ?? []) as Record<string, unknown>[];
    const order = idOf(fields['order_id']);
    switch (type) {
      case 'stocktide.order.created.v1':
        this.#orders.add(order);
        for (const line of lines) {
          const price = String(line['unit_price']);
          const entry = { qty: Number(line['qty']), priceMicros: microsOf(price) };
          this.#lines.set(`${order} ${String(line['line_id'])}`, entry);
        }
        return;
      case 'stocktide.order.changed.v1':
        for (const line of lines) {
          const known = this.#lines.get(`${order} ${String(line['line_id'])}`);
          if (known !== undefined) known.qty = Number(line['qty']);
        }
        return;
      case 'stocktide.shipment.dispatched.v1': {
        if (fields['rtv'] === true) return;
        const shipment = String(fields['shipment_id']);
        const entries = lines.map((line) => ({
          line: `${idOf(line['order_id']) || order} ${String(line['line_id'])}`,
          qty: Number(line['qty']),
        }));
        this.#shipments.set(shipment, entries);
        this.#undo.set(key, () => this.#shipments.delete(shipment));
        return;
      }
      case 'stocktide.shipment.voided.v1':
        this.#shipments.delete(String(fields['shipment_id']));
        return;
      case 'stocktide.refund.issued.v1': {
        const refund = String(fields['refund_id']);
        this.#refunds.set(refund, microsOf(String(fields['amount'])));
        this.#undo.set(key, () => this.#refunds.delete(refund));
        return;
      }
      default:
        return;
    }
  }

  totals() {
    let ordered = 0;
    for (const { qty } of this.#lines.values()) ordered += qty;
    let shipped = 0;
    let shippedMicros = 0n;
    for (const { line, qty } of [...this.#shipments.values()].flat()) {
      shipped += qty;
      shippedMicros += (this.#lines.get(line)?.priceMicros ?? 0n) * BigInt(qty);
    }
    let refundedMicros = 0n;
    for (const amount of this.#refunds.values()) refundedMicros += amount;
    return {
      ordered,
      shipped,
      shippedValue: decimalOf(shippedMicros),
      refundedValue: decimalOf(refundedMicros),
    };
  }
}

const idOf = (value: unknown): string => (typeof value === 'string' ? value : '');

function microsOf(amount: string): bigint {
  const [whole = '0', part = ''] = amount.split('.');
  return BigInt(whole) * 1_000_000n + BigInt(part.padEnd(6, '0'));
}

function decimalOf(value: bigint): string {
  const part = String(value % 1_000_000n)
    .padStart(6, '0')
    .replace(/0+$/, '');
  return `${value / 1_000_000n}${part === '' ? '' : `.${part}`}`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({
    options: {
      days: { type: 'string', default: '28' },
      'orders-per-day': { type: 'string', default: '2000' },
      skus: { type: 'string', default: '2000' },
      seed: { type: 'string', default: '7' },
      peak: { type: 'boolean', default: false },
    },
  });
  const host = await startTestClickHouse();
  try {
    const result = await runBrand({
      days: Number(values.days),
      ordersPerDay: Number(values['orders-per-day']),
      skuCount: Number(values.skus),
      seed: Number(values.seed),
      peak: values.peak,
      url: host.url,
      database: 'brand',
      say: (line) => process.stderr.write(`${line}\n`),
    });
    process.stdout.write(`${JSON.stringify(result)}\n`);
    process.exitCode = result.differing === 0 ? 0 : 1;
  } finally {
    await host.stop();
  }
}
