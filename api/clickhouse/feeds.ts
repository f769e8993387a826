/** What ClickHouse knows of the feeds: their course by the hour, and what was decided about refused events. */
import type { ClickHouseClient } from '@clickhouse/client';
import type { FeedPoint, SettledEvent } from '../../contracts/feeds.ts';
import { queryRows } from './query.ts';

const HOUR_MS = 3_600_000;
const INSTANT = '%Y-%m-%dT%H:%i:%S.%fZ';

interface Hour {
  readonly source: string;
  readonly hour: string;
  readonly events: number;
  readonly first_events: number;
  readonly rejected: number;
  readonly first_rejected: number;
  readonly late_p50_ms: number | null;
  readonly late_p95_ms: number | null;
}

/** The hours up to now of each source. What came within an hour is the difference of two counts. */
export async function readFeedSeries(
  client: ClickHouseClient,
  { hours, nowMs }: { nowMs: number; hours: number },
): Promise<ReadonlyMap<string, FeedPoint[]>> {
  const rows = await queryRows<Hour>(
    client,
    `SELECT
       source,
       formatDateTime(toStartOfHour(s.at), '${INSTANT}', 'UTC') AS hour,
       max(s.events) AS events,
       min(s.events) AS first_events,
       max(s.rejected) AS rejected,
       min(s.rejected) AS first_rejected,
       argMax(tuple(s.late_p50_ms), s.at).1 AS late_p50_ms,
       argMax(tuple(s.late_p95_ms), s.at).1 AS late_p95_ms
     FROM feed_stats AS s
     WHERE s.at > fromUnixTimestamp64Milli({from:Int64}) AND s.at <= fromUnixTimestamp64Milli({to:Int64})
     GROUP BY source, toStartOfHour(s.at)
     ORDER BY source, hour`,
    { from: nowMs - (hours + 1) * HOUR_MS, to: nowMs },
  );
  const bySource = new Map<string, FeedPoint[]>();
  let before: Hour | null = null;
  for (const row of rows) {
    const known = before?.source === row.source ? before : null;
    const points = bySource.get(row.source) ?? [];
    points.push({
      at: row.hour,
      events: difference(row.events, known?.events ?? row.first_events),
      rejected: difference(row.rejected, known?.rejected ?? row.first_rejected),
      ...{ late_p50_ms: row.late_p50_ms, late_p95_ms: row.late_p95_ms },
    });
    bySource.set(row.source, points);
    before = row;
  }
  return bySource;
}

/** Counts begin anew when a source was forgotten. */
function difference(now: number, before: number): number {
  return now >= before ? now - before : now;
}

/** The newest decisions about refused events. */
export async function readSettled(
  client: ClickHouseClient,
  limit: number,
): Promise<SettledEvent[]> {
  return queryRows<SettledEvent>(
    client,
    `SELECT
       JSONExtractInt(e.data, 'letter') AS letter,
       JSONExtractString(e.data, 'settlement') AS settlement,
       formatDateTime(e.time, '${INSTANT}', 'UTC') AS time,
       JSONExtractString(e.data, 'actor') AS actor,
       JSONExtractString(e.data, 'reason') AS reason,
       JSONExtractString(e.data, 'rejected_for') AS rejected_for,
       JSONExtractString(e.data, 'about_source') AS source,
       JSONExtractString(e.data, 'about_id') AS id
     FROM events AS e
     WHERE e.type = 'stocktide.rejection.settled.v1'
     ORDER BY e.seq DESC
     LIMIT {limit:UInt32}`,
    { limit },
  );
}
