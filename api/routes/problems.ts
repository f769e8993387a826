/** The problem document as OpenAPI shows it, and the API's own expected troubles as problems. */
import { Type } from 'typebox';
import { ProblemError } from '../../platform/http/problem.ts';
import { GateFull } from '../kpi/gate.ts';
import { LedgerUnavailable } from '../ledger.ts';

/** RFC 9457; platform/http/problem.ts makes it. */
export const ProblemDocument = Type.Object(
  {
    type: Type.String({ description: 'urn:stocktide:problem:<kind>' }),
    title: Type.String(),
    status: Type.Integer(),
    detail: Type.String(),
    field: Type.Optional(Type.String()),
    value: Type.Optional(Type.String()),
    allowed: Type.Optional(Type.String()),
    requestId: Type.Optional(Type.String()),
  },
  { description: 'What is wrong, where, and what would be right (RFC 9457)' },
);

/** The error as it should be answered; one that is none of ours stays what it is. */
export function asProblem(error: unknown): unknown {
  if (error instanceof GateFull) {
    return new ProblemError({
      status: 503,
      kind: 'too-many-questions',
      title: 'Too many questions at once',
      detail: error.message,
      retryAfterS: 1,
    });
  }
  if (!(error instanceof LedgerUnavailable)) return error;
  return new ProblemError({
    status: 503,
    kind: `ledger-${error.code.replaceAll('_', '-')}`,
    title: 'The stock ledger does not answer',
    detail: error.message,
    retryAfterS: 1,
  });
}

/** Whatever ClickHouse's client throws is ClickHouse's trouble: come again. */
export async function readingClickHouse<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof ProblemError || error instanceof GateFull) throw error;
    throw new ProblemError({
      status: 503,
      kind: 'clickhouse-unavailable',
      title: 'ClickHouse does not answer',
      detail: `ClickHouse does not answer the query: ${error instanceof Error ? error.message : String(error)}`,
      retryAfterS: 2,
    });
  }
}
