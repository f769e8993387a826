/**
 * A dead letter's end. Its second chance: the original bytes, or mended ones, through the door again. The letter
 * goes when everything in it is in the log; until then it stays, and being refused again makes no second
 * one.
 */
import { Buffer } from 'node:buffer';
import type { EventOutcome } from '../../contracts/rejections.ts';
import { ProblemError } from '../../platform/http/problem.ts';
import type { Door } from '../door/accept.ts';
import { decodeBody, type Decoded } from '../door/decode.ts';
import type { LetterReader, StoredLetter } from './reader.ts';
import type { Decision, Settlements } from './settle.ts';

export interface Replayed {
  readonly seq: number;
  /** True when the letter is gone, since the log has all of it. */
  readonly removed: boolean;
  readonly results: readonly EventOutcome[];
}

interface Parts {
  readonly door: Door;
  readonly letters: LetterReader;
  readonly settlements: Settlements;
}

/** `mended` stands for the original bytes. Throws a ProblemError when the letter cannot be replayed. */
export async function replayLetter(
  { door, letters, settlements }: Parts,
  seq: number,
  {
    decision,
    mayDecide,
    mended,
  }: { mended: Decoded | null; decision: Decision; mayDecide: boolean },
): Promise<Replayed> {
  const letter = await letters.read(seq);
  if (letter === null) throw noSuchLetter(seq);
  const decoded = mended ?? original(letter);
  const events = decoded.kind === 'one' ? [decoded.event] : decoded.events;
  const results = await door.accept(events, { via: 'http', isLetter: true, mayDecide });
  const removed = results.every(({ outcome }) => outcome !== 'rejected');
  if (removed) {
    await settlements.note(letter, mended === null ? 'replayed' : 'mended', decision);
    await letters.remove(seq);
  }
  return { seq, removed, results };
}

/** Gives a letter up: it is gone, and the log knows who decided so, and why. */
export async function discardLetter(
  { letters, settlements }: Pick<Parts, 'letters' | 'settlements'>,
  seq: number,
  decision: Decision,
): Promise<void> {
  const letter = await letters.read(seq);
  if (letter === null) throw noSuchLetter(seq);
  await settlements.note(letter, 'discarded', decision);
  await letters.remove(seq);
}

export function noSuchLetter(seq: number): ProblemError {
  return new ProblemError({
    status: 404,
    kind: 'no-such-letter',
    title: 'There is no such dead letter',
    detail: 'It was replayed or discarded, is older than the stream keeps letters, or never was',
    field: 'seq',
    value: seq,
  });
}

function original({ seq, via, size, encoding, bytes }: StoredLetter): Decoded {
  if (via === 'runtime') {
    throw notAsItIs(
      seq,
      'the log has this event already, and a processor could not use it; send a new event that says ' +
        'it right, or stocktide.event.corrected.v1',
    );
  }
  if (size !== undefined) {
    throw notAsItIs(seq, `the letter holds only the beginning of ${size} bytes`);
  }
  return decodeBody(Buffer.from(bytes, encoding), 'either');
}

function notAsItIs(seq: number, why: string): ProblemError {
  return new ProblemError({
    status: 409,
    kind: 'letter-needs-mending',
    title: 'The letter cannot be replayed as it is',
    detail: `Letter ${seq}: ${why}. Replay it with a mended event`,
    field: 'seq',
    value: seq,
  });
}
