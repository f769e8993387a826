/**
 * Answers that are shared: who asks the same within `freshMs` gets the same computation, under way or
 * done. A failure is not kept. At most `answers` are; the oldest leaves.
 */
export interface SharedLimits {
  readonly freshMs: number;
  readonly answers: number;
}

export class SharedAnswers<T> {
  readonly #limits: SharedLimits;
  readonly #nowMs: () => number;
  readonly #byKey = new Map<string, { answer: Promise<T>; untilMs: number }>();

  constructor(limits: SharedLimits, nowMs: () => number) {
    this.#limits = limits;
    this.#nowMs = nowMs;
  }

  get(key: string, compute: () => Promise<T>): Promise<T> {
    const known = this.#byKey.get(key);
    if (known !== undefined && this.#nowMs() < known.untilMs) return known.answer;
    const entry = { answer: compute(), untilMs: Infinity };
    this.#byKey.delete(key);
    this.#byKey.set(key, entry);
    if (this.#byKey.size > this.#limits.answers) {
      const [oldest] = this.#byKey.keys();
      if (oldest !== undefined) this.#byKey.delete(oldest);
    }
    entry.answer.then(
      () => (entry.untilMs = this.#nowMs() + this.#limits.freshMs),
      () => {
        if (this.#byKey.get(key) === entry) this.#byKey.delete(key);
      },
    );
    return entry.answer;
  }
}
