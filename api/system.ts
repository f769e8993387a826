/**
 * How the system is: what runtimes and doors last said of themselves, and whether ClickHouse and NATS
 * answer. One computation a second, for `GET /v1/system` and for the live topic `system` alike.
 *
 * A part that falls silent stays in the view with the time of its last word, so that the page can say
 * so, until `forgetMs`; as many parts as `parts` are kept. The monitor also notices that a runtime has
 * come back, since changes made meanwhile raised no notice.
 */
import type { DoorStatus, RuntimeStatus, SystemView } from '../contracts/live.ts';
import type { SystemLimits } from './limits.ts';
import type { TopicSink, TopicSource, TopicView } from './live/topics.ts';

const TOPIC = 'system';
/** A runtime that was silent for less than this counts as up. */
const UP_MS = 3000;

type Check = SystemView['clickhouse'];

export interface SystemMonitorOptions {
  /** Resolves to what is worth knowing, such as the time an answer took; rejects with what is wrong. */
  readonly checks: { clickhouse: () => Promise<string>; nats: () => Promise<string> };
  /** A runtime is live that was not, or was another one. */
  readonly onRuntimeBack: () => void;
  readonly limits: SystemLimits;
  readonly nowMs: () => number;
}

export class SystemMonitor implements TopicSource {
  readonly limited = false;
  readonly #options: SystemMonitorOptions;
  readonly #runtimes = new Map<string, RuntimeStatus>();
  readonly #doors = new Map<string, DoorStatus>();
  readonly #checked: { clickhouse: Check; nats: Check } = {
    clickhouse: { ok: false, detail: 'not checked yet' },
    nats: { ok: false, detail: 'not checked yet' },
  };
  readonly #timers: NodeJS.Timeout[] = [];
  #view: SystemView;
  #sink: TopicSink | null = null;

  constructor(options: SystemMonitorOptions) {
    this.#options = options;
    this.#view = this.#compute();
  }

  /** Starts to compute and to check; resolves after the first checks. */
  async start(): Promise<void> {
    const { everyMs, checkEveryMs } = this.#options.limits;
    this.#timers.push(
      setInterval(() => this.refresh(), everyMs),
      setInterval(() => void this.check(), checkEveryMs),
    );
    await this.check();
    this.refresh();
  }

  stop(): void {
    for (const timer of this.#timers.splice(0)) clearInterval(timer);
  }

  /** The view as it was last computed, a second ago at most. */
  get view(): SystemView {
    return this.#view;
  }

  /** Runtimes that are up, at least one: whoever asks them all waits for so many answers. */
  runtimesUp(): number {
    const since = this.#options.nowMs() - UP_MS;
    const up = [...this.#runtimes.values()].filter(
      ({ at, phase }) => phase !== 'stopped' && Date.parse(at) >= since,
    );
    return Math.max(1, up.length);
  }

  onRuntime(status: RuntimeStatus): void {
    const before = this.#runtimes.get(status.slice);
    this.#remember(this.#runtimes, status.slice, status);
    const isLive = status.phase === 'live';
    const wasLive = before?.phase === 'live' && before.eventsTotal <= status.eventsTotal;
    if (isLive && !wasLive) this.#options.onRuntimeBack();
  }

  onDoor(status: DoorStatus): void {
    this.#remember(this.#doors, status.door, status);
  }

  owns(topic: string): boolean {
    return topic === TOPIC;
  }

  open(_view: TopicView, sink: TopicSink): void {
    this.#sink = sink;
    sink.publish(this.#view);
  }

  close(): void {
    this.#sink = null;
  }

  refresh(): void {
    this.#view = this.#compute();
    this.#sink?.publish(this.#view);
  }

  /** Asks ClickHouse and NATS whether they answer; a check that hangs counts as failed. */
  async check(): Promise<void> {
    const { checks, limits } = this.#options;
    [this.#checked.clickhouse, this.#checked.nats] = await Promise.all([
      outcome(checks.clickhouse, limits.checkTimeoutMs),
      outcome(checks.nats, limits.checkTimeoutMs),
    ]);
  }

  #compute(): SystemView {
    const nowMs = this.#options.nowMs();
    const before = nowMs - this.#options.limits.forgetMs;
    for (const parts of [this.#runtimes, this.#doors]) {
      for (const [name, { at }] of parts) if (Date.parse(at) < before) parts.delete(name);
    }
    return {
      at: new Date(nowMs).toISOString(),
      runtimes: [...this.#runtimes.values()].sort((a, b) => a.slice.localeCompare(b.slice)),
      doors: [...this.#doors.values()].sort((a, b) => a.door.localeCompare(b.door)),
      clickhouse: this.#checked.clickhouse,
      nats: this.#checked.nats,
    };
  }

  #remember<T>(parts: Map<string, T>, name: string, status: T): void {
    if (!parts.has(name) && parts.size >= this.#options.limits.parts) return;
    parts.set(name, status);
  }
}

async function outcome(check: () => Promise<string>, timeoutMs: number): Promise<Check> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
  });
  try {
    return { ok: true, detail: await Promise.race([check(), tooLate]) };
  } catch (error) {
    return { ok: false, detail: error instanceof Error ? error.message : String(error) };
  } finally {
    clearTimeout(timer);
  }
}
