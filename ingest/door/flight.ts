/**
 * The publishes of one request: many under way at once, one wait for all of them. A failed one is noted
 * rather than thrown, so that no rejection goes unhandled while others are still being sent.
 */
export interface Flight {
  /** Adds work that is under way; `landed` is told its result. */
  add<T>(work: Promise<T>, landed: (result: T) => void, failed?: () => void): void;
  /** Resolves when everything has landed; throws the first failure. */
  done(): Promise<void>;
  /** True once something has failed: adding more would be in vain. */
  readonly failed: boolean;
}

export function createFlight(): Flight {
  let underWay = 0;
  let failure: { error: unknown } | null = null;
  let whenDone: (() => void) | null = null;

  const land = () => {
    underWay--;
    if (underWay === 0) whenDone?.();
  };

  return {
    add(work, landed, failed) {
      underWay++;
      work.then(
        (result) => {
          landed(result);
          land();
        },
        (error: unknown) => {
          failure ??= { error };
          failed?.();
          land();
        },
      );
    },
    async done() {
      if (underWay > 0) await new Promise<void>((resolve) => (whenDone = resolve));
      if (failure !== null) throw failure.error;
    },
    get failed() {
      return failure !== null;
    },
  };
}
