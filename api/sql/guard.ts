/**
 * Decides whether a text is one query that only reads data of ClickHouse, before the engine sees it. Pure.
 *
 * Why not leave it to the engine: a read-only session of the embedded engine still runs `file('/etc/…')`
 * and reads every table of `system`. On a server with users, grants say the same once more
 * (docs/operating.md); `readonly=1` and the limits of a run come on top in both (runner.ts).
 *
 * The text is read as the engine's lexer reads it, so that strings, quoted names, heredocs and comments
 * neither hide nor fake a word. Names are compared in lower case and without their quotes. In doubt it
 * refuses, and says where and how to write it instead:
 *
 *     one statement   SELECT | WITH | ( | SHOW | DESCRIBE | EXISTS | EXPLAIN of a query
 *     no clauses      SETTINGS, FORMAT, INTO OUTFILE, INSERT INTO, PARALLEL WITH
 *     table functions from a list, where a table stands; known others nowhere
 *     functions       none that reaches files, models, dictionaries or services, called or passed by name
 *     system tables   from a list
 *     parameters      {name:Type}, but not {name:Identifier}, which would be a name that nobody checked
 */
import { tokenize, UnreadableSql, type Token } from '../../platform/local/sql-tokens.ts';
import {
  ALLOWED_TABLE_FUNCTIONS,
  AMBIGUOUS_TABLE_FUNCTIONS,
  reachOf,
  REFUSED_TABLE_FUNCTIONS,
  SHOW_CREATE_REFUSED,
  SHOW_FORMS,
  SYSTEM_TABLES,
} from './names.ts';
import { positionOf, type SqlPosition } from './position.ts';

export type Checked =
  /** `sql` is the statement without the `;` and comments around it. */
  { readonly ok: true; readonly sql: string } | { readonly ok: false; readonly fault: SqlFault };

export const FAULT_KINDS = [
  'empty',
  'unreadable',
  'several-statements',
  'not-a-query',
  'clause',
  'table-function',
  'function',
  'system-table',
  'parameter',
  'name',
] as const;

export interface SqlFault {
  readonly kind: (typeof FAULT_KINDS)[number];
  /** What is refused and why, as a sentence without its end. */
  readonly what: string;
  /** How to write it instead. */
  readonly mend: string;
  readonly position: SqlPosition;
}

/** @param views names of parameterised views, which are read like table functions: `order_aging(at = …)` */
export function checkSql(text: string, views: ReadonlySet<string> = new Set()): Checked {
  const bytes = Buffer.from(text);
  const at = ({ start, end }: { start: number; end: number }) => positionOf(bytes, start, end);
  let tokens: Token[];
  try {
    // One character per byte, as the tokenizer wants it; keywords and names that count are ASCII.
    tokens = [...tokenize(bytes.toString('latin1'))];
  } catch (error) {
    if (!(error instanceof UnreadableSql)) throw error;
    const fault: SqlFault = {
      kind: 'unreadable',
      what: error.reason,
      mend: 'Close it, or write straight quotes',
      position: at({ start: error.start, end: error.start + 1 }),
    };
    return { ok: false, fault };
  }
  const found = firstFault(tokens, views);
  if (found !== null) {
    const { token, ...fault } = found;
    const end = token ?? { start: bytes.length, end: bytes.length };
    return { ok: false, fault: { ...fault, position: at(end) } };
  }
  const statement = tokens.filter(isNotEnd);
  const sql = bytes.toString('utf8', statement[0]?.start ?? 0, statement.at(-1)?.end ?? 0);
  return { ok: true, sql };
}

/** A fault at a token; at the end of the text when there is none. */
type Found = Omit<SqlFault, 'position'> & { readonly token: Token | undefined };

/** Looks at the token at an index; null when nothing is wrong with it. */
type Rule = (tokens: readonly Token[], index: number) => Found | null;

