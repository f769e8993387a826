/** The queries that ship with the system: the questions of executives, ready to be run and changed. */
import type { ExampleQuery } from '../../contracts/sql.ts';
import type { Question } from '../../platform/clickhouse/questions.ts';

const DAY_MS = 86_400_000;
const SPAN_DAYS = 28;
const ROWS = 100;

/** @param nowMs end of the window that they ask about to begin with */
export function exampleQueries(questions: readonly Question[], nowMs: number): ExampleQuery[] {
  return questions.map(({ name, note, question, row, sql }) => ({
    name,
    title: question,
    description: note === null ? `A row: ${row}` : `A row: ${row}. ${note}`,
    query: sql.trim(),
    params: {
      from: instantOf(nowMs - SPAN_DAYS * DAY_MS),
      to: instantOf(nowMs),
      limit: String(ROWS),
    },
  }));
}

/** As ClickHouse reads a DateTime64(3, 'UTC'). */
function instantOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 23).replace('T', ' ');
}
