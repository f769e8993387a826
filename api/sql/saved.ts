/**
 * Saved queries, in a key-value bucket of NATS: one record per name, its revision is its version.
 *
 * Whoever changes or removes one says which version they saw. The store compares and sets in one step, so
 * that of two people who save at once the second is told of the first, and nobody overwrites unseen.
 */
import { ErrorCode, NatsError, type KV, type KvEntry } from 'nats';
import { SAVED_NAME_PATTERN, type SavedQuery, type SavedQueryDraft } from '../../contracts/sql.ts';
import { ProblemError } from '../../platform/http/problem.ts';
import type { NatsLink } from '../../platform/nats/connect.ts';
import { SAVED_QUERY_BUCKET } from '../../platform/nats/streams.ts';

export interface SavedQueriesOptions {
  /** Null while NATS is away. */
  readonly link: () => NatsLink | null;
  /** Most of them. */
  readonly limit: number;
  readonly nowMs: () => number;
}

type Stored = Omit<SavedQuery, 'name' | 'etag'>;

const WRONG_LAST_SEQUENCE = 10_071;
const NAME = new RegExp(SAVED_NAME_PATTERN);

export class SavedQueryStore {
  readonly #options: SavedQueriesOptions;

  constructor(options: SavedQueriesOptions) {
    this.#options = options;
  }

  /** All of them by title. */
  async list(): Promise<SavedQuery[]> {
    return this.#asking(async (kv) => {
      const found: SavedQuery[] = [];
      for await (const entry of await kv.history()) {
        const saved = savedOf(entry);
        if (saved !== null) found.push(saved);
      }
      return found.sort((a, b) => a.title.localeCompare(b.title) || (a.name < b.name ? -1 : 1));
    });
  }

  /** Throws a 404 when there is none. */
  async get(name: string): Promise<SavedQuery> {
    const saved = await this.#asking((kv) => this.#read(kv, name));
    if (saved === null) throw unknown(name);
    return saved;
  }

  /** Saves a new one (`seen` null) or a further version of the one that was seen. */
  async save(
    name: string,
    draft: SavedQueryDraft,
    { by, seen }: { by: string; seen: string | null },
  ): Promise<SavedQuery> {
    return this.#asking(async (kv) => {
      const current = await this.#read(kv, name);
      requireSeen(name, current, seen);
      if (current === null && (await this.list()).length >= this.#options.limit) {
        throw full(this.#options.limit);
      }
      const savedAt = new Date(this.#options.nowMs()).toISOString();
      const stored: Stored = { ...draft, saved_by: by, saved_at: savedAt };
      const bytes = JSON.stringify(stored);
      const revision = await this.#comparing(kv, name, seen, () =>
        current === null ? kv.create(name, bytes) : kv.update(name, bytes, revisionOf(current)),
      );
      return { name, ...stored, etag: etagOf(revision) };
    });
  }

  async remove(name: string, seen: string | null): Promise<void> {
    await this.#asking(async (kv) => {
      const current = await this.#read(kv, name);
      if (current === null) throw unknown(name);
      requireSeen(name, current, seen);
      await this.#comparing(kv, name, seen, () =>
        kv.delete(name, { previousSeq: revisionOf(current) }),
      );
    });
  }

  async #read(kv: KV, name: string): Promise<SavedQuery | null> {
    if (!NAME.test(name)) return null;
    const entry = await kv.get(name);
    return entry === null ? null : savedOf(entry);
  }

  /** Writes; when somebody else was faster, says so as if it had been seen before. */
  async #comparing<T>(
    kv: KV,
    name: string,
    seen: string | null,
    write: () => Promise<T>,
  ): Promise<T> {
    try {
      return await write();
    } catch (error) {
      const code = error instanceof NatsError ? error.api_error?.err_code : undefined;
      if (code !== WRONG_LAST_SEQUENCE) throw error;
      throw changed(name, await this.#read(kv, name), seen);
    }
  }

  async #asking<T>(ask: (kv: KV) => Promise<T>): Promise<T> {
    const link = this.#options.link();
    if (link?.connected !== true) throw unavailable('NATS is not connected');
    try {
      return await ask(await link.js.views.kv(SAVED_QUERY_BUCKET, { bindOnly: true }));
    } catch (error) {
      if (!(error instanceof NatsError)) throw error;
      throw unavailable(
        error.code === String(ErrorCode.Timeout) ? 'NATS did not answer in time' : error.message,
      );
    }
  }
}

function savedOf(entry: KvEntry): SavedQuery | null {
  if (entry.operation !== 'PUT') return null;
  return { name: entry.key, ...entry.json<Stored>(), etag: etagOf(entry.revision) };
}

const etagOf = (revision: number) => `"${revision}"`;
const revisionOf = ({ etag }: SavedQuery) => Number(etag.slice(1, -1));

function requireSeen(name: string, current: SavedQuery | null, seen: string | null): void {
  if (current === null ? seen === null : seen === current.etag) return;
  if (current !== null && seen === null) throw versionNeeded(current);
  throw changed(name, current, seen);
}

function versionNeeded({ etag, name, saved_at, saved_by }: SavedQuery): ProblemError {
  return new ProblemError({
    status: 428,
    kind: 'version-needed',
    title: 'There is one of this name',
    detail: `${saved_by} saved ${name} at ${saved_at}; to replace it send its version as If-Match`,
    field: 'if-match',
    allowed: etag,
  });
}

function changed(name: string, current: SavedQuery | null, seen: string | null): ProblemError {
  const by = current === null ? 'removed' : `saved by ${current.saved_by} at ${current.saved_at}`;
  return new ProblemError({
    status: 412,
    kind: 'changed-meanwhile',
    title: 'It was changed meanwhile',
    detail: `${name} was ${by}: look at it, then save over it or under another name`,
    field: 'if-match',
    value: seen ?? '',
    allowed: current?.etag,
  });
}

function unknown(name: string): ProblemError {
  return new ProblemError({
    status: 404,
    kind: 'unknown-saved-query',
    title: 'No such query',
    detail: 'No query is saved under this name; /v1/sql/saved lists them',
    ...{ field: 'name', value: name },
  });
}

function full(limit: number): ProblemError {
  return new ProblemError({
    status: 409,
    kind: 'saved-queries-full',
    title: 'There is no room for another query',
    detail: `${limit} queries are saved; remove one first`,
  });
}

function unavailable(detail: string): ProblemError {
  return new ProblemError({
    status: 503,
    kind: 'nats-unavailable',
    title: 'NATS does not answer',
    detail: `Saved queries are kept in NATS: ${detail}`,
    retryAfterS: 1,
  });
}
