/**
 * Lists in pages. A cursor names the last entry of the page before by what the list is ordered by (its
 * place), not by a count, so that a page neither repeats nor skips what stayed while others came and went.
 *
 * A cursor is opaque to clients: it carries the place, a digest of the question it was given for (list, sort,
 * filters), and a checksum. One that was cut, changed or made up, or that is sent with another question, is a
 * 400 that says so. The checksum is no secret: a place can reach nothing that the question itself could not.
 *
 *     const Place = Type.Tuple([Type.Number(), Type.String()]);           // opened_at, id
 *     const list = pagedList('returns', Place);
 *     const after = list.after(query.cursor, { sort, ...filter });        // undefined: the first page
 *     const rows = await read({ ...filter, after, limit: limit + 1 });    // WHERE (opened_at, id) > after
 *     const page = list.page(rows, { limit, question: { sort, ...filter }, placeOf: (r) => [r.at, r.id] });
 *     return { returns: page.entries, next_cursor: page.nextCursor };
 */
import { createHash } from 'node:crypto';
import { Type, type Static, type TSchema } from 'typebox';
import { Check } from 'typebox/value';
import { ProblemError } from '../platform/http/problem.ts';

/** Raised when places change their form: cursors from before an update are told apart from forged ones. */
const VERSION = 1;
const MAX_CURSOR_LENGTH = 2048;
const DIGEST_LENGTH = 12;

/** `limit` and `cursor` of a list's query. */
export const pageQuery = ({ limit, maxLimit }: { limit: number; maxLimit: number }) => ({
  limit: Type.Integer({
    default: limit,
    minimum: 1,
    maximum: maxLimit,
    description: 'Entries of a page',
  }),
  cursor: Type.Optional(
    Type.String({
      maxLength: MAX_CURSOR_LENGTH,
      description: '`next_cursor` of the page before, with the same sort and filters',
    }),
  ),
});

/** Sort and filters; entries that are undefined do not count. Not the limit, which may change. */
export type ListQuestion = Readonly<Record<string, unknown>>;

export interface PagedList<Place> {
  /** The place behind which the page begins; undefined on the first. Throws a ProblemError (400). */
  after(cursor: string | undefined, question: ListQuestion): Place | undefined;
  /** The cursor of the page behind a place. */
  cursor(place: Place, question: ListQuestion): string;
  /** A page of entries that were read in order, one more than `limit` when there are more. */
  page<Entry>(
    read: readonly Entry[],
    rest: {
      readonly limit: number;
      readonly question: ListQuestion;
      readonly placeOf: (entry: Entry) => Place;
    },
  ): { entries: Entry[]; nextCursor: string | null };
}

/** A list of this name whose entries are ordered by what `Place` describes, ending in what is unique. */
export function pagedList<S extends TSchema>(name: string, Place: S): PagedList<Static<S>> {
  const Cursor = Type.Tuple([Type.Integer(), Type.String(), Type.Unknown(), Type.String()]);

  return { after, cursor, page };

  function cursor(place: Static<S>, question: ListQuestion): string {
    const asked = digest([name, question]);
    const content = [VERSION, asked, place, digest([VERSION, asked, place])];
    return Buffer.from(JSON.stringify(content)).toString('base64url');
  }

  function after(given: string | undefined, question: ListQuestion): Static<S> | undefined {
    if (given === undefined) return undefined;
    const content = parsed(given);
    if (!Check(Cursor, content)) throw refusal(given, 'it is none that a list has given');
    const [version, asked, place, checksum] = content;
    if (checksum !== digest([version, asked, place])) {
      throw refusal(given, 'it was cut or changed on its way');
    }
    if (version !== VERSION) {
      throw refusal(given, 'it is from before an update: begin again with the first page');
    }
    if (asked !== digest([name, question])) {
      throw refusal(
        given,
        'it belongs to another list, or to another sort or other filters: begin again with the first page',
      );
    }
    if (!Check(Place, place)) throw refusal(given, 'it names no place in this list');
    return place;
  }

  function page<Entry>(
    read: readonly Entry[],
    rest: { limit: number; question: ListQuestion; placeOf: (entry: Entry) => Static<S> },
  ): { entries: Entry[]; nextCursor: string | null } {
    const { limit, placeOf, question } = rest;
    const entries = read.slice(0, limit);
    const last = entries.at(-1);
    const isWhole = read.length <= limit || last === undefined;
    return { entries, nextCursor: isWhole ? null : cursor(placeOf(last), question) };
  }
}

function parsed(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString());
  } catch {
    return null;
  }
}

/** Independent of the order of an object's keys. */
function digest(value: unknown): string {
  const text = JSON.stringify(value, (_key, node: unknown) =>
    typeof node === 'object' && node !== null && !Array.isArray(node)
      ? Object.fromEntries(Object.entries(node).sort(([a], [b]) => (a < b ? -1 : 1)))
      : node,
  );
  return createHash('sha256').update(text).digest('base64url').slice(0, DIGEST_LENGTH);
}

function refusal(cursor: string, why: string): ProblemError {
  return new ProblemError({
    status: 400,
    kind: 'invalid-cursor',
    title: 'The cursor cannot be used',
    detail: `cursor: ${why}`,
    field: 'cursor',
    value: cursor,
    allowed: 'next_cursor of the page before, with the same sort and filters',
  });
}
