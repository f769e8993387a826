/** What a backtest asks of the archive beside the events themselves. */
import type { LogEventOf } from '../../../contracts/events.ts';
import type { ClickHouse } from '../../../platform/clickhouse/client.ts';
import type { Judgement } from './truth.ts';

const NUMBERS = { output_format_json_quote_64bit_integers: 0 } as const;
/** Log sequences that one query covers: the local host holds an answer in memory as a whole. */
const PAGE = 500_000;

export interface Extent {
  readonly events: number;
  readonly firstSeq: number;
  readonly lastSeq: number;
}

export async function archiveExtent(clickhouse: ClickHouse): Promise<Extent> {
  const result = await clickhouse.query({
    query: 'SELECT count(), min(seq), max(seq) FROM events',
    format: 'JSONCompactEachRow',
    clickhouse_settings: NUMBERS,
  });
  const [[events, firstSeq, lastSeq] = [0, 0, 0]] = await result.json<[number, number, number]>();
  return { events, firstSeq, lastSeq };
}

/** Sequence of each finding that processors raised, by its id. */
export async function findingPlaces(
  clickhouse: ClickHouse,
  lastSeq: number,
): Promise<Map<string, number>> {
  const places = new Map<string, number>();
  for (let from = 0; from < lastSeq; from += PAGE) {
    const result = await clickhouse.query({
      query: `SELECT id, seq FROM events
              WHERE seq > {from:UInt64} AND seq <= {to:UInt64}
                AND type = 'stocktide.finding.raised.v1'
                AND startsWith(source, 'urn:stocktide:processor:')
              ORDER BY seq`,
      query_params: { from, to: from + PAGE },
      format: 'JSONCompactEachRow',
      clickhouse_settings: NUMBERS,
    });
    for await (const rows of result.stream<[string, number]>()) {
      for (const row of rows) {
        const [id, seq] = row.json();
        if (!places.has(id)) places.set(id, seq);
      }
    }
  }
  return places;
}

/** What people judged, in the order of the log; also after the span, since a verdict takes its time. */
export async function judgements(clickhouse: ClickHouse): Promise<Judgement[]> {
  const result = await clickhouse.query({
    query: `SELECT event FROM events
            WHERE type = 'stocktide.case.commanded.v1'
              AND JSONExtractString(event, 'data', 'command') = 'judge'
            ORDER BY seq`,
    format: 'JSONCompactEachRow',
  });
  const rows = await result.json<[string]>();
  return rows.flatMap(([raw]) => {
    const { data, time } = JSON.parse(raw) as LogEventOf<'case.commanded'>;
    if (data.command !== 'judge') return [];
    return [{ caseId: data.case_id, verdict: data.verdict, atMs: Date.parse(time) }];
  });
}
