/** Dead letters as text for a terminal. Pure. */
import type { ReplayAnswer } from './client.ts';
import type { LetterList, ListedLetter, StoredLetter } from './reader.ts';

/** Newest first, two lines a letter. */
export function listText({ letters, counts, next_before }: LetterList): string {
  const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
  if (total === 0) return 'no dead letters';
  const byReason = Object.entries(counts)
    .map(([reason, count]) => `${reason} ${count}`)
    .join(', ');
  return [
    ...letters.map(listedText),
    `${total} dead letters: ${byReason}`,
    ...(next_before === null ? [] : ['there are older ones: --limit']),
  ].join('\n');
}

function listedText(letter: ListedLetter): string {
  return `${head(letter)}\n    ${printable(letter.detail)}`;
}

export function letterText(letter: StoredLetter): string {
  const { field, value, detail, bytes, encoding, size } = letter;
  return [
    head(letter),
    `  what   ${printable(detail)}`,
    ...(field === '' ? [] : [`  field  ${printable(`${field} = ${value}`)}`]),
    ...(size === undefined ? [] : [`  only the beginning of ${size} bytes was kept`]),
    encoding === 'base64' ? '  bytes (base64)' : '  bytes',
    printable(bytes),
  ].join('\n');
}

export function replayText(answer: ReplayAnswer): string {
  if ('problem' in answer) return `${answer.seq}  stays: ${answer.problem}`;
  const { seq, removed, results } = answer;
  if (removed) return `${seq}  is in the log now`;
  const why = results.flatMap((result) => (result.outcome === 'rejected' ? [result.detail] : []));
  return `${seq}  stays: ${printable(why.join('; '))}`;
}

function head({ seq, at, reason, via, source, id, type }: ListedLetter | StoredLetter): string {
  const names = [type, source, id].filter((name) => name !== undefined).map(printable);
  return [String(seq).padStart(6), at, `${reason} (${via})`, ...names].join('  ');
}

/** What producers sent must not steer the terminal. */
function printable(text: string): string {
  // eslint-disable-next-line no-control-regex
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '\ufffd');
}
