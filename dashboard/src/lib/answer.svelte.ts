/** The answer to a question of executives as state: asked anew now and then while it is shown. */
import type { QuestionAnswer } from '../../../contracts/kpi.ts';
import { askQuestion } from './api.ts';
import { sqlHref } from './sql.ts';

const REFRESH_MS = 10_000;

export class Answer {
  #answer: QuestionAnswer | null = $state.raw(null);
  #trouble: string | null = $state(null);
  readonly #name: string;

  constructor(name: string) {
    this.#name = name;
  }

  get rows(): QuestionAnswer['rows'] | null {
    return this.#answer?.rows ?? null;
  }

  /** Where its SELECT can be read, run and changed; null until it has answered. */
  get sqlHref(): string | null {
    if (this.#answer === null) return null;
    const { sql, window } = this.#answer;
    const instant = (at: string) => at.slice(0, 23).replace('T', ' ');
    return sqlHref(sql, { from: instant(window.from), to: instant(window.to), limit: '200' });
  }

  get trouble(): string | null {
    return this.#trouble;
  }

  /** Asks now and every while; returns how to stop. */
  follow(period: Readonly<Record<string, string>>): () => void {
    const aborter = new AbortController();
    const ask = async () => {
      try {
        this.#answer = await askQuestion(this.#name, period, aborter.signal);
        this.#trouble = null;
      } catch (error) {
        if (aborter.signal.aborted) return;
        this.#trouble = error instanceof Error ? error.message : String(error);
      }
    };
    void ask();
    const timer = setInterval(() => {
      if (!document.hidden) void ask();
    }, REFRESH_MS);
    return () => {
      clearInterval(timer);
      aborter.abort();
    };
  }
}
