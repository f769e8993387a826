/**
 * Lets so many queries run at once; the others wait their turn, in order, up to a bound beyond which they
 * are refused: whoever asks for too much slows nobody else down.
 */
export class GateFull extends Error {
  override readonly name = 'GateFull';
}

export interface GateLimits {
  readonly running: number;
  readonly waiting: number;
}

export class Gate {
  readonly #limits: GateLimits;
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(limits: GateLimits) {
    this.#limits = limits;
  }

  /** Runs a task when there is room. Rejects with GateFull when too many wait. */
  async run<T>(task: () => Promise<T>): Promise<T> {
    if (this.#running < this.#limits.running) this.#running += 1;
    else await this.#turn();
    try {
      return await task();
    } finally {
      const next = this.#waiting.shift();
      // The place is handed on, so that nobody slips in between.
      if (next === undefined) this.#running -= 1;
      else next();
    }
  }

  #turn(): Promise<void> {
    if (this.#waiting.length >= this.#limits.waiting) {
      return Promise.reject(new GateFull(`${this.#waiting.length} queries are waiting already`));
    }
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}
