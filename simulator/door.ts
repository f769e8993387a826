/**
 * Sends events to the door and waits for as long as it takes: a feed outlives restarts of what it feeds.
 * Sending again is safe, since the log drops an event whose id it has.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { BatchAnswer } from '../contracts/rejections.ts';
import type { SimEvent } from './world.ts';

export interface Door {
  /** Sends one batch in order; null when `stop` came while it waited. */
  send(events: readonly SimEvent[]): Promise<BatchAnswer | null>;
}

/** The door refused a request for a reason that waiting does not mend. */
export class DoorRefusal extends Error {
  override readonly name = 'DoorRefusal';
}

const FIRST_WAIT_MS = 250;
const MAX_WAIT_MS = 5_000;
const REQUEST_TIMEOUT_MS = 30_000;

export function createDoor(options: {
  readonly url: string;
  readonly accessToken: string;
  readonly stop: AbortSignal;
  /** Told when waiting begins and when it is over. */
  readonly onChange: (message: string) => void;
}): Door {
  const endpoint = new URL('/v1/events?results=rejected', options.url);
  const headers = {
    'content-type': 'application/x-ndjson',
    ...(options.accessToken === '' ? {} : { authorization: `Bearer ${options.accessToken}` }),
  };

  async function send(events: readonly SimEvent[]): Promise<BatchAnswer | null> {
    const body = events.map((event) => JSON.stringify(event)).join('\n');
    let waitMs = FIRST_WAIT_MS;
    for (let tries = 0; ; tries += 1) {
      const attempt = await tryOnce(body);
      if ('answer' in attempt) {
        if (tries > 0) options.onChange('the door takes events again');
        return attempt.answer;
      }
      if (tries === 0) options.onChange(`waiting for the door: ${attempt.reason}`);
      await sleep(attempt.retryAfterMs ?? waitMs, undefined, { signal: options.stop }).catch(
        () => {},
      );
      if (options.stop.aborted) return null;
      waitMs = Math.min(waitMs * 2, MAX_WAIT_MS);
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
      const { cause, message } = error as Error;
      return { reason: (cause as NodeJS.ErrnoException | undefined)?.code ?? message };
    }
    const { status } = response;
    // 502 and 504: a proxy before a door that is not there yet.
    if ([429, 502, 503, 504].includes(status)) {
      const seconds = Number(response.headers.get('retry-after') ?? NaN);
      const reason = `it answered ${status}`;
      return seconds >= 0
        ? { reason, retryAfterMs: Math.min(seconds * 1000, MAX_WAIT_MS) }
        : { reason };
    }
    const answer = response.ok ? parse(text) : null;
    if (answer !== null) return { answer };
    if (status === 401) {
      throw new DoorRefusal(
        `${endpoint.href} does not know the sender: set ACCESS_TOKEN to a token with the role producer, ` +
          'or admin where policies are sent too (npm run access -- create)',
      );
    }
    throw new DoorRefusal(`${endpoint.href} answered ${status}: ${text.slice(0, 300)}`);
  }

  return { send };
}

type Attempt = { answer: BatchAnswer } | { reason: string; retryAfterMs?: number };

function parse(text: string): BatchAnswer | null {
  try {
    const value = JSON.parse(text) as Partial<BatchAnswer> | null;
    return value !== null && Array.isArray(value.results) ? (value as BatchAnswer) : null;
  } catch {
    return null;
  }
}
