/**
 * A list of the API that is read page by page, as state. While only its first page is shown it is asked
 * anew now and then; once more was asked for it stays as it is, so that nothing jumps.
 */
const REFRESH_MS = 15_000;
const RETRY_MS = 3_000;

export interface PageOf<Entry> {
  readonly entries: readonly Entry[];
  readonly next: string | null;
}

/** Reads the page behind a cursor; the first one without. */
export type ReadPage<Entry> = (cursor: string, signal: AbortSignal) => Promise<PageOf<Entry>>;

export class Paged<Entry> {
  #entries: readonly Entry[] | null = $state.raw(null);
  #next: string | null = $state(null);
  #trouble: string | null = $state(null);
  #busy = $state(false);
  #more: () => Promise<void> = () => Promise.resolve();

  /** What was read so far; null before the first page. */
  get entries(): readonly Entry[] | null {
    return this.#entries;
  }

  get hasMore(): boolean {
    return this.#next !== null;
  }

  /** A further page is under way. */
  get busy(): boolean {
    return this.#busy;
  }

  get trouble(): string | null {
    return this.#trouble;
  }

  /** Reads the next page behind what is shown. */
  more(): Promise<void> {
    return this.#more();
  }

  /** Begins the list anew; returns how to stop. */
  follow(read: ReadPage<Entry>): () => void {
    const aborter = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    let pages = 1;

    const attempt = async (take: () => Promise<void>) => {
      try {
        await take();
        this.#trouble = null;
      } catch (error) {
        if (!aborter.signal.aborted) {
          this.#trouble = error instanceof Error ? error.message : String(error);
        }
      }
    };
    const refresh = async () => {
      if (pages === 1 && (!document.hidden || this.#entries === null)) {
        await attempt(async () => {
          const { entries, next } = await read('', aborter.signal);
          if (pages === 1) [this.#entries, this.#next] = [entries, next];
        });
      }
      if (aborter.signal.aborted) return;
      timer = setTimeout(() => void refresh(), this.#trouble === null ? REFRESH_MS : RETRY_MS);
    };
    this.#more = async () => {
      const cursor = this.#next;
      if (cursor === null || this.#busy) return;
      this.#busy = true;
      pages += 1;
      await attempt(async () => {
        const { entries, next } = await read(cursor, aborter.signal);
        [this.#entries, this.#next] = [[...(this.#entries ?? []), ...entries], next];
      });
      this.#busy = false;
    };
    void refresh();
    return () => {
      aborter.abort();
      clearTimeout(timer);
    };
  }
}
