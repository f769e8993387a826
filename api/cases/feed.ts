/**
 * Keeps the book of open cases, and feeds the live topics `cases` and `alerts` from it.
 *
 *   SIGNALS, its newest part first ─▶ steps ─▶ book ─▶ `cases` (conflated)
 *                                       │       ▲      `alerts` (each one)
 *   ClickHouse, when it has caught up ──┼───────┘
 *                                       └─▶ whoever waits for what became of a command
 *
 * SIGNALS is read from a while before the start, and then ClickHouse: between the two no step is missed,
 * as the engine flushes within a second. When SIGNALS cannot be read on, everything is read anew.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { ClickHouseClient } from '@clickhouse/client';
import type { CaseSignal } from '../../contracts/case-record.ts';
import { ALERT_SLOTS, type CasesLive } from '../../contracts/cases.ts';
import { isScoped, type Scope } from '../../platform/access/identity.ts';
import { clickhouseCode } from '../../platform/clickhouse/errors.ts';
import { ProblemError } from '../../platform/http/problem.ts';
import type { Log } from '../../platform/log.ts';
import type { Metrics } from '../../platform/metrics.ts';
import { consumeFrom } from '../../platform/nats/consume.ts';
import type { NatsLink } from '../../platform/nats/connect.ts';
import { STREAMS } from '../../platform/nats/streams.ts';
import { seesCase } from '../access/scope.ts';
import { readCases } from '../clickhouse/cases.ts';
import type { CaseLimits } from '../limits.ts';
import type { TopicSink, TopicSource, TopicView } from '../live/topics.ts';
import { AlertRing, alertOf } from './alerts.ts';
import type { Asked, CaseBook } from './book.ts';
import { overviewOf } from './overview.ts';

/** Code of ClickHouse for a table that is not there. */
const UNKNOWN_TABLE = 60;

const TOPICS = new Set(['cases', 'alerts']);
const MINUTE_MS = 60_000;
const NOT_YET = 'the cases are being read';

export interface CaseFeedOptions {
  readonly book: CaseBook;
  readonly client: ClickHouseClient;
  readonly limits: CaseLimits;
  /** Event time of the processors. */
  readonly nowMs: () => number;
  readonly log: Log;
  readonly metrics: Metrics;
}

/** What is followed of the cases, by whoever may see the same of them. */
interface Followed {
  readonly sink: TopicSink;
  /** Of the topic `alerts`; null: the overview of the cases. */
  readonly alerts: AlertRing | null;
  /** Number of the latest step that it is about. */
  latest: number;
  /** What is shown is not what the book says now. */
  isDirty: boolean;
}

export class CaseFeed implements TopicSource {
  readonly limited = true;
  readonly #options: CaseFeedOptions;
  readonly #followed = new Map<TopicView, Followed>();
  readonly #waiting = new Set<() => void>();
  readonly #stopping = new AbortController();
  /** Of all cases, whether somebody follows or not. */
  readonly #alerts = new AlertRing();
  readonly #metrics: ReturnType<typeof feedMetrics>;
  /** Alerts that are not published yet. */
  #newAlerts = 0;
  #isComplete = false;
  #trouble = NOT_YET;
  #timer: NodeJS.Timeout | null = null;
  /** Of event time, when the overview was last published. */
  #minute = 0;

  constructor(options: CaseFeedOptions) {
    this.#options = options;
    this.#metrics = feedMetrics(options.metrics);
  }

