/**
 * Sends the events of commands to the door, which checks them and puts them into the log like anybody
 * else's. What it refuses comes back as a problem with the field and the reason.
 */
import { REJECTION_REASONS, type BatchAnswer, type Rejection } from '../../contracts/rejections.ts';
import type { Caller } from '../../platform/access/identity.ts';
import { delegate, ON_BEHALF_HEADER } from '../../platform/http/presented.ts';
import { ProblemError } from '../../platform/http/problem.ts';

export interface DoorEvent {
  readonly specversion: '1.0';
  readonly id: string;
  readonly source: string;
  readonly type: string;
  readonly time: string;
  readonly data: object;
}

/** Brings events into the log, or throws a problem. Answers the ids that it held already, with whatever content. */
export type SendToDoor = (events: readonly DoorEvent[]) => Promise<ReadonlySet<string>>;

/** How the API asks the door: with the deployment's secret. */
export interface DoorAccess {
  readonly url: string;
  readonly accessToken: string;
}

/** Headers with which the door knows the API, and for whom it asks; null: for itself. */
export function doorHeaders(
  accessToken: string,
  caller: Caller | null,
): Readonly<Record<string, string>> {
  if (accessToken === '') return {};
  return {
    authorization: `Bearer ${accessToken}`,
    ...(caller === null ? {} : { [ON_BEHALF_HEADER]: delegate(caller) }),
  };
}

export function doorSender({
  accessToken,
  timeoutMs,
  url,
}: DoorAccess & { readonly timeoutMs: number }): SendToDoor {
  return async (events) => {
    const answer = await post(new URL('/v1/events', url), {
      body: JSON.stringify(events),
      signal: AbortSignal.timeout(timeoutMs),
      headers: {
        'content-type': 'application/json',
        ...doorHeaders(accessToken, null),
      },
    });
    const known = new Set<string>();
    for (const result of answer.results) {
      const id = events[result.index]?.id ?? '';
      // Sent again with an instant of its own, a command conflicts with itself: the log holds it.
      const isKnown =
        result.outcome === 'duplicate' ||
        (result.outcome === 'rejected' && result.reason === 'id_conflict');
      if (isKnown) known.add(id);
      else if (result.outcome === 'rejected') throw refused(result);
    }
    return known;
  };
}

async function post(url: URL, init: RequestInit): Promise<BatchAnswer> {
  let response: Response;
  try {
    response = await fetch(url, { ...init, method: 'POST' });
  } catch (error) {
    throw doorUnavailable(error instanceof Error ? error.message : String(error));
  }
  // 200: all taken; 207: some refused, and the answer says which.
  if (response.ok) return (await response.json()) as BatchAnswer;
  throw doorUnavailable(`it answered ${response.status}`);
}

/** A rejection as a problem. */
export function refused({ detail, field, reason, value }: Rejection): ProblemError {
  return new ProblemError({
    status: 422,
    kind: reason.replaceAll('_', '-'),
    title: REJECTION_REASONS[reason],
    detail,
    field,
    value,
  });
}

export function doorUnavailable(why: string): ProblemError {
  return new ProblemError({
    status: 503,
    kind: 'door-unavailable',
    title: 'The door does not answer',
    detail: `The process that takes events cannot be reached (${why}); send the request again`,
    retryAfterS: 1,
  });
}