function firstFault(tokens: readonly Token[], views: ReadonlySet<string>): Found | null {
  const statement = tokens.filter(isNotEnd);
  if (statement.length === 0) {
    return {
      kind: 'empty',
      what: 'There is no query in the text',
      mend: 'Write a SELECT',
      token: undefined,
    };
  }
  const end = tokens.findIndex((token) => token.text === ';');
  const second = end < 0 ? undefined : tokens.slice(end).find(isNotEnd);
  if (second !== undefined) {
    return {
      kind: 'several-statements',
      what: 'A second statement begins here',
      mend: 'Send one statement at a time',
      token: second,
    };
  }
  const begun = beginningFault(statement);
  if (begun !== null) return begun;
  const isTablePlace = tablePlaces(statement);
  const rules: readonly Rule[] = [
    escapedNames,
    identifierParameters,
    clauses,
    systemTables,
    (all, index) => tableFunctions(all, index, { isTablePlace, views }),
    functions,
  ];
  for (const index of statement.keys()) {
    for (const rule of rules) {
      const fault = rule(statement, index);
      if (fault !== null) return fault;
    }
  }
  return null;
}

/** The first words: what kind of statement it is, and that it is one that reads. */
function beginningFault(tokens: readonly Token[]): Found | null {
  const first = tokens[0];
  const refuse = (what: string, mend: string, token = first): Found => ({
    kind: 'not-a-query',
    what,
    mend,
    token,
  });
  const words = tokens.slice(1, 5).map(upper);
  switch (first?.text === '(' ? '(' : upper(first)) {
    case 'SELECT':
    case 'WITH':
    case '(':
    case 'DESCRIBE':
    case 'DESC':
    case 'EXISTS':
      return null;
    case 'SHOW': {
      const isKnown = SHOW_FORMS.some((form) => form.every((word, i) => words[i] === word));
      const isOfAccess = words[0] === 'CREATE' && SHOW_CREATE_REFUSED.has(words[1] ?? '');
      if (isKnown && !isOfAccess) return null;
      const forms = 'SHOW TABLES, COLUMNS, CREATE TABLE, DATABASES, FUNCTIONS or INDEX';
      return refuse(`SHOW ${words[0] ?? ''} is not about the schema`, `Use ${forms}`, tokens[1]);
    }
    case 'EXPLAIN': {
      const query = explained(tokens);
      const head = query?.text === '(' ? '(' : upper(query);
      if (head === 'SELECT' || head === 'WITH' || head === '(') return null;
      const mend =
        'Write EXPLAIN [AST | SYNTAX | QUERY TREE | PLAN | PIPELINE | ESTIMATE] SELECT …';
      return refuse('Only a SELECT can be explained here', mend, query);
    }
    case 'FROM':
      return refuse('The statement begins with FROM', 'Write SELECT … FROM …');
    default:
      return refuse(
        `${shown(first)} is not a query that reads`,
        'Write one SELECT, WITH, SHOW, DESCRIBE, EXISTS or EXPLAIN',
      );
  }
}

/** Behind `EXPLAIN [kind] [option = value, …]`. */
function explained(tokens: readonly Token[]): Token | undefined {
  let index = 1;
  const kinds = ['AST', 'SYNTAX', 'QUERY', 'TREE', 'PLAN', 'PIPELINE', 'ESTIMATE'];
  while (kinds.includes(upper(tokens[index]))) index++;
  while (tokens[index]?.kind === 'word' && tokens[index + 1]?.text === '=') {
    index += 3;
    if (tokens[index]?.text === ',') index++;
  }
  return tokens[index];
}

/** `"fi\x6ce"` is `file` to the engine. */
const escapedNames: Rule = (tokens, index) => {
  const token = tokens[index];
  if (!isQuotedName(token) || !token.text.includes('\\')) return null;
  return {
    kind: 'name',
    what: 'A quoted name has a backslash in it',
    mend: 'Write the name without escapes',
    token,
  };
};

