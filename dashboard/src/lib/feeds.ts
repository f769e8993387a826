/** Feeds as the page shows them: states in words, courses, and a refused event with its fault marked. Pure. */
import type { FeedState, FeedView } from '../../../contracts/feeds.ts';

export const STATE_WORDS: Readonly<Record<FeedState, { word: string; hint: string }>> = {
  ok: { word: 'ok', hint: 'It speaks as often as it should' },
  quiet: { word: 'quiet', hint: 'Not heard lately, which may be fine' },
  late: { word: 'late', hint: 'It comes later than is allowed for' },
  silent: { word: 'silent', hint: 'Not heard for more than 1.5 of its cadences' },
};

export const REASON_WORDS: Readonly<Record<string, string>> = {
  not_json: 'no JSON',
  not_an_object: 'no object',
  invalid_envelope: 'envelope is wrong',
  unknown_type: 'unknown type',
  internal_type: 'reserved type',
  not_permitted: 'may not decide',
  invalid_data: 'data does not fit',
  future_time: 'lies in the future',
  too_large: 'too large',
  id_conflict: 'id used before',
  undecodable: 'cannot be read',
  apply_failed: 'could not be applied',
};
export const reasonWords = (reason: string) => REASON_WORDS[reason] ?? reason;

/** Part of what a source sent that was refused; null before it sent anything. */
export function rejectShare({ events, rejected }: Pick<FeedView, 'events' | 'rejected'>) {
  return events + rejected === 0 ? null : rejected / (events + rejected);
}

export interface JsonLine {
  readonly text: string;
  /** It is, or holds, the field at fault. */
  readonly isFault: boolean;
}

/**
 * JSON of an event, line by line, the line of the field at `path` marked (`data.lines.2.qty`). A field that is
 * missing marks the line of what should have it.
 */
export function jsonLines(value: unknown, path: string): JsonLine[] {
  const names = path === '' ? [] : path.split('.');
  const found = depthOf(value, names);
  return linesOf(value, {
    names: names.slice(0, found),
    depth: 0,
    head: '',
    tail: '',
    isOn: names.length > 0,
  });
}

interface Place {
  /** Path to the fault. */
  readonly names: readonly string[];
  readonly depth: number;
  /** What stands before and after the value on its lines. */
  readonly head: string;
  readonly tail: string;
  /** All names so far were those of the path. */
  readonly isOn: boolean;
}

function linesOf(value: unknown, { depth, head, isOn, names, tail }: Place): JsonLine[] {
  const pad = '  '.repeat(depth);
  const isHere = isOn && names.length === depth;
  const entries = entriesOf(value);
  if (entries === null || entries.length === 0) {
    const text = entries === null ? JSON.stringify(value) : Array.isArray(value) ? '[]' : '{}';
    return [{ text: `${pad}${head}${text}${tail}`, isFault: isHere }];
  }
  const [open, close] = Array.isArray(value) ? ['[', ']'] : ['{', '}'];
  return [
    { text: `${pad}${head}${open}`, isFault: isHere },
    ...entries.flatMap(([name, item], index) =>
      linesOf(item, {
        names,
        depth: depth + 1,
        head: Array.isArray(value) ? '' : `${JSON.stringify(name)}: `,
        tail: index < entries.length - 1 ? ',' : '',
        isOn: isOn && names[depth] === name,
      }),
    ),
    { text: `${pad}${close}${tail}`, isFault: false },
  ];
}

function entriesOf(value: unknown): [string, unknown][] | null {
  return value === null || typeof value !== 'object' ? null : Object.entries(value);
}

/** How much of a path there is. */
function depthOf(value: unknown, names: readonly string[]): number {
  let at = value;
  let depth = 0;
  for (const name of names) {
    const next = entriesOf(at)?.find(([key]) => key === name);
    if (next === undefined) break;
    at = next[1];
    depth += 1;
  }
  return depth;
}

/** The bytes of a letter as JSON; undefined when they are none. */
export function parsedBytes({ bytes, encoding }: { bytes: string; encoding: string }): unknown {
  if (encoding !== 'utf8') return undefined;
  try {
    return JSON.parse(bytes) as unknown;
  } catch {
    return undefined;
  }
}
