/**
 * The UCI Online Retail file against what a replay of it left in ClickHouse, per stock code: lines, units
 * sold, cancelled, written off and found.
 *
 *   node --import tsx test/support/uci-compare.ts <ClickHouse URL> [file.csv|file.csv.gz]
 */
import { fileURLToPath } from 'node:url';
import { createClient, type ClickHouseClient } from '@clickhouse/client';
import { expectedTotals, noTotals, UCI_FILE, type UciTotals } from './uci-expected.ts';

export interface UciDifference {
  readonly sku: string;
  readonly expected: UciTotals;
  readonly found: UciTotals;
}

export interface UciComparison {
  readonly skus: number;
  readonly totals: UciTotals;
  readonly differing: readonly UciDifference[];
}

/** Lines are those of orders, refunds and adjustments; opening stock is not from the file. */
const TOTALS = `
  SELECT
    sku_id,
    toUInt32(countIf(type = 'stocktide.order.line.created.v1')
      + countIf(type = 'stocktide.refund.issued.v1')
      + countIf(type = 'stocktide.inventory.adjusted.v1')) AS lines,
    toUInt32(sumIf(qty, type = 'stocktide.order.line.created.v1')) AS unitsSold,
    toUInt32(sumIf(qty, type = 'stocktide.refund.issued.v1')) AS unitsCancelled,
    toUInt32(-sumIf(delta, delta < 0)) AS writtenOff,
    toUInt32(sumIf(delta, delta > 0)) AS found
  FROM (
    SELECT sku_id, type, JSONExtractInt(data, 'qty') AS qty, JSONExtractInt(data, 'qty_delta') AS delta
    FROM events
    WHERE source = 'https://shop.example/uci-online-retail'
      AND sku_id != ''
      AND JSONExtractString(data, 'reason_code') != 'opening_balance'
  )
  GROUP BY sku_id
  HAVING lines > 0`;

/** Units that moved, which must be those of the events: dispatched, returned, written off and found. */
const MOVED = `
  SELECT
    toUInt32(sumIf(qty, kind = 'dispatch')) AS dispatched,
    toUInt32(sumIf(qty, kind = 'adjustment' AND from_account = 'available')) AS writtenOff,
    toUInt32(sumIf(qty, kind = 'adjustment' AND to_account = 'available'
      AND NOT startsWith(reason, 'opening_balance'))) AS found
  FROM stock_movements
  WHERE source = 'https://shop.example/uci-online-retail'`;

export async function compareUci(client: ClickHouseClient, file: string): Promise<UciComparison> {
  const expected = expectedTotals(file);
  const rows = await select<UciTotals & { sku_id: string }>(client, TOTALS);
  const found = new Map(rows.map(({ sku_id, ...totals }) => [sku_id, totals]));
  const skus = new Set([...expected.keys(), ...found.keys()]);
  const differing = [...skus].flatMap((sku) => {
    const sides = {
      expected: expected.get(sku) ?? noTotals(),
      found: found.get(sku) ?? noTotals(),
    };
    const names = Object.keys(noTotals()) as (keyof UciTotals)[];
    const equal = names.every((name) => sides.expected[name] === sides.found[name]);
    return equal ? [] : [{ sku, ...sides }];
  });
  const totals = noTotals();
  for (const each of found.values()) {
    for (const name of Object.keys(totals) as (keyof UciTotals)[]) totals[name] += each[name];
  }
  return { skus: skus.size, totals, differing };
}

/** Units in `stock_movements` over all SKUs. */
export async function movedUnits(client: ClickHouseClient) {
  type Moved = { dispatched: number; writtenOff: number; found: number };
  const [moved] = await select<Moved>(client, MOVED);
  return moved;
}

async function select<T>(client: ClickHouseClient, query: string): Promise<T[]> {
  const result = await client.query({ query, format: 'JSONEachRow' });
  return await result.json<T>();
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [url = 'http://127.0.0.1:8123', file = UCI_FILE] = process.argv.slice(2);
  const client = createClient({ url, database: 'stocktide' });
  const { differing, skus, totals } = await compareUci(client, file);
  const moved = await movedUnits(client);
  await client.close();
  for (const difference of differing.slice(0, 10))
    process.stderr.write(`${JSON.stringify(difference)}\n`);
  const result = { skus, differing: differing.length, totals, moved };
  process.stdout.write(`${JSON.stringify(result)}\n`);
  process.exitCode = differing.length === 0 ? 0 : 1;
}