  /** Reads until `stop`; whatever keeps it from reading is said to followers, and tried again. */
  async run(link: NatsLink): Promise<void> {
    const { limits, log } = this.#options;
    const { signal } = this.#stopping;
    this.#timer = setInterval(() => this.beat(), limits.everyMs);
    while (!signal.aborted) {
      try {
        await this.#read(link);
      } catch (error) {
        if (signal.aborted) return;
        this.#isComplete = false;
        this.#trouble = `the cases cannot be read: ${error instanceof Error ? error.message : String(error)}`;
        for (const { sink } of this.#followed.values()) sink.fail(this.#trouble);
        // At the very first start the schema is still being made.
        const level = clickhouseCode(error) === UNKNOWN_TABLE ? 'debug' : 'warn';
        log[level]({ err: error }, 'reading the cases anew');
        await sleep(limits.retryMs, undefined, { signal, ref: false }).catch(() => undefined);
      }
    }
  }

  stop(): void {
    this.#stopping.abort();
    if (this.#timer !== null) clearInterval(this.#timer);
  }

  /** Resolves once the book is complete; rejects when that takes too long. */
  async ready(): Promise<void> {
    const { limits } = this.#options;
    const isReady = await this.#until(() => this.#isComplete, limits.readyMs);
    if (!isReady) throw casesUnavailable(this.#trouble);
  }

  /** What became of a command; undefined when nothing is known of it after `waitMs`. */
  async answerTo(asked: Asked, waitMs: number): Promise<CaseSignal | undefined> {
    const { book } = this.#options;
    await this.#until(() => book.answerTo(asked) !== undefined, waitMs);
    return book.answerTo(asked);
  }

  owns(topic: string): boolean {
    return TOPICS.has(topic);
  }

  open(view: TopicView, sink: TopicSink): void {
    const followed: Followed = {
      ...{ sink, latest: this.#options.book.latest, isDirty: false },
      alerts: view.name === 'alerts' ? this.#alertsOf(view) : null,
    };
    this.#followed.set(view, followed);
    if (this.#isComplete) this.#publish(view, followed);
    else sink.fail(this.#trouble);
  }

  close(view: TopicView): void {
    this.#followed.delete(view);
  }

  /** Publishes `cases` if something has changed: as often as `everyMs`, however many steps there are. */
  beat(): void {
    if (!this.#isComplete) return;
    const minute = Math.floor(this.#options.nowMs() / MINUTE_MS);
    // What is overdue changes by itself.
    const isNewMinute = minute !== this.#minute;
    this.#minute = minute;
    for (const [view, followed] of this.#followed) {
      const isDue = followed.alerts === null && (followed.isDirty || isNewMinute);
      if (isDue) this.#publish(view, followed);
    }
    this.#metrics.open.set(this.#options.book.size);
  }

  /** Takes a step of a case. */
  take(signal: CaseSignal): void {
    if (!this.#options.book.take(signal)) return;
    this.#metrics.steps.inc();
    const { n, record } = signal;
    const placed = alertOf(signal);
    if (placed !== null) this.#alerts.add(placed);
    for (const [{ scope }, followed] of this.#followed) {
      // A step without a case is a refusal: it is about none that a scope could let through.
      if (isScoped(scope) && (record === null || !seesCase(scope, record))) continue;
      followed.latest = n;
      if (followed.alerts === null) followed.isDirty = true;
      else if (placed !== null) {
        followed.isDirty = true;
        if (followed.alerts !== this.#alerts) followed.alerts.add(placed);
      }
    }
    if (placed !== null) this.#tellSoon();
    for (const look of [...this.#waiting]) look();
  }

  async #read(link: NatsLink): Promise<void> {
    const { limits } = this.#options;
    const { signal } = this.#stopping;
    const { state } = await link.jsm.streams.info(STREAMS.signals);
    const begin = state.last_seq + 1;
    const messages = consumeFrom(link, {
      stream: STREAMS.signals,
      fromSeq: Math.max(1, state.first_seq, begin - limits.lookBack),
      filterSubject: 'sig.case.>',
      maxMessages: limits.readAhead,
      signal,
    });
    const loading = this.#load();
    // What fails it is told where it is waited for, below.
    loading.catch(() => undefined);
    const completed = loading.then(() => this.#complete());
    const following = (async () => {
      for await (const message of messages) {
        this.take(JSON.parse(message.text()) as CaseSignal);
      }
    })();
    following.catch(() => undefined);
    await completed;
    await following;
  }

  /** The open cases as ClickHouse has them; steps that came meanwhile are newer, and stay. */
  async #load(): Promise<void> {
    const { book, client, limits } = this.#options;
    const stored = await readCases(client, { isOpen: true, limit: limits.openCases });
    // The longest untouched first, as the book keeps them.
    for (const { n, record } of stored.reverse()) book.put(record, n);
  }

  #complete(): void {
    this.#isComplete = true;
    this.#newAlerts = 0;
    for (const [view, followed] of this.#followed) {
      followed.latest = this.#options.book.latest;
      this.#publish(view, followed);
    }
    this.#metrics.open.set(this.#options.book.size);
    for (const look of [...this.#waiting]) look();
  }

  #alertsOf({ scope }: TopicView): AlertRing {
    return isScoped(scope) ? this.#alerts.within(scope) : this.#alerts;
  }

  /** What arrives together goes out together, but nothing is written over before it has gone out. */
  #tellSoon(): void {
    this.#newAlerts += 1;
    if (this.#newAlerts === ALERT_SLOTS) this.#publishAlerts();
    else if (this.#newAlerts === 1) setImmediate(() => this.#publishAlerts());
  }

  #publishAlerts(): void {
    if (this.#newAlerts === 0 || !this.#isComplete) return;
    this.#newAlerts = 0;
    for (const [view, followed] of this.#followed) {
      if (followed.alerts !== null && followed.isDirty) this.#publish(view, followed);
    }
  }

  #publish({ scope }: TopicView, followed: Followed): void {
    followed.isDirty = false;
    followed.sink.publish(followed.alerts?.live() ?? this.#overview(scope, followed.latest));
  }

  #overview(scope: Scope, latest: number): CasesLive {
    const { book, limits, nowMs } = this.#options;
    const open = [...book.open()].filter((record) => seesCase(scope, record));
    return overviewOf(open, { latest, nowMs: nowMs(), top: limits.top });
  }
  /** Whether a condition comes true in time; it is looked at with each step. */
  async #until(isTrue: () => boolean, waitMs: number): Promise<boolean> {
    if (isTrue()) return true;
    await new Promise<void>((resolve) => {
      const look = () => {
        if (isTrue()) done();
      };
      const done = () => {
        clearTimeout(timer);
        this.#waiting.delete(look);
        resolve();
      };
      const timer = setTimeout(done, waitMs);
      this.#waiting.add(look);
    });
    return isTrue();
  }
}

function casesUnavailable(detail: string): ProblemError {
  return new ProblemError({
    status: 503,
    kind: 'cases-unavailable',
    title: 'The cases cannot be read now',
    detail,
    retryAfterS: 1,
  });
}

function feedMetrics(metrics: Metrics) {
  return {
    open: metrics.gauge('stocktide_cases_open', 'Open cases that the API holds'),
    steps: metrics.counter('stocktide_case_steps_total', 'Steps of cases that SIGNALS brought'),
  };
}
