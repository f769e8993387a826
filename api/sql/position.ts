/** Where in a query something is, as an editor counts: characters (UTF-16), lines and columns from 1. */
import { Type, type Static } from 'typebox';

export const SqlPosition = Type.Object(
  {
    offset: Type.Integer({ description: 'Characters before it' }),
    length: Type.Integer({ description: 'Characters of it' }),
    line: Type.Integer({ description: 'From 1' }),
    column: Type.Integer({ description: 'From 1' }),
  },
  { description: 'Where in the query, in UTF-16 characters' },
);
export type SqlPosition = Static<typeof SqlPosition>;

/** @param start first byte, and @param end byte behind it, in the text as UTF-8 */
export function positionOf(text: Buffer, start: number, end: number): SqlPosition {
  const before = text.toString('utf8', 0, start);
  const lineStart = before.lastIndexOf('\n') + 1;
  return {
    offset: before.length,
    length: text.toString('utf8', start, end).length,
    line: before.split('\n').length,
    column: before.length - lineStart + 1,
  };
}
