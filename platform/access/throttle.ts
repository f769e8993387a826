/**
 * Counts failed attempts and says when to wait: after `most` failures of one key within a window, until
 * the window is over. Pure but for what it remembers; bounded: the oldest of too many keys leaves.
 */
export interface ThrottleLimits {
  /** Failures that are let through in a window. */
  readonly most: number;
  readonly windowMs: number;
  /** Keys remembered. */
  readonly keys: number;
}

interface Failures {
  count: number;
  readonly sinceMs: number;
}

export class Throttle {
  readonly #limits: ThrottleLimits;
  readonly #failures = new Map<string, Failures>();

  constructor(limits: ThrottleLimits) {
    this.#limits = limits;
  }

  /** How long the caller behind any of the keys has to wait; 0: not at all. */
  waitMs(keys: readonly string[], nowMs: number): number {
    return Math.max(0, ...keys.map((key) => this.#waitOf(key, nowMs)));
  }

  failed(keys: readonly string[], nowMs: number): void {
    for (const key of keys) this.#count(key, nowMs);
  }

  #count(key: string, nowMs: number): void {
    const known = this.#failures.get(key);
    if (known !== undefined && nowMs < known.sinceMs + this.#limits.windowMs) {
      known.count += 1;
      return;
    }
    this.#failures.delete(key);
    this.#failures.set(key, { count: 1, sinceMs: nowMs });
    if (this.#failures.size <= this.#limits.keys) return;
    for (const oldest of this.#failures.keys()) {
      this.#failures.delete(oldest);
      return;
    }
  }

  #waitOf(key: string, nowMs: number): number {
    const { most, windowMs } = this.#limits;
    const known = this.#failures.get(key);
    if (known === undefined || known.count < most) return 0;
    return Math.max(0, known.sinceMs + windowMs - nowMs);
  }
}
