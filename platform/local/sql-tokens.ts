/**
 * Splits ClickHouse SQL into tokens, by the engine's own lexical rules, so that a `;` or a keyword
 * inside a string, a quoted name, a heredoc or a comment is never taken for one outside. A
 * differential test against the engine's parser keeps the two together.
 *
 *     'it''s \' one'   "name"   `name`      backslash escapes and doubling in all three
 *     $tag$ … $tag$                         heredoc; the tag may be empty
 *     -- …   // …   # …   #! …              comments to the end of the line
 *     slash-star … star-slash               comment, not nested
 *
 * The text is Latin-1: one character per byte of UTF-8. Bytes above ASCII outside quotes are blanks
 * to the engine (no-break space and its kind) or an error there, so here they separate words.
 */
import { ClickHouseError } from './clickhouse-errors.ts';

export interface Token {
  kind: 'word' | 'number' | 'quoted' | 'symbol';
  /** As written. */
  text: string;
  start: number;
  end: number;
  /** How many parentheses are open around it; the brackets themselves count as outside. */
  depth: number;
}

/** A quote, heredoc or comment that does not end, or quotes that nothing here can read. */
export class UnreadableSql extends ClickHouseError {
  override readonly name = 'UnreadableSql';
  readonly reason: string;
  /** First byte of it. */
  readonly start: number;

  constructor(reason: string, start: number) {
    super('SYNTAX_ERROR', reason);
    this.reason = reason;
    this.start = start;
  }
}

const LINE_COMMENT = /(?:--|\/\/|#[ !])[^\n]*/y;
const BLANKS = /[\s\0\x80-\xff]+/y;
/** ‘ ’ “ ” in UTF-8: quotes to the engine, with rules of their own. */
const TYPOGRAPHIC_QUOTE = /\xe2\x80[\x98\x99\x9c\x9d]/;
const HEREDOC_TAG = /\$\w*\$/y;
const WORD = /[A-Za-z_$][\w$]*/y;
const NUMBER = /\d\w*/y;
/** Behind a dot digits name a member of a tuple, and what follows them is a token of its own. */
const MEMBER = /\d+/y;

/** @throws {UnreadableSql} */
export function* tokenize(latin1: string): Generator<Token, undefined> {
  let at = 0;
  let depth = 0;
  let text = '';
  while ((at = skipBlanks(latin1, at)) < latin1.length) {
    const { kind, end } = readToken(latin1, at, text === '.');
    text = latin1.slice(at, end);
    if (text === ')') depth = Math.max(0, depth - 1);
    yield { kind, text, start: at, end, depth };
    if (text === '(') depth++;
    at = end;
  }
  return undefined;
}

function skipBlanks(latin1: string, from: number): number {
  let at = from;
  for (;;) {
    const start = at;
    at += match(LINE_COMMENT, latin1, at).length;
    if (latin1.startsWith('/*', at))
      at = endBehind(latin1, '*/', { from: at, opening: 2, what: 'comment' });
    const blanks = match(BLANKS, latin1, at);
    const quote = blanks.search(TYPOGRAPHIC_QUOTE);
    if (quote >= 0) {
      throw new UnreadableSql(
        'typographic quotes are not supported: write straight ones',
        at + quote,
      );
    }
    at += blanks.length;
    if (at === start) return at;
  }
}

function readToken(
  latin1: string,
  at: number,
  isBehindDot: boolean,
): { kind: Token['kind']; end: number } {
  const char = latin1.charAt(at);
  if (char === "'" || char === '"' || char === '`') {
    return { kind: 'quoted', end: endOfQuoted(latin1, at, char) };
  }
  const tag = match(HEREDOC_TAG, latin1, at);
  // Without its second half `$tag$` is a word to the engine.
  if (tag !== '' && latin1.includes(tag, at + tag.length)) {
    return {
      kind: 'quoted',
      end: endBehind(latin1, tag, { from: at, opening: tag.length, what: 'heredoc' }),
    };
  }
  const word = match(WORD, latin1, at);
  if (word !== '') return { kind: 'word', end: at + word.length };
  const number = match(isBehindDot ? MEMBER : NUMBER, latin1, at);
  if (number !== '') return { kind: 'number', end: at + number.length };
  return { kind: 'symbol', end: at + 1 };
}

/** Position behind the closing quote. Searches instead of matching: a literal may be megabytes. */
function endOfQuoted(latin1: string, start: number, quote: string): number {
  const special = quote === "'" ? /['\\]/g : quote === '"' ? /["\\]/g : /[`\\]/g;
  special.lastIndex = start + 1;
  for (let found = special.exec(latin1); found !== null; found = special.exec(latin1)) {
    const isEscape = found[0] === '\\' || latin1[special.lastIndex] === quote;
    if (!isEscape) return special.lastIndex;
    special.lastIndex++;
  }
  throw unclosed(`${quote} quote`, start);
}

function endBehind(
  latin1: string,
  closing: string,
  { from, opening, what }: { from: number; opening: number; what: string },
): number {
  const found = latin1.indexOf(closing, from + opening);
  if (found < 0) throw unclosed(what, from);
  return found + closing.length;
}

function unclosed(what: string, at: number): UnreadableSql {
  return new UnreadableSql(`${what} at byte ${at} is not closed`, at);
}

function match(pattern: RegExp, text: string, at: number): string {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0] ?? '';
}
