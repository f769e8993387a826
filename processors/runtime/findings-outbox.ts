/**
 * Sends findings to the door (`in.finding.<slice>`, a work queue), which appends them to the LOG.
 *
 *   raised from a new message of the log ─▶ sent at once
 *   raised while the past is replayed ─▶ held until the log has been read to where it ended at the start:
 *                                        most of them turn up in it
 *   not come back through the log ─▶ sent again, at growing intervals
 *
 * Guarantees: a finding is sent until the LOG holds it; sending it twice is harmless, since its id makes
 * the door and the runtime drop the repeat. At most MAX_PER_BEAT repeats a second.
 */
import type { Log } from '../../platform/log.ts';
import type { Publisher } from '../../platform/nats/publisher.ts';
import type { FindingEvent, Findings } from './findings.ts';

/** A finding that has not come back through the LOG after this long is sent again. */
const FIRST_RESEND_MS = 30_000;
const LAST_RESEND_MS = 3_600_000;
/** Findings that one beat sends. */
const MAX_PER_BEAT = 500;

interface Sent {
  readonly dueMs: number;
  readonly waitMs: number;
}

export class FindingsOutbox {
  readonly #findings: Findings;
  readonly #publisher: Pick<Publisher, 'publish'>;
  readonly #subject: string;
  readonly #log: Log;
  /** When each is due again (wall time); not part of the state. */
  readonly #sent = new Map<string, Sent>();

  constructor(options: {
    findings: Findings;
    publisher: Pick<Publisher, 'publish'>;
    slice: string;
    log: Log;
  }) {
    this.#findings = options.findings;
    this.#publisher = options.publisher;
    this.#subject = `in.finding.${options.slice}`;
    this.#log = options.log;
  }

  /** Sends a finding. */
  send(event: FindingEvent, nowMs: number): void {
    const before = this.#sent.get(event.id);
    const waitMs = before ? Math.min(before.waitMs * 2, LAST_RESEND_MS) : FIRST_RESEND_MS;
    const sent = { dueMs: nowMs + waitMs, waitMs };
    this.#sent.set(event.id, sent);
    const payload = Buffer.from(JSON.stringify(event));
    const msgId = `${event.source}/${event.id}`;
    this.#publisher.publish({ subject: this.#subject, msgId, payload }).catch((error: unknown) => {
      // It did not get away: the next beat tries again.
      if (this.#sent.get(event.id) === sent) this.#sent.delete(event.id);
      this.#log.debug({ err: error, id: event.id }, 'finding not sent yet');
    });
  }

  /** Sends what is due; called once a second. */
  beat(nowMs: number): void {
    let left = MAX_PER_BEAT;
    for (const event of this.#findings.waiting()) {
      if (left === 0) break;
      if (nowMs < (this.#sent.get(event.id)?.dueMs ?? 0)) continue;
      this.send(event, nowMs);
      left -= 1;
    }
    for (const id of this.#sent.keys()) if (!this.#findings.waits(id)) this.#sent.delete(id);
  }
}
