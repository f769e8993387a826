/**
 * One replay of the archive under one set of policies: the processors of the live system, with their
 * findings looped back as the door would bring them into the LOG.
 *
 *   archived event ─▶ Reduction ─▶ findings ─▶ door's checks ─▶ Reduction (cases) ─▶ alerts
 *
 * A finding enters right behind the event that raised it. Where the archive holds the same finding, it has
 * the sequence that it had there, so that cases have the ids that people's commands name. Pure.
 */
import { explode } from '../../../contracts/explode.ts';
import type { ProducerEvent } from '../../../contracts/envelope.ts';
import type { LogEvent } from '../../../contracts/events.ts';
import { RULES } from '../../../contracts/rules.ts';
import { checkEvent } from '../../../contracts/validate.ts';
import { RulePolicies } from '../../facts/rule-policies.ts';
import { clearedEvent, findingEvent } from '../findings.ts';
import { Reduction } from '../reduction.ts';
import type { HostedProcessor } from '../slices.ts';
import { AlertLog } from './alerts.ts';

/** A message of the LOG. */
export interface Message {
  readonly seq: number;
  readonly subject: string;
  readonly raw: string;
  /** Bytes that the event names by their hash. */
  readonly attachment?: Uint8Array | undefined;
}

/** Findings that one event may lead to, findings of findings included: more is a loop. */
const MAX_PER_EVENT = 100_000;

export class Run {
  readonly alerts: AlertLog;
  readonly #reduction: Reduction;
  readonly #rules = new RulePolicies();
  /** Sequence of each finding in the archive, by its id. */
  readonly #places: ReadonlyMap<string, number>;
  readonly #waiting: ProducerEvent[] = [];
  #refused = 0;
  #failed = 0;

  constructor(options: {
    hosted: readonly HostedProcessor[];
    recentIds: number;
    places: ReadonlyMap<string, number>;
    fromMs: number;
  }) {
    const { fromMs, hosted, places, recentIds } = options;
    this.alerts = new AlertLog({ fromMs });
    this.#places = places;
    this.#reduction = new Reduction({
      hosted,
      recentIds,
      effects: {
        row: () => undefined,
        finding: (processor, finding) => this.#waiting.push(findingEvent(processor, finding)),
        cleared: (processor, cleared) => this.#waiting.push(clearedEvent(processor, cleared)),
        changed: () => undefined,
        signal: (signal) => this.alerts.onSignal(signal),
        aside: () => (this.#failed += 1),
      },
    });
  }

  /** Highest event time seen (ms since 1970). */
  get nowMs(): number {
    return this.#reduction.intake.nowMs;
  }

  /** Findings that the door would refuse. */
  get refused(): number {
    return this.#refused;
  }

  /** Times that a processor could not apply an event. */
  get failed(): number {
    return this.#failed;
  }

  /** Alerts of a team in a day that the policies allow (REFERENCE §5.3). */
  get budget(): number {
    const { budget = RULES.SHRINKAGE_ANOMALY.parameters.budget.value } =
      this.#rules.of('SHRINKAGE_ANOMALY').parameters;
    return budget;
  }

  /** Applies a message, and all that is found because of it. */
  apply(message: Message): void {
    this.#take(message);
    for (let n = 0; this.#waiting.length > 0; n++) {
      if (n === MAX_PER_EVENT) throw new Error('findings raise findings without end');
      const event = this.#waiting.shift() as ProducerEvent;
      const messages = admitted(event, this.nowMs);
      if (messages.length === 0) this.#refused += 1;
      const seq = this.#places.get(event.id) ?? message.seq;
      for (const { raw, subject } of messages) this.#take({ seq, subject, raw });
    }
  }

  #take({ attachment, raw, seq, subject }: Message): void {
    const taken = this.#reduction.apply(seq, subject, raw, attachment);
    if (taken.outcome !== 'event') return;
    const { event, nowMs } = taken.applied;
    if (event.type === 'stocktide.policy.set.v1') this.#rules.set(event.data, taken.applied);
    this.alerts.onEvent(event, nowMs);
  }
}

const PROCESSOR = 'urn:stocktide:processor:';
/** What the runtime finds among repeats, which are not archived: it cannot be found anew. */
const RUNTIME = `${PROCESSOR}runtime`;

/** True for an archived event that the processors raised themselves: a replay raises it anew. */
export function isProduced({ source, type }: LogEvent): boolean {
  if (type !== 'stocktide.finding.raised.v1' && type !== 'stocktide.finding.cleared.v1') {
    return false;
  }
  return source.startsWith(PROCESSOR) && source !== RUNTIME;
}

/** What the door makes of an event of our own; nothing when it refuses it. */
export function admitted(
  producer: ProducerEvent,
  nowMs: number,
): readonly { readonly raw: string; readonly subject: string }[] {
  const checked = checkEvent(producer, { trusted: true });
  if (!checked.ok) return [];
  const ingestedtime = new Date(Math.max(nowMs, Date.parse(producer.time))).toISOString();
  return explode(checked.name, checked.event).map(({ event, subject }) => ({
    raw: JSON.stringify({ ...event, ingestedtime }),
    subject,
  }));
}
