/**
 * The door cannot take events now: the one expected failure, for every way in. Over HTTP it is a 503
 * with Retry-After, the NATS inbox hands the message back. Nothing is claimed: what reached the log all
 * the same comes back as a duplicate when it is sent again under the same id.
 */
import { ProblemError } from '../../platform/http/problem.ts';
import { PublishError, type PublishErrorCode } from '../../platform/nats/publisher.ts';

export type UnavailableCode = PublishErrorCode | 'saturated' | 'stopping';

const RETRY_AFTER_S: Readonly<Record<UnavailableCode, number>> = {
  unavailable: 1,
  timeout: 1,
  saturated: 1,
  stopping: 2,
  rejected: 10,
  stream_full: 30,
};

export class DoorUnavailable extends ProblemError {
  readonly code: UnavailableCode;
  readonly waitMs: number;

  constructor(code: UnavailableCode, why: string) {
    super({
      status: 503,
      kind: `door-${code.replaceAll('_', '-')}`,
      title: 'The door cannot take events now',
      detail: `${why}. Nothing is claimed: send the same events again`,
      retryAfterS: RETRY_AFTER_S[code],
    });
    this.code = code;
    this.waitMs = RETRY_AFTER_S[code] * 1000;
  }
}

/** A failed publish as what it means to a sender; any other error as it is. */
export function asUnavailable(error: unknown): unknown {
  if (!(error instanceof PublishError)) return error;
  return new DoorUnavailable(error.code, `The log cannot be written: ${error.message}`);
}
