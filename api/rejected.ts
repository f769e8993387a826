/**
 * What the door refused, for people: read, checked, sent again, given up. The letters are the door's; this asks
 * it over HTTP, for whoever asks, so that a mended event meets the same checks as any.
 */
import type {
  CheckAnswer,
  DiscardRequest,
  RejectedEvent,
  RejectedLetter,
  RejectedList,
  ReplayRequest,
  Settled,
} from '../contracts/feeds.ts';
import { checkEvent } from '../contracts/validate.ts';
import { ProblemError, type Problem } from '../platform/http/problem.ts';
import type { Caller } from '../platform/access/identity.ts';
import { doorHeaders, doorUnavailable, type DoorAccess } from './cases/door.ts';

/** A letter as the door lists it; with `bytes` it is whole, else `preview` stands for it. */
type DoorLetter = Omit<RejectedEvent, 'source' | 'id' | 'type' | 'size' | 'preview'> & {
  readonly source?: string;
  readonly id?: string;
  readonly type?: string;
  readonly size?: number;
};
interface DoorList {
  readonly letters: readonly (DoorLetter & { readonly preview: string })[];
  readonly counts: Record<string, number>;
  readonly next_before: number | null;
}

export type RejectedOptions = DoorAccess & { readonly timeoutMs: number };

export class Rejected {
  readonly #options: RejectedOptions;

  constructor(options: RejectedOptions) {
    this.#options = options;
  }

  /** Newest first; `before` is the sequence behind which the page begins. */
  async list(
    {
      before,
      limit,
      reason,
    }: { reason: string | undefined; limit: number; before: number | undefined },
    caller: Caller,
  ): Promise<Omit<RejectedList, 'next_cursor'> & { readonly next: number | null }> {
    const query = new URLSearchParams({
      limit: String(limit),
      ...(reason === undefined ? {} : { reason }),
      ...(before === undefined ? {} : { before: String(before) }),
    });
    const {
      counts,
      letters,
      next_before: next,
    } = await this.#ask<DoorList>(`/v1/dead?${query.toString()}`, caller);
    const rejected = letters.map((letter) => ({ ...whole(letter), preview: letter.preview }));
    return { rejected, counts, next };
  }

  async read(seq: number, caller: Caller): Promise<RejectedLetter> {
    const letter = await this.#ask<DoorLetter & Pick<RejectedLetter, 'bytes' | 'encoding'>>(
      `/v1/dead/${seq}`,
      caller,
    );
    return { ...whole(letter), encoding: letter.encoding, bytes: letter.bytes };
  }

  /** Throws the door's problem when it refuses again: the letter stays. */
  async replay(
    seq: number,
    { event, reason = '' }: ReplayRequest,
    caller: Caller,
  ): Promise<Settled> {
    const answer = await this.#ask<Pick<Settled, 'results'>>(
      `/v1/dead/${seq}/replay?${whyOf(reason)}`,
      caller,
      event === undefined ? {} : { body: JSON.stringify(event) },
    );
    const settlement = event === undefined ? 'replayed' : 'mended';
    return { seq, settlement, results: answer.results };
  }

  async discard(seq: number, { reason }: DiscardRequest, caller: Caller): Promise<Settled> {
    await this.#ask(`/v1/dead/${seq}/discard?${whyOf(reason)}`, caller, {});
    return { seq, settlement: 'discarded', results: [] };
  }

  /** A request to the door; with `post` it is a POST. Throws what the door says is wrong, or that it is away. */
  async #ask<T>(path: string, caller: Caller, post?: { readonly body?: string }): Promise<T> {
    const { accessToken, timeoutMs, url } = this.#options;
    const headers = {
      ...doorHeaders(accessToken, caller),
      ...(post?.body === undefined ? {} : { 'content-type': 'application/json' }),
    };
    let response: Response;
    try {
      response = await fetch(new URL(path, url), {
        ...(post === undefined ? {} : { method: 'POST', ...post }),
        headers,
        signal: AbortSignal.timeout(timeoutMs),
      });
    } catch (error) {
      throw doorUnavailable(error instanceof Error ? error.message : String(error));
    }
    if (response.ok) return (await response.json()) as T;
    throw await problemOf(response);
  }
}

/** Checks events against the contract as the door does, without sending them. */
export function checkEvents(value: unknown): CheckAnswer {
  const events: readonly unknown[] = Array.isArray(value) ? value : [value];
  const faults = events.flatMap((event, index) => {
    const checked = checkEvent(event);
    return checked.ok ? [] : [{ index, ...checked.rejection }];
  });
  return { ok: faults.length === 0, faults };
}

function whole({ at, detail, field, reason, seq, value, via, ...letter }: DoorLetter) {
  const { id = null, size = null, source = null, type = null } = letter;
  return { ...{ seq, at, via, reason, field, value, detail }, ...{ source, id, type, size } };
}

const whyOf = (reason: string) => new URLSearchParams({ reason }).toString();

/** The door's problem as ours; a letter that is refused again says why in its results. */
async function problemOf(response: Response): Promise<ProblemError> {
  const { status } = response;
  if (status >= 500) return doorUnavailable(`it answered ${status}`);
  const problem = (await response.json()) as Problem & {
    results?: readonly { outcome: string; field?: string; value?: string; detail?: string }[];
  };
  const again = problem.results?.find(({ outcome }) => outcome === 'rejected');
  return new ProblemError({
    status,
    kind: problem.type.replace('urn:stocktide:problem:', ''),
    title: problem.title,
    detail: again?.detail ?? problem.detail,
    field: again?.field ?? problem.field,
    value: again?.value ?? problem.value,
    allowed: problem.allowed,
  });
}
