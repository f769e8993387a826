/** One query at a time as state: runs it, says how far it has come, and cancels it. */
import { ApiError } from './api.ts';
import { lookAt, placeOf, readProgress, type AskedSql, type FaultPlace } from './sql-api.ts';
import type { Result } from './sql.ts';

const PROGRESS_MS = 700;
const TICK_MS = 100;

export interface SqlFailure {
  readonly message: string;
  /** What would do instead. */
  readonly mend: string | null;
  readonly place: FaultPlace | null;
}

export class SqlRun {
  #state: 'idle' | 'running' | 'done' | 'failed' | 'cancelled' = $state('idle');
  #result: Result | null = $state.raw(null);
  #failure: SqlFailure | null = $state.raw(null);
  #elapsedMs = $state(0);
  #progress: { readonly rows: number; readonly total: number | null } | null = $state.raw(null);
  #asked: AskedSql | null = $state.raw(null);
  #aborter: AbortController | null = null;

  get state() {
    return this.#state;
  }

  /** Of the last query that came to its end; it stays while the next one runs. */
  get result() {
    return this.#result;
  }

  get failure() {
    return this.#failure;
  }

  get elapsedMs() {
    return this.#elapsedMs;
  }

  get progress() {
    return this.#progress;
  }

  /** What the result answers. */
  get asked() {
    return this.#asked;
  }

  async run(asked: AskedSql): Promise<void> {
    this.cancel();
    const aborter = new AbortController();
    this.#aborter = aborter;
    this.#state = 'running';
    this.#failure = null;
    this.#progress = null;
    const queryId = crypto.randomUUID();
    const stop = this.#watch(queryId, aborter.signal);
    try {
      const result = await lookAt(asked, queryId, aborter.signal);
      if (this.#aborter !== aborter) return;
      this.#result = result;
      this.#asked = asked;
      this.#state = 'done';
    } catch (error) {
      if (this.#aborter !== aborter) return;
      this.#state = aborter.signal.aborted ? 'cancelled' : 'failed';
      if (!aborter.signal.aborted) this.#failure = failureOf(error);
    } finally {
      stop();
    }
  }

  /** Breaks off the request, upon which the engine stops the work. */
  cancel(): void {
    this.#aborter?.abort();
  }

  #watch(queryId: string, signal: AbortSignal): () => void {
    const startedMs = performance.now();
    const tick = setInterval(() => (this.#elapsedMs = performance.now() - startedMs), TICK_MS);
    const ask = setInterval(() => {
      readProgress(queryId, signal).then(
        ({ read_rows: rows, total_rows: total }) => {
          if (!signal.aborted) this.#progress = { rows, total };
        },
        // It has ended meanwhile, or its answer is on the way.
        () => undefined,
      );
    }, PROGRESS_MS);
    return () => {
      clearInterval(tick);
      clearInterval(ask);
      this.#elapsedMs = performance.now() - startedMs;
    };
  }
}

function failureOf(error: unknown): SqlFailure {
  const message = error instanceof Error ? error.message : String(error);
  const mend = error instanceof ApiError ? (error.allowed ?? null) : null;
  return { message, mend, place: placeOf(error) };
}