/** `{table:Identifier}` */
const identifierParameters: Rule = (tokens, index) => {
  const token = tokens[index];
  const isIdentifier = nameOf(token)?.toLowerCase() === 'identifier';
  const isType = tokens[index - 1]?.text === ':' && tokens[index - 3]?.text === '{';
  if (!isIdentifier || !isType) return null;
  return {
    kind: 'parameter',
    what: 'A parameter stands for a name, which nobody could check',
    mend: 'Write the name itself into the query; parameters are for values, such as {sku:String}',
    token,
  };
};

const clauses: Rule = (tokens, index) => {
  const [before, token, after] = [tokens[index - 1], tokens[index], tokens[index + 1]];
  if (token?.kind !== 'word' || before?.text === '.') return null;
  const clause = (what: string, mend: string): Found => ({ kind: 'clause', what, mend, token });
  switch (upper(token)) {
    case 'SETTINGS':
      return clause(
        'SETTINGS are not for a query to choose',
        'Leave the clause out; bounds go into the field limits. A column of this name is written "settings"',
      );
    case 'FORMAT':
      if (after?.text === '(') return null;
      return clause(
        'The format is not chosen in the text',
        'Leave FORMAT out and send the field format. A column of this name is written "format"',
      );
    case 'OUTFILE':
      if (upper(before) !== 'INTO') return null;
      return clause('INTO OUTFILE writes a file', 'Leave it out: the answer can be saved');
    case 'INTO':
      if (upper(before) !== 'INSERT') return null;
      return clause('INSERT INTO writes', 'Only queries that read are answered');
    case 'WITH':
      if (upper(before) !== 'PARALLEL') return null;
      return clause('PARALLEL WITH joins several statements', 'Send one statement at a time');
    default:
      return null;
  }
};

/** `system.processes`, however it is quoted. */
const systemTables: Rule = (tokens, index) => {
  const [before, token, dot, table] = tokens.slice(Math.max(0, index - 1), index + 3);
  const shifted = index === 0 ? [undefined, before, token, dot] : [before, token, dot, table];
  const [previous, database, point, name] = shifted;
  if (previous?.text === '.' || point?.text !== '.') return null;
  if (nameOf(database)?.toLowerCase() !== 'system') return null;
  const wanted = nameOf(name);
  if (wanted !== null && SYSTEM_TABLES.has(wanted.toLowerCase())) return null;
  return {
    kind: 'system-table',
    what: `system.${wanted ?? '…'} is not among the system tables that may be read`,
    mend: `Read ${[...SYSTEM_TABLES].map((known) => `system.${known}`).join(', ')}, or information_schema`,
    token: name ?? database,
  };
};

function tableFunctions(
  tokens: readonly Token[],
  index: number,
  { isTablePlace, views }: { isTablePlace: ReadonlySet<number>; views: ReadonlySet<string> },
): Found | null {
  const token = tokens[index];
  const name = nameOf(token);
  if (name === null || tokens[index + 1]?.text !== '(') return null;
  const lower = name.toLowerCase();
  const isRefused = isTablePlace.has(index)
    ? !ALLOWED_TABLE_FUNCTIONS.has(lower) && !views.has(name)
    : REFUSED_TABLE_FUNCTIONS.has(lower);
  // `AS url (a)` names columns; a call is never behind AS.
  if (!isRefused || upper(tokens[index - 1]) === 'AS') return null;
  const hint = AMBIGUOUS_TABLE_FUNCTIONS.has(lower) ? ' where a table stands' : '';
  return {
    kind: 'table-function',
    what: `The table function ${name}()${hint} could reach beyond the data`,
    mend: `Read a table or view of /v1/schema, a subquery, or ${[...ALLOWED_TABLE_FUNCTIONS].join('(), ')}()`,
    token,
  };
}

