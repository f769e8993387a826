/**
 * Where the outputs of the processors go, as they arise:
 *
 *   rows, dead letters ─▶ the batch of the next flush      muted while the past is replayed
 *   findings ─▶ noted, and sent to the door (findings-outbox.ts)
 *   changed SKUs ─▶ notices, once live
 *   signals ─▶ SIGNALS, at once; with the next beat again when SIGNALS did not take them
 *
 * In a rehearsal findings are told to whoever asked for it, and nothing else leaves but rows.
 */
import type { LogEvent } from '../../contracts/events.ts';
import type { Log } from '../../platform/log.ts';
import type { NatsLink } from '../../platform/nats/connect.ts';
import type { Publisher } from '../../platform/nats/publisher.ts';
import type { Cell, Cleared, Finding, Signal, TableName } from '../processor.ts';
import { Batch } from './batch.ts';
import { deadLetter } from './dead-letter.ts';
import { FindingsOutbox } from './findings-outbox.ts';
import { clearedEvent, findingEvent, Findings, type FindingEvent } from './findings.ts';
import type { Meters } from './meters.ts';
import { Notices } from './notices.ts';
import type { Aside, Effects } from './reduction.ts';

/** Signals that wait to be sent again; one more is given up, since SIGNALS has been away for long. */
const MAX_UNSENT_SIGNALS = 10_000;

export interface OutletOptions {
  readonly slice: string;
  readonly link: NatsLink;
  readonly publisher: Publisher;
  readonly log: Log;
  readonly meters: Meters;
  /** Whether the log holds this event, as far as ids are remembered. */
  readonly holds: (source: string, id: string) => boolean;
  readonly rehearse: ((finding: FindingEvent) => void) | undefined;
}

export class Outlet implements Effects {
  readonly findings = new Findings();
  readonly #options: OutletOptions;
  readonly #outbox: FindingsOutbox;
  readonly #notices: Notices;
  readonly #unsent: Signal[] = [];
  #batch = new Batch(0);
  /** The message that is being applied. */
  #seq = 0;
  #bytes: Uint8Array | null = null;
  /** Up to here everything is in ClickHouse already. */
  #mutedTo = 0;
  /** Findings are held back until the log has been read up to here: most of them are in it. */
  #holdFindingsTo = 0;
  #isLive = false;

  constructor(options: OutletOptions) {
    const { link, log, publisher, slice } = options;
    this.#options = options;
    this.#outbox = new FindingsOutbox({ findings: this.findings, publisher, slice, log });
    this.#notices = new Notices(link);
  }

  /** Rows that wait in the batch. */
  get rows(): number {
    return this.#batch.rows;
  }

  /** Log sequence that the batch begins behind. */
  get from(): number {
    return this.#batch.from;
  }

  /** Everything up to `flushed` is muted; findings wait until the log's end of now has been read. */
  open({ flushed, logEnd }: { flushed: number; logEnd: number }): void {
    this.#mutedTo = flushed;
    this.#holdFindingsTo = logEnd;
    this.#batch = new Batch(flushed);
  }

  goLive(): void {
    this.#isLive = true;
  }

  /** A message is about to be applied; `bytes` are its own, null when only its text is known. */
  begin(seq: number, bytes: Uint8Array | null): void {
    this.#seq = seq;
    this.#bytes = bytes;
  }

  row(table: TableName, cells: readonly Cell[]): void {
    if (this.#seq > this.#mutedTo) this.#batch.add(table, cells);
  }

  changed(sku: string): void {
    if (this.#isLive) this.#notices.add(sku);
  }

  finding(processor: string, finding: Finding): void {
    this.#raise(findingEvent(processor, finding));
  }

  cleared(processor: string, cleared: Cleared): void {
    this.#raise(clearedEvent(processor, cleared));
  }

  #raise(event: FindingEvent): void {
    const { holds, rehearse } = this.#options;
    if (rehearse !== undefined) return rehearse(event);
    // Raised again, as by the third event of an id that is in conflict.
    if (holds(event.source, event.id) || !this.findings.add(event)) return;
    if (this.#seq > this.#holdFindingsTo) this.#outbox.send(event, Date.now());
  }

  aside(letter: Aside): void {
    const { detail, raw, reason, seq } = letter;
    const { log, meters, rehearse } = this.#options;
    log.warn({ seq, reason, detail }, 'message of the log put aside');
    meters.events.inc({ outcome: reason });
    if (seq <= this.#mutedTo || rehearse !== undefined) return;
    const bytes = this.#bytes ?? Buffer.from(raw);
    this.#batch.letters.push(deadLetter(letter, bytes, new Date().toISOString()));
  }

  /**
   * Leaves at once, unless it belongs to what was flushed before this start: that part was told. After a
   * crash the stretch behind it is told again under the same ids, which SIGNALS drops.
   */
  signal(signal: Signal): void {
    if (this.#options.rehearse !== undefined || this.#seq <= this.#mutedTo) return;
    this.#send(signal);
  }

  #send(signal: Signal): void {
    const { log, publisher } = this.#options;
    const { data, id, subject } = signal;
    const payload = Buffer.from(JSON.stringify(data));
    publisher.publish({ subject, msgId: id, payload }).catch((error: unknown) => {
      if (this.#unsent.length < MAX_UNSENT_SIGNALS) this.#unsent.push(signal);
      // Whoever shows cases reads them from ClickHouse as well; a signal only makes it sooner.
      else log.warn({ err: error, subject, id }, 'signal not sent');
    });
  }

  /** The log holds this event. */
  logged(event: LogEvent): void {
    this.findings.confirm(event);
  }

  /** Ends the batch at log sequence `to` and begins the next. */
  cut(to: number): Batch {
    const batch = this.#batch;
    this.#batch = new Batch(to);
    return batch;
  }

  /** Sends findings that are due and signals that were not taken; called once a second. */
  beat(appliedSeq: number): void {
    for (const signal of this.#unsent.splice(0)) this.#send(signal);
    if (appliedSeq >= this.#holdFindingsTo) this.#outbox.beat(Date.now());
  }

  /** Tells which SKUs changed. */
  notify(appliedSeq: number): void {
    if (this.#options.rehearse === undefined) this.#notices.send(appliedSeq);
  }
}
