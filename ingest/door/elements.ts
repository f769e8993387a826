/**
 * Where the elements of a JSON array begin and end, so that each event of a batch has a size and, for a
 * dead letter, its original bytes. One pass over the bytes; the text is known to be valid JSON.
 */
const QUOTE = 0x22;
const COMMA = 0x2c;
const BACKSLASH = 0x5c;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const SPACE = 0x20;

/** Start and end (exclusive) of each element of the array, one after the other. */
export function elementSpans(json: Uint8Array): number[] {
  const spans: number[] = [];
  let depth = 0;
  let start = -1;
  let end = -1;
  for (let at = 0; at < json.length; at++) {
    const byte = json[at] ?? 0;
    if (byte <= SPACE) continue;
    if (byte === QUOTE) {
      if (start === -1) start = at;
      at = closingQuote(json, at);
    } else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
      depth++;
      if (depth === 1) continue;
      if (start === -1) start = at;
    } else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
      depth--;
      if (depth === 0) {
        if (start !== -1) spans.push(start, end);
        return spans;
      }
    } else if (byte === COMMA && depth === 1) {
      spans.push(start, end);
      start = -1;
      continue;
    } else if (start === -1 && depth === 1) {
      start = at;
    }
    end = at + 1;
  }
  return spans;
}

function closingQuote(json: Uint8Array, opening: number): number {
  let at = opening + 1;
  while (at < json.length && json[at] !== QUOTE) at += json[at] === BACKSLASH ? 2 : 1;
  return at;
}