/** The engine takes a function also by its bare name: `arrayMap(file, …)`, `* APPLY file`. */
const functions: Rule = (tokens, index) => {
  const token = tokens[index];
  const name = nameOf(token);
  const reach = name === null ? null : reachOf(name);
  if (reach === null) return null;
  const [before, after] = [tokens[index - 1], tokens[index + 1]];
  const isName =
    after?.text === '.' ||
    before?.text === '.' ||
    (after?.text !== '(' && ['AS', 'FROM', 'JOIN'].includes(upper(before))) ||
    (upper(after) === 'AS' && tokens[index + 2]?.text === '(');
  if (isName) return null;
  return {
    kind: 'function',
    what: `The function ${name}() ${reach}`,
    mend: `Leave it out; a column of this name is written with its table, such as t.${name}`,
    token,
  };
};

/** `extract(year FROM toDate(x))`: these take FROM among their arguments. */
const FROM_IN_ARGUMENTS = new Set(['EXTRACT', 'TRIM', 'SUBSTRING', 'SUBSTR', 'LTRIM', 'RTRIM']);
/** Words that end the list of tables of a SELECT. ON and USING do not: a comma behind them is a table. */
const BEHIND_TABLES = new Set(
  'SELECT,WHERE,PREWHERE,GROUP,HAVING,ORDER,LIMIT,OFFSET,WINDOW,QUALIFY,UNION,EXCEPT,INTERSECT'.split(
    ',',
  ),
);

/** Indexes of tokens that stand where a table does: behind FROM, JOIN, and a comma among tables. */
function tablePlaces(tokens: readonly Token[]): ReadonlySet<number> {
  const places = new Set<number>();
  /** By depth of parentheses: whether a comma there is followed by a table. */
  const amongTables: boolean[] = [];
  /** By depth: the name before the parenthesis that opened it. */
  const openedBy: string[] = [];
  for (const [index, token] of tokens.entries()) {
    const [before, second] = [tokens[index - 1], tokens[index - 2]];
    switch (token.text === '(' || token.text === ',' ? token.text : upper(token)) {
      case '(':
        openedBy[token.depth + 1] = upper(before);
        amongTables[token.depth + 1] = false;
        break;
      case ',':
        if (amongTables[token.depth] === true) places.add(index + 1);
        break;
      case 'FROM': {
        const isDistinctFrom =
          upper(before) === 'DISTINCT' && ['IS', 'NOT'].includes(upper(second));
        if (isDistinctFrom || FROM_IN_ARGUMENTS.has(openedBy[token.depth] ?? '')) break;
        amongTables[token.depth] = true;
        places.add(index + 1);
        break;
      }
      case 'JOIN': {
        const isArrayJoin = upper(before) === 'ARRAY';
        amongTables[token.depth] = !isArrayJoin;
        if (!isArrayJoin) places.add(index + 1);
        break;
      }
      case 'TABLE':
      case 'DESCRIBE':
      case 'DESC':
        // `ORDER BY a DESC` is followed by no name.
        if (index <= 1) places.add(index + 1);
        break;
      default:
        if (token.kind === 'word' && BEHIND_TABLES.has(upper(token)) && before?.text !== '.') {
          amongTables[token.depth] = false;
        }
    }
  }
  return places;
}

const isNotEnd = (token: Token) => token.text !== ';';

function upper(token: Token | undefined): string {
  return token?.kind === 'word' ? token.text.toUpperCase() : '';
}

const isQuotedName = (token: Token | undefined): token is Token =>
  token?.kind === 'quoted' && (token.text.startsWith('"') || token.text.startsWith('`'));

/** A name without its quotes; null for what is none. */
function nameOf(token: Token | undefined): string | null {
  if (token?.kind === 'word') return token.text;
  if (!isQuotedName(token)) return null;
  const quote = token.text.charAt(0);
  return token.text.slice(1, -1).replaceAll(quote + quote, quote);
}

function shown(token: Token | undefined): string {
  const text = Buffer.from(token?.text ?? '', 'latin1').toString();
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}
