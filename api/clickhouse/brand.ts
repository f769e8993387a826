/** What is true of the whole brand: the currency that sums of money are in. */
import type { ClickHouseClient } from '@clickhouse/client';
import { queryRows } from './query.ts';

/**
 * The house currency: as a policy decided, else that of the first order line, as the processors take it. Null
 * before either.
 */
export async function readHouseCurrency(client: ClickHouseClient): Promise<string | null> {
  const [decided] = await queryRows<{ currency: string }>(
    client,
    `SELECT JSONExtractString(value, 'house_currency') AS currency
     FROM policy_events
     WHERE policy = 'measurement' AND currency != ''
     ORDER BY time DESC, seq DESC LIMIT 1`,
    {},
  );
  if (decided !== undefined) return decided.currency;
  const [seen] = await queryRows<{ currency: string }>(
    client,
    "SELECT currency FROM order_lines WHERE currency != '' ORDER BY seq LIMIT 1",
    {},
  );
  return seen?.currency ?? null;
}
