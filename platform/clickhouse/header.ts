/**
 * Files of SQL that describe themselves: a header of comments and one SELECT.
 *
 *   -- name: value
 *   -- other: a long value
 *   --   that goes on
 *   SELECT …
 */
export interface DescribedSql {
  readonly fields: ReadonlyMap<string, string>;
  /** The SELECT, without a semicolon. */
  readonly sql: string;
}

//                    -- name: value
const HEADER = /^--\s*([a-z_]+):\s*(.+)$/;

export interface HeaderNames {
  readonly required: readonly string[];
  readonly optional: readonly string[];
}

/** Reads a file. `fail` makes the error that is thrown, of what is wrong in words. */
export function readDescribed(
  text: string,
  { optional, required }: HeaderNames,
  fail: (why: string) => Error,
): DescribedSql {
  const names = [...required, ...optional];
  const fields = new Map<string, string>();
  const lines = text.split('\n');
  const bodyAt = lines.findIndex((line) => !line.startsWith('--'));
  let last = '';
  for (const line of lines.slice(0, bodyAt)) {
    const [, name = '', value = ''] = HEADER.exec(line) ?? [];
    if (names.includes(name)) {
      if (fields.has(name)) throw fail(`the header has ${name} twice`);
      fields.set(name, value.trim());
      last = name;
    } else if (last !== '') {
      // A long value goes on in the next line.
      fields.set(last, `${fields.get(last)} ${line.replace(/^--\s*/, '').trim()}`);
    } else {
      throw fail(`"${line}" is no "-- field: value" of ${names.join(', ')}`);
    }
  }
  const missing = required.find((name) => !fields.has(name));
  if (missing !== undefined) throw fail(`the header lacks ${missing}`);
  const sql = lines.slice(bodyAt).join('\n').trim().replace(/;$/, '');
  if (!/^(SELECT|WITH)\b/.test(sql)) throw fail('after the header comes one SELECT');
  return { fields, sql };
}

/** A value that is a list: `a, b`; `none` is an empty one. */
export const listOf = (value: string): string[] =>
  value === 'none' ? [] : value.split(',').map((item) => item.trim());
