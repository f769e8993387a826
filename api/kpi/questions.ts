/** Answers the questions of sql/questions over a window, once for all who ask the same within a second. */
import type { ClickHouseClient } from '@clickhouse/client';
import type { QuestionAnswer, QuestionInfo } from '../../contracts/kpi.ts';
import type { Question } from '../../platform/clickhouse/questions.ts';
import { ProblemError } from '../../platform/http/problem.ts';
import { queryTable } from '../clickhouse/query.ts';
import type { KpiLimits } from '../limits.ts';
import { clockView, type KpiCatalogue } from './catalogue.ts';
import { utc } from './query.ts';
import { iso } from './reading.ts';
import { SharedAnswers } from './shared.ts';
import { windowOf, type AskedWindow } from './windows.ts';

export interface QuestionsOptions {
  readonly questions: readonly Question[];
  readonly client: ClickHouseClient;
  readonly catalogue: KpiCatalogue;
  readonly limits: KpiLimits;
  readonly nowMs: () => number;
}

export interface AskedQuestion extends Pick<AskedWindow, 'window' | 'from' | 'to'> {
  readonly limit: number;
}

export class Questions {
  readonly #options: QuestionsOptions;
  readonly #answers: SharedAnswers<QuestionAnswer>;

  constructor(options: QuestionsOptions) {
    this.#options = options;
    this.#answers = new SharedAnswers(options.limits, options.nowMs);
  }

  list(): QuestionInfo[] {
    return this.#options.questions.map(infoOf);
  }

  /** Rejects with a ProblemError for a question that is not there or cannot be asked so. */
  answer(name: string, asked: AskedQuestion): Promise<QuestionAnswer> {
    const question = this.#known(name);
    const clock = this.#options.catalogue.clock();
    const { fromMs, name: windowName, toMs } = windowOf(asked, clock.nowMs, false);
    return this.#answers.get(JSON.stringify([name, asked]), async () => {
      const { columns, rows } = await queryTable(this.#options.client, question.sql, {
        from: utc(fromMs),
        to: utc(toMs),
        limit: asked.limit,
      });
      return {
        ...infoOf(question),
        ...clockView(clock),
        window: { name: windowName, from: iso(fromMs), to: iso(toMs) },
        ...this.#options.catalogue.trust(clock.nowMs)(question),
        ...{ columns, rows },
        sql: question.sql,
      };
    });
  }

  #known(name: string): Question {
    const { questions } = this.#options;
    const found = questions.find((question) => question.name === name);
    if (found !== undefined) return found;
    throw new ProblemError({
      status: 404,
      kind: 'unknown-question',
      title: 'Unknown question',
      detail: 'No question has this name; /v1/questions lists them',
      field: 'name',
      value: name,
      allowed: `one of ${questions.map((question) => question.name).join(', ')}`,
    });
  }
}

const infoOf = ({ lineage, name, note, question, row }: Question): QuestionInfo => ({
  ...{ name, question, row, note },
  lineage: [...lineage],
});
