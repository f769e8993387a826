/**
 * What a runtime does with each message of the LOG, without the shell around it:
 *
 *   message ─▶ intake (decode, tell repeats apart, tell the time) ─▶ each processor that wants it
 *                └─ undecodable, id with other data, not applied ──▶ put aside
 *
 * Pure: the same messages give the same state and the same effects. The runtime runs it over the living
 * log, `verify` over a replay.
 */
import type { LogEvent } from '../../contracts/events.ts';
import type { RejectionReason } from '../../contracts/rejections.ts';
import type { Applied, Cell, Cleared, Finding, Outputs, Signal, TableName } from '../processor.ts';
import { Intake } from './intake.ts';
import type { HostedProcessor } from './slices.ts';

/** Where the outputs go. */
export interface Effects {
  row(table: TableName, cells: readonly Cell[]): void;
  /** A processor found something; `runtime` itself does so as well. */
  finding(processor: string, finding: Finding): void;
  cleared(processor: string, cleared: Cleared): void;
  /** The ATP of the SKU may have changed. */
  changed(sku: string): void;
  signal(signal: Signal): void;
  /** A message that could not be taken in, or not by `processor`. */
  aside(letter: Aside): void;
}

/** A message that is put aside, where it can be seen and mended. */
export interface Aside {
  readonly seq: number;
  readonly reason: RejectionReason;
  readonly detail: string;
  readonly raw: string;
}

/** What became of a message. `unwanted`: no processor of this slice takes its subject. */
export type Outcome =
  | { readonly outcome: 'event'; readonly applied: Applied }
  | { readonly outcome: 'duplicate' | 'conflict'; readonly event: LogEvent }
  | { readonly outcome: 'undecodable' | 'unwanted' };

interface Reducer {
  readonly name: string;
  readonly wants: (subject: string) => boolean;
  readonly run: (applied: Applied) => void;
}

const RUNTIME = 'runtime';
const everything = () => true;
const UNWANTED = { outcome: 'unwanted' } as const;
const UNDECODABLE = { outcome: 'undecodable' } as const;

export class Reduction {
  readonly intake: Intake;
  readonly #effects: Effects;
  readonly #reducers: readonly Reducer[];
  /** True when some processor takes only a part of the messages. */
  readonly #selective: boolean;

  constructor(options: {
    hosted: readonly HostedProcessor[];
    recentIds: number;
    effects: Effects;
  }) {
    const { effects, hosted, recentIds } = options;
    this.intake = new Intake(recentIds);
    this.#effects = effects;
    this.#selective = hosted.some(({ wants }) => wants !== undefined);
    this.#reducers = hosted.map(({ processor, wants }) => {
      const { name } = processor;
      const out: Outputs = {
        row: (table, cells) => effects.row(table, cells),
        finding: (finding) => effects.finding(name, finding),
        cleared: (cleared) => effects.cleared(name, cleared),
        changed: (sku) => effects.changed(sku),
        signal: (signal) => effects.signal(signal),
      };
      return { name, wants: wants ?? everything, run: (applied) => processor.apply(applied, out) };
    });
  }

  /**
   * Applies the message at `seq`; messages come in log order. `attachment` are the bytes that its event names
   * (attachments.ts). Never throws because of a message.
   */
  apply(seq: number, subject: string, raw: string, attachment?: Uint8Array): Outcome {
    const wanted = this.#selective
      ? this.#reducers.filter(({ wants }) => wants(subject))
      : this.#reducers;
    if (wanted.length === 0) return UNWANTED;
    const taken = this.intake.take(seq, raw);
    switch (taken.outcome) {
      case 'event': {
        const { applied } = taken;
        const whole = attachment === undefined ? applied : { ...applied, attachment };
        for (const reducer of wanted) this.#run(reducer, whole);
        return taken;
      }
      case 'duplicate':
        return taken;
      case 'conflict':
        this.#onConflict(seq, raw, taken.event);
        return taken;
      case 'undecodable':
        this.#effects.aside({ seq, raw, reason: 'undecodable', detail: taken.detail });
        return UNDECODABLE;
      default:
        return taken satisfies never;
    }
  }

  /** One event that a processor cannot apply must not stop the others, nor the events behind it. */
  #run({ name, run }: Reducer, applied: Applied): void {
    try {
      run(applied);
    } catch (error) {
      const { raw, seq } = applied;
      const detail = `${name}: ${error instanceof Error ? error.message : String(error)}`;
      this.#effects.aside({ seq, raw, reason: 'apply_failed', detail });
    }
  }

  /** The same source and id with other data: the first stays, the second goes where it can be seen. */
  #onConflict(seq: number, raw: string, event: LogEvent): void {
    const detail = `${event.source} sent id ${event.id} before, with other data`;
    this.#effects.aside({ seq, raw, reason: 'id_conflict', detail });
    this.#effects.finding(RUNTIME, {
      findingId: `FEED_QUALITY/id_conflict/${event.source}/${event.id}`,
      code: 'FEED_QUALITY',
      subtype: 'id_conflict',
      entity: `source/${event.source}`,
      conditionAtMs: Date.parse(event.time),
      detail,
      evidence: [{ source: event.source, id: event.id }],
    });
  }
}
