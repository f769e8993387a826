/** The door's dead letters over HTTP, for the command line. */
import type { LetterList, ListedLetter, StoredLetter } from './reader.ts';
import type { Replayed } from './replay.ts';
import type { RejectionReason } from '../../contracts/rejections.ts';
import { MAX_LIST } from './arguments.ts';

export interface DeadClient {
  list(reason: RejectionReason | null, limit: number): Promise<LetterList>;
  /** Every letter of a reason, newest first. */
  all(reason: RejectionReason): AsyncGenerator<ListedLetter>;
  show(seq: number): Promise<StoredLetter>;
  /** `mended` is JSON; null for the original bytes. */
  replay(seq: number, mended: Uint8Array | null, why: string): Promise<ReplayAnswer>;
  discard(seq: number, why: string): Promise<void>;
}

/** What became of a letter: removed, or why it stays. */
export type ReplayAnswer = Replayed | { readonly seq: number; readonly problem: string };

/** The door cannot be reached, or did not answer as wanted. */
export class DeadClientError extends Error {
  override readonly name = 'DeadClientError';
}

interface Answer {
  readonly status: number;
  readonly body: { readonly title?: string; readonly detail?: string };
}

export function createDeadClient(doorUrl: string, accessToken: string): DeadClient {
  const authorization = accessToken === '' ? {} : { authorization: `Bearer ${accessToken}` };

  async function ask(path: string, init: RequestInit = {}): Promise<Answer> {
    const url = new URL(path, doorUrl);
    try {
      const headers = { ...authorization, ...init.headers };
      const response = await fetch(url, { ...init, headers });
      return { status: response.status, body: (await response.json()) as Answer['body'] };
    } catch (error) {
      const { cause, message } = error as Error;
      const code = (cause as NodeJS.ErrnoException | undefined)?.code ?? message;
      throw new DeadClientError(`the door at ${url.origin} cannot be reached (${code})`);
    }
  }

  async function get<T>(path: string): Promise<T> {
    const { status, body } = await ask(path);
    if (status === 200) return body as T;
    throw new DeadClientError(problemText(status, body));
  }

  function page(reason: RejectionReason | null, limit: number, before: number | null) {
    const query = new URLSearchParams({ limit: String(limit) });
    if (reason !== null) query.set('reason', reason);
    if (before !== null) query.set('before', String(before));
    return get<LetterList>(`/v1/dead?${query.toString()}`);
  }

  return {
    async list(reason, limit) {
      const letters: ListedLetter[] = [];
      let found: LetterList;
      let before: number | null = null;
      // One answer looks back a bounded way only; a rare reason may lie further.
      do {
        found = await page(reason, limit - letters.length, before);
        letters.push(...found.letters);
        before = found.next_before;
      } while (before !== null && letters.length < limit);
      return { ...found, letters };
    },
    async *all(reason) {
      let before: number | null = null;
      do {
        const found: LetterList = await page(reason, MAX_LIST, before);
        yield* found.letters;
        before = found.next_before;
      } while (before !== null);
    },
    show: (seq) => get<StoredLetter>(`/v1/dead/${seq}`),
    async replay(seq, mended, why) {
      const { status, body } = await ask(`/v1/dead/${seq}/replay?${queryOf(why)}`, {
        method: 'POST',
        ...(mended === null
          ? {}
          : { body: mended, headers: { 'content-type': 'application/json' } }),
      });
      if ('results' in body) return body as Replayed;
      if (status === 503) throw new DeadClientError(problemText(status, body));
      return { seq, problem: problemText(status, body) };
    },
    async discard(seq, why) {
      const { status, body } = await ask(`/v1/dead/${seq}/discard?${queryOf(why)}`, {
        method: 'POST',
      });
      if (status !== 200) throw new DeadClientError(problemText(status, body));
    },
  };
}

const queryOf = (reason: string) => new URLSearchParams({ reason }).toString();

function problemText(status: number, { title, detail }: Answer['body']): string {
  return title === undefined ? `the door answered ${status}` : `${title}: ${detail ?? ''}`;
}
