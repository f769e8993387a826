/** Requests of the SQL view. */
import type {
  SavedQueries,
  SavedQuery,
  SavedQueryDraft,
  SchemaView,
  SqlFormat,
  SqlProgress,
} from '../../../contracts/sql.ts';
import { ApiError, errorOf, getJson, reach } from './api.ts';
import { MAX_ROWS, resultOf, type CompactStrings, type Result } from './sql.ts';

export interface AskedSql {
  readonly query: string;
  readonly params: Readonly<Record<string, string>>;
}

/** The first rows of a result, to be looked at. Rejects with an ApiError, or the signal's reason. */
export async function lookAt(
  asked: AskedSql,
  queryId: string,
  signal: AbortSignal,
): Promise<Result> {
  const limits = { rows: MAX_ROWS + 1, overflow: 'cut' };
  const body = { ...asked, format: 'JSONCompactStrings', limits, query_id: queryId };
  const response = await post(body, signal);
  return resultOf((await response.json()) as CompactStrings);
}

/** The whole result as a file. */
export async function exportAs(
  asked: AskedSql,
  { format, name }: { format: SqlFormat; name: string },
  signal: AbortSignal,
): Promise<Blob> {
  const response = await post({ ...asked, format, name }, signal);
  return response.blob();
}

export const readProgress = (queryId: string, signal: AbortSignal) =>
  getJson<SqlProgress>(`/v1/sql/${queryId}`, signal);

export const listSaved = (signal: AbortSignal) => getJson<SavedQueries>('/v1/sql/saved', signal);
export const readSchema = (signal: AbortSignal) => getJson<SchemaView>('/v1/schema', signal);

/** Saves a new one, or (`etag`) a further version of one that was seen. */
export async function saveQuery(
  name: string,
  draft: SavedQueryDraft,
  etag: string | null,
): Promise<SavedQuery> {
  const response = await reach(`/v1/sql/saved/${name}`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json', ...(etag === null ? {} : { 'if-match': etag }) },
    body: JSON.stringify(draft),
  });
  if (!response.ok) throw await errorOf(response);
  return (await response.json()) as SavedQuery;
}

export async function removeQuery({ etag, name }: SavedQuery): Promise<void> {
  const response = await reach(`/v1/sql/saved/${name}`, {
    method: 'DELETE',
    headers: { 'if-match': etag },
  });
  if (!response.ok) throw await errorOf(response);
}

/** Where in the query a fault is, as a problem says it. */
export interface FaultPlace {
  readonly offset: number;
  readonly length: number;
}

export function placeOf(error: unknown): FaultPlace | null {
  return error instanceof ApiError ? (error.position ?? null) : null;
}

async function post(body: object, signal: AbortSignal): Promise<Response> {
  const response = await reach('/v1/sql', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    signal,
  });
  if (!response.ok) throw await errorOf(response);
  return response;
}
