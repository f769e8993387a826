/**
 * Posts batches to the door and waits out what passes: a door that is busy, starting or gone for a
 * moment. Sending a batch again is safe, since the log drops an event whose id it has.
 *
 *   200, 207 with an answer per event  ──▶ done
 *   429, 502, 503, 504, no connection  ──▶ wait (Retry-After, else doubling), again, up to `giveUpAfterMs`
 *   anything else                      ──▶ DoorError with what the door said
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { BatchAnswer } from '../../contracts/rejections.ts';

export interface DoorClientOptions {
  readonly url: string;
  /** Bearer token; empty when the system has no access control. */
  readonly accessToken: string;
  /** How long one batch is tried before it is given up. */
  readonly giveUpAfterMs: number;
  /** Ends the waiting between tries; a request that is under way is left to finish. */
  readonly stop: AbortSignal;
  /** Told before each wait. */
  readonly onWait: (reason: string, waitMs: number) => void;
}

/** The door refused a whole request, or could not be reached in time. */
export class DoorError extends Error {
  override readonly name = 'DoorError';
}

/** The door is busy, or a proxy is there before its door is. */
const PASSING = new Set([429, 502, 503, 504]);
const FIRST_WAIT_MS = 250;
const MAX_WAIT_MS = 10_000;
/** A door that says nothing for so long counts as not reached. */
const REQUEST_TIMEOUT_MS = 60_000;

export interface DoorClient {
  /** Sends NDJSON; answers how many events were accepted, and each one that was not. */
  post(ndjson: string): Promise<BatchAnswer>;
}

export function createDoorClient(options: DoorClientOptions): DoorClient {
  const { accessToken, giveUpAfterMs, stop, onWait } = options;
  const endpoint = new URL('/v1/events?results=rejected', options.url);
  const headers = {
    'content-type': 'application/x-ndjson',
    ...(accessToken === '' ? {} : { authorization: `Bearer ${accessToken}` }),
  };

  async function post(ndjson: string): Promise<BatchAnswer> {
    const giveUpAt = performance.now() + giveUpAfterMs;
    let backoffMs = FIRST_WAIT_MS;
    for (;;) {
      const attempt = await tryOnce(ndjson);
      if ('answer' in attempt) return attempt.answer;
      const waitMs = attempt.retryAfterMs ?? backoffMs;
      if (performance.now() + waitMs > giveUpAt) {
        throw new DoorError(
          `gave up after ${Math.round(giveUpAfterMs / 1000)} s: ${attempt.reason}`,
        );
      }
      onWait(attempt.reason, waitMs);
      // Stopped while waiting: it resolves at once, and the throw says so.
      await sleep(waitMs, undefined, { signal: stop }).catch(() => {});
      stop.throwIfAborted();
      backoffMs = Math.min(backoffMs * 2, MAX_WAIT_MS);
    }
  }

  async function tryOnce(body: string): Promise<Attempt> {
    let response: Response;
    let text: string;
    try {
      const signal = AbortSignal.timeout(REQUEST_TIMEOUT_MS);
      response = await fetch(endpoint, { method: 'POST', headers, body, signal });
      text = await response.text();
    } catch (error) {
      return { reason: `${endpoint.origin} cannot be reached (${causeOf(error)})` };
    }
    const answer = parseJson(text);
    // A problem counts what was settled as well; only a success speaks of all that was sent.
    if (response.ok && isBatchAnswer(answer)) return { answer };
    const reason = `${endpoint.href} answered ${response.status} ${problemOf(answer, text)}`;
    if (PASSING.has(response.status)) {
      const seconds = Number(response.headers.get('retry-after') ?? NaN);
      return Number.isFinite(seconds) && seconds >= 0
        ? { reason, retryAfterMs: Math.min(seconds * 1000, MAX_WAIT_MS) }
        : { reason };
    }
    throw new DoorError(
      response.status === 401 ? `${reason}; set ACCESS_TOKEN to the system's token` : reason,
    );
  }

  return { post };
}

type Attempt = { answer: BatchAnswer } | { reason: string; retryAfterMs?: number };

function isBatchAnswer(value: unknown): value is BatchAnswer {
  return (
    value !== null &&
    typeof value === 'object' &&
    'accepted' in value &&
    'results' in value &&
    Array.isArray(value.results)
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}

/** Title and detail of an RFC 9457 problem, else the beginning of the text. */
function problemOf(answer: unknown, text: string): string {
  const problem = (answer ?? {}) as { title?: unknown; detail?: unknown };
  const words = [problem.title, problem.detail].filter((part) => typeof part === 'string');
  return words.length > 0 ? words.join(': ') : text.slice(0, 200);
}

/** `fetch failed` says nothing; the system error inside it does. */
function causeOf(error: unknown): string {
  const { cause, message } = error as Error;
  const code = (cause as NodeJS.ErrnoException | undefined)?.code;
  return code ?? message;
}
