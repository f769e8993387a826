/**
 * Reads just enough of a SQL text to run it safely: is it one statement, does it carry insert data
 * and where do the data begin, which output format does it name.
 *
 * Why the host must know: the embedded engine runs whatever follows a `;`, and it ends inline insert
 * data at a blank line and runs the rest as SQL. So a text with a second statement is refused, and
 * insert data never reach the engine as SQL (they go through a file, see clickhouse-engine.ts).
 */
import { ClickHouseError } from './clickhouse-errors.ts';
import { tokenize, type Token } from './sql-tokens.ts';

export type Statement = InsertStatement | OtherStatement;

/** An INSERT whose rows are data behind the statement, not the result of a SELECT. */
export interface InsertStatement {
  kind: 'insert';
  /** `INSERT INTO t (a, b) `: what stands before SETTINGS and FORMAT. */
  target: string;
  /** `SETTINGS a = 1 ` of the statement itself, or empty. */
  settings: string;
  /** Format of the data; `Values` for `VALUES (…)`. */
  format: string;
  /** Where the data begin in the text, in bytes; equal to its length when they come apart from it. */
  dataOffset: number;
}

export interface OtherStatement {
  kind: 'other';
  sql: string;
  /** The output format that the statement names itself. */
  format: string | undefined;
  /** It ends other statements, which the engine allows even in a read-only session. */
  isKill: boolean;
}

type Tokens = Iterator<Token, undefined>;

/**
 * @param text the statement in UTF-8, an INSERT's data behind it
 * @throws {ClickHouseError} SYNTAX_ERROR for an empty text, a second statement or an unclosed quote;
 *   NOT_IMPLEMENTED for what a server does not do over HTTP (INFILE, OUTFILE) and for insert data in
 *   places where they cannot be kept apart from SQL.
 */
export function readStatement(text: Buffer): Statement {
  // One character per byte: everything that matters is ASCII, and positions are byte offsets.
  const latin1 = text.toString('latin1');
  const tokens = tokenize(latin1);
  const first = next(tokens);
  if (first === undefined) throw new ClickHouseError('SYNTAX_ERROR', 'Empty query');

  const data = isWord(first, 'INSERT') ? findInsertData(latin1, tokens) : undefined;
  if (data === undefined) return readOther(text, latin1);
  return {
    kind: 'insert',
    target: text.toString('utf8', first.start, data.targetEnd),
    settings: text.toString('utf8', data.targetEnd, data.settingsEnd),
    format: data.format,
    dataOffset: data.offset,
  };
}

interface InsertData {
  targetEnd: number;
  settingsEnd: number;
  format: string;
  offset: number;
}

/** Goes through `INTO [TABLE | FUNCTION] name (columns) [SETTINGS …] FORMAT x | VALUES` up to the data. */
function findInsertData(latin1: string, tokens: Tokens): InsertData | undefined {
  let token = next(tokens);
  while (token && ['INTO', 'TABLE', 'FUNCTION'].some((word) => isWord(token, word))) {
    token = next(tokens);
  }
  // `token` begins the table's name, which may look like a keyword; what follows decides.
  let previous = token;
  let settingsStart: number | undefined;
  for (token = next(tokens); token !== undefined; previous = token, token = next(tokens)) {
    if (isWord(token, 'INFILE')) throw notOverHttp('FROM INFILE');
    if (isWord(token, 'SELECT') && (token.depth === 0 || previous?.text === '(')) return undefined;
    if (token.depth > 0) continue;
    if (isWord(token, 'WITH')) return undefined;
    if (isWord(token, 'SETTINGS')) settingsStart = token.start;
    const bounds = { targetEnd: settingsStart ?? token.start, settingsEnd: token.start };
    if (isWord(token, 'VALUES')) {
      const offset = token.end;
      for (token = next(tokens); token !== undefined; token = next(tokens)) {
        if (token.text === ';') refuseMore(tokens);
      }
      return { ...bounds, format: 'Values', offset };
    }
    if (isWord(token, 'FORMAT')) {
      const format = next(tokens);
      if (format === undefined) return undefined;
      return { ...bounds, format: format.text, offset: afterFormatName(latin1, format.end) };
    }
  }
  return undefined;
}

/** Data begin after the first line break behind the format's name, or at the first non-blank. */
function afterFormatName(latin1: string, end: number): number {
  let at = end;
  while (latin1[at] === ' ' || latin1[at] === '\t' || latin1[at] === '\f') at++;
  if (latin1[at] === '\r') at++;
  if (latin1[at] === '\n') at++;
  return at;
}

