/**
 * What a view shows of an answer of the API, as state: asked anew every while it is shown, the last answer
 * kept while the next one is under way or fails.
 */
const REFRESH_MS = 10_000;
const RETRY_MS = 3_000;

export class Fetched<T> {
  #data: T | null = $state.raw(null);
  #trouble: string | null = $state(null);

  /** The last answer; null before the first. */
  get data(): T | null {
    return this.#data;
  }

  /** Why the last request failed; null when it did not. */
  get trouble(): string | null {
    return this.#trouble;
  }

  /** Asks now and every while the page is in sight; returns how to stop. */
  follow(ask: (signal: AbortSignal) => Promise<T>): () => void {
    const aborter = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const run = async () => {
      if (!document.hidden || this.#data === null) {
        try {
          this.#data = await ask(aborter.signal);
          this.#trouble = null;
        } catch (error) {
          if (aborter.signal.aborted) return;
          this.#trouble = error instanceof Error ? error.message : String(error);
        }
      }
      if (aborter.signal.aborted) return;
      timer = setTimeout(() => void run(), this.#trouble === null ? REFRESH_MS : RETRY_MS);
    };
    void run();
    return () => {
      aborter.abort();
      clearTimeout(timer);
    };
  }
}
