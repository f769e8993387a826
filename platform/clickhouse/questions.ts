/**
 * The questions of executives: one file each in sql/questions, a header of comments and one SELECT with
 * the parameters {from:DateTime64(3)}, {to:DateTime64(3)} and {limit:UInt32}. Its rows come most telling
 * first; the names of its columns carry their units. A file that is not well-formed stops the start.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { listOf, readDescribed } from './header.ts';

export interface Question {
  /** The file's name, such as order-aging. */
  readonly name: string;
  /** As one asks it. */
  readonly question: string;
  /** What a row is, and how they are ordered. */
  readonly row: string;
  /** Entities of the events that it needs, as of a KPI. */
  readonly needs: readonly string[];
  readonly lineage: readonly string[];
  readonly note: string | null;
  readonly sql: string;
}

/** A file of sql/questions is not well-formed. */
export class QuestionError extends Error {
  override readonly name = 'QuestionError';
}

const REQUIRED = ['question', 'row', 'needs', 'lineage'];
const OPTIONAL = ['note'];

/** Reads the questions of a directory, in the order of their names. Throws a QuestionError. */
export function readQuestions(dir: string): Question[] {
  const names = readdirSync(dir).filter((name) => name.endsWith('.sql'));
  return names
    .sort()
    .map((name) =>
      parseQuestion(readFileSync(join(dir, name), 'utf8'), name.slice(0, -'.sql'.length)),
    );
}

export function parseQuestion(text: string, name: string): Question {
  const fail = (why: string) => new QuestionError(`sql/questions/${name}.sql: ${why}`);
  const { fields, sql } = readDescribed(text, { required: REQUIRED, optional: OPTIONAL }, fail);
  if (!sql.includes('{limit:')) throw fail('the SELECT has no {limit:UInt32}');
  const field = (key: string) => fields.get(key) ?? '';
  return {
    name,
    question: field('question'),
    row: field('row'),
    needs: listOf(field('needs')),
    lineage: listOf(field('lineage')),
    note: fields.get('note') ?? null,
    sql,
  };
}
