/** Archived events in log order, for rebuilding state that the LOG no longer reaches back to. */
import type { LogEvent } from '../../contracts/events.ts';
import { typeName } from '../../contracts/envelope.ts';
import { logSubject, type RoutingKeys } from '../../contracts/subjects.ts';
import type { ClickHouse } from '../../platform/clickhouse/client.ts';

export interface ArchivedEvent {
  readonly seq: number;
  readonly subject: string;
  readonly raw: string;
  readonly event: LogEvent;
}

/** Log sequences that one query covers: the local host holds an answer in memory as a whole. */
const PAGE = 20_000;

/** Events with from < seq ≤ to. */
export async function* archivedEvents(
  clickhouse: ClickHouse,
  range: { from: number; to: number },
): AsyncGenerator<ArchivedEvent, void, undefined> {
  for (let { from } = range; from < range.to; from += PAGE) {
    const to = Math.min(from + PAGE, range.to);
    const result = await clickhouse.query({
      query: `SELECT seq, event FROM events
              WHERE seq > {from:UInt64} AND seq <= {to:UInt64} ORDER BY seq`,
      query_params: { from, to },
      format: 'JSONCompactEachRow',
      clickhouse_settings: { output_format_json_quote_64bit_integers: 0 },
    });
    for await (const rows of result.stream<[number, string]>()) {
      for (const row of rows) {
        const [seq, raw] = row.json();
        const event = JSON.parse(raw) as LogEvent;
        const name = typeName(event.type) ?? '';
        yield { seq, raw, event, subject: logSubject(name, event.data as RoutingKeys) };
      }
    }
  }
}
