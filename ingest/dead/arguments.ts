/** The command line of `npm run dead`, checked. Pure. */
import { parseArgs } from 'node:util';
import { REJECTION_REASONS, type RejectionReason } from '../../contracts/rejections.ts';

export const USAGE = `Shows what the door refused, and sends it through the door again.

  npm run dead -- list [--reason R] [--limit N]
  npm run dead -- show SEQ
  npm run dead -- replay SEQ...            the original bytes again
  npm run dead -- replay SEQ --with FILE   a mended event (or batch) in its place
  npm run dead -- replay --reason R        every letter of a reason, oldest first
  npm run dead -- discard SEQ... --why W   give letters up

A letter is removed once the log has all of it; one that is refused again stays.

Options
  --reason R     ${Object.keys(REJECTION_REASONS).join(', ')}
  --limit N      letters to list (20)
  --with FILE    JSON
  --why W        why; the log keeps it beside the letter
  --url URL      address of the door; default: the system that runs on STOCKTIDE_HOME
  --json         print JSON
  --help         print this

ACCESS_TOKEN is sent when it is set. Exit code: 0 done, 1 something was refused again or failed,
2 wrong arguments.`;

interface Common {
  /** Why, for the log; empty when it was not said. */
  readonly why: string;
  readonly url: string | null;
  readonly json: boolean;
}
export type DeadArguments =
  | { readonly command: 'help' }
  | (Common & { command: 'list'; reason: RejectionReason | null; limit: number })
  | (Common & { command: 'show'; seq: number })
  | (Common & { command: 'replay'; seqs: readonly number[]; mended: string | null })
  | (Common & { command: 'replay-reason'; reason: RejectionReason })
  | (Common & { command: 'discard'; seqs: readonly number[] });

/** The arguments are wrong; the message names the one and what is allowed. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

const DEFAULT_LIMIT = 20;
/** What one request to the door lists at most. */
export const MAX_LIST = 500;

export function readArguments(args: readonly string[]): DeadArguments {
  const { values, positionals } = parse(args);
  const [command, ...rest] = positionals;
  if (values.help === true || (command === undefined && args.length === 0)) {
    return { command: 'help' };
  }
  const common = { url: readUrl(values.url), json: values.json === true, why: values.why ?? '' };
  const reason = readReason(values.reason);
  switch (command) {
    case 'list':
      if (rest.length > 0) throw new UsageError(`list takes no ${rest.join(' ')}`);
      return { ...common, command, reason, limit: readLimit(values.limit) };
    case 'show':
      if (rest.length !== 1) throw new UsageError('show: give one sequence, as in: show 17');
      return { ...common, command, seq: readSeq(rest[0]) };
    case 'replay': {
      const mended = values.with ?? null;
      if (reason !== null) {
        if (rest.length > 0 || mended !== null) {
          throw new UsageError('replay: give --reason alone, or sequences');
        }
        return { ...common, command: 'replay-reason', reason };
      }
      const seqs = rest.map(readSeq);
      if (seqs.length === 0) throw new UsageError('replay: give sequences or --reason');
      if (mended !== null && seqs.length > 1) {
        throw new UsageError('replay: --with mends one letter at a time');
      }
      return { ...common, command, seqs, mended };
    }
    case 'discard': {
      const seqs = rest.map(readSeq);
      if (seqs.length === 0) throw new UsageError('discard: give sequences');
      if (common.why.trim() === '') throw new UsageError('discard: say why, with --why');
      return { ...common, command, seqs };
    }
    default:
      throw new UsageError(`${command ?? ''}: is no command; allowed: list, show, replay, discard`);
  }
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        reason: { type: 'string' },
        limit: { type: 'string' },
        with: { type: 'string' },
        why: { type: 'string' },
        url: { type: 'string' },
        json: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

function readSeq(text: string | undefined): number {
  if (text !== undefined && /^[1-9]\d{0,15}$/.test(text)) return Number(text);
  throw new UsageError(`${text ?? ''}: is no sequence; allowed: a whole number, as list shows it`);
}

function readReason(text: string | undefined): RejectionReason | null {
  if (text === undefined) return null;
  if (Object.hasOwn(REJECTION_REASONS, text)) return text as RejectionReason;
  const allowed = Object.keys(REJECTION_REASONS).join(', ');
  throw new UsageError(`--reason ${text}: allowed: ${allowed}`);
}

function readLimit(text: string | undefined): number {
  if (text === undefined) return DEFAULT_LIMIT;
  const limit = /^\d+$/.test(text) ? Number(text) : NaN;
  if (limit >= 1 && limit <= MAX_LIST) return limit;
  throw new UsageError(`--limit ${text}: allowed: a whole number from 1 to ${MAX_LIST}`);
}

function readUrl(text: string | undefined): string | null {
  if (text === undefined) return null;
  if (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)) return text;
  throw new UsageError(`--url ${text}: allowed: an address such as http://127.0.0.1:8081`);
}