function readOther(text: Buffer, latin1: string): OtherStatement {
  const tokens: Token[] = [];
  const all = tokenize(latin1);
  for (let token = next(all); token !== undefined; token = next(all)) {
    if (token.text === ';') {
      refuseMore(all);
      break;
    }
    tokens.push(token);
  }
  const first = tokens[0];
  const last = tokens.at(-1);
  if (first === undefined || last === undefined) {
    throw new ClickHouseError('SYNTAX_ERROR', 'Empty query');
  }
  if (first.kind !== 'word' && first.text !== '(') {
    throw new ClickHouseError('SYNTAX_ERROR', `a statement cannot begin with ${first.text}`);
  }
  if (isWord(first, 'KILL') && isWord(last, 'SYNC')) {
    const reason = 'KILL … SYNC never returns in the embedded engine: use ASYNC';
    throw new ClickHouseError('NOT_IMPLEMENTED', reason);
  }
  refuseFiles(tokens);
  if (!isWord(first, 'SELECT') && first.text !== '(') refuseHiddenInsertData(tokens);
  return {
    kind: 'other',
    sql: text.toString('utf8', first.start, last.end),
    format: outputFormat(tokens),
    isKill: tokens.some((token, index) => {
      return isWord(token, 'KILL') && tokens[index + 1]?.kind === 'word';
    }),
  };
}

/** Reads on behind a statement's `;`: only more of them and comments may follow. */
function refuseMore(tokens: Tokens): void {
  for (let token = next(tokens); token !== undefined; token = next(tokens)) {
    if (token.text === ';') continue;
    throw new ClickHouseError(
      'SYNTAX_ERROR',
      'Multi-statements are not allowed: send one statement per request',
    );
  }
}

/** The engine would read and write any file of this user, even in a read-only session. */
function refuseFiles(tokens: readonly Token[]): void {
  for (const [index, token] of tokens.entries()) {
    const before = tokens[index - 1];
    if (isWord(token, 'OUTFILE') && isWord(before, 'INTO')) throw notOverHttp('INTO OUTFILE');
    if (isWord(token, 'INFILE') && isWord(before, 'FROM')) throw notOverHttp('FROM INFILE');
  }
}

/**
 * Insert data can also hide behind `EXPLAIN … INSERT`, `WITH … INSERT` and `INSERT … SELECT … FROM
 * input(…)`. There the engine would run what follows a blank line, so they are refused.
 */
function refuseHiddenInsertData(tokens: readonly Token[]): void {
  const insertAt = tokens.findIndex((token, index) => {
    return isWord(token, 'INSERT') && token.depth === 0 && isWord(tokens[index + 1], 'INTO');
  });
  if (insertAt < 0) return;
  for (let index = insertAt + 1; index < tokens.length; index++) {
    const token = tokens[index];
    const before = tokens[index - 1];
    const isInput = isWord(token, 'INPUT') && tokens[index + 1]?.text === '(';
    const isData =
      insertAt > 0 &&
      token?.depth === 0 &&
      (isWord(token, 'FORMAT') ||
        // `FROM values(…)` is a table function.
        (isWord(token, 'VALUES') && !isWord(before, 'FROM') && !isWord(before, 'JOIN')));
    if (isInput || isData) {
      throw new ClickHouseError(
        'NOT_IMPLEMENTED',
        'the local host takes insert data only behind a plain INSERT INTO … FORMAT or VALUES, ' +
          'not through input(), WITH or EXPLAIN',
      );
    }
  }
}

/** `… FORMAT JSON`, also with SETTINGS behind it. */
function outputFormat(tokens: readonly Token[]): string | undefined {
  for (let index = tokens.length - 1; index > 0; index--) {
    const after = tokens[index + 1];
    const isLast = after === undefined || isWord(after, 'SETTINGS');
    if (isLast && isWord(tokens[index - 1], 'FORMAT') && tokens[index]?.kind === 'word') {
      return tokens[index]?.text;
    }
  }
  return undefined;
}

function notOverHttp(clause: string): ClickHouseError {
  return new ClickHouseError(
    'NOT_IMPLEMENTED',
    `${clause} is not available over HTTP: send data in the request, read them from the answer`,
  );
}

function isWord(token: Token | undefined, word: string): boolean {
  return token?.kind === 'word' && token.text.toUpperCase() === word;
}

function next(tokens: Tokens): Token | undefined {
  const step = tokens.next();
  return step.done ? undefined : step.value;
}
