/**
 * The live topics `kpi` (the last day) and `kpi:<window>`: a message a second while somebody follows, with
 * the time, the freshness and whatever changed.
 *
 *   first pass: every KPI ─▶ then each: the headline ones and the next few in rotation ─▶ publish
 *
 * A pass that took long makes the next one wait, so that reading takes at most `duty` of the time however
 * slow ClickHouse is; the time and the freshness go on meanwhile. While ClickHouse fails followers are
 * told so, and the last values stay.
 */
import {
  KPI_WINDOWS,
  type KpiLive,
  type KpiLiveHead,
  type KpiReading,
  type KpiWindowName,
} from '../../contracts/kpi.ts';
import type { KpiDefinition } from '../../platform/clickhouse/kpis.ts';
import type { Metrics } from '../../platform/metrics.ts';
import type { KpiLimits } from '../limits.ts';
import type { TopicSink, TopicSource, TopicView } from '../live/topics.ts';
import { clockView, windowView, type KpiCatalogue } from './catalogue.ts';
import type { KpiReader } from './reader.ts';
import { iso } from './reading.ts';
import { namedWindow } from './windows.ts';

/** KPIs that are read in every pass: what an operation looks at first. */
const HEADLINE: ReadonlySet<string> = new Set('K01b,K02,K03,K07,K10,K14,K26,K33'.split(','));

const TOPICS: ReadonlyMap<string, KpiWindowName> = new Map([
  ['kpi', '1d'],
  ...KPI_WINDOWS.map((name) => [`kpi:${name}`, name] as const),
]);

export interface KpiFeedOptions {
  readonly catalogue: KpiCatalogue;
  readonly reader: KpiReader;
  readonly limits: KpiLimits;
  /** Wall time. */
  readonly nowMs: () => number;
  readonly metrics: Metrics;
}

/** An open topic. */
interface Board {
  readonly window: KpiWindowName;
  readonly sink: TopicSink;
  readonly readings: Map<string, KpiReading>;
  /** Where the rotation stands. */
  turn: number;
  /** When the next pass may begin (ms); infinite while one is under way. */
  nextPassMs: number;
}

export class KpiFeed implements TopicSource {
  readonly limited = false;
  readonly #options: KpiFeedOptions;
  readonly #boards = new Map<string, Board>();
  readonly #headline: readonly KpiDefinition[];
  readonly #others: readonly KpiDefinition[];
  readonly #seconds: ReturnType<typeof passSeconds>;
  #timer: NodeJS.Timeout | null = null;

  constructor(options: KpiFeedOptions) {
    this.#options = options;
    const { kpis } = options.catalogue;
    this.#headline = kpis.filter((kpi) => HEADLINE.has(kpi.id));
    this.#others = kpis.filter((kpi) => !HEADLINE.has(kpi.id));
    this.#seconds = passSeconds(options.metrics);
  }

  owns(topic: string): boolean {
    return TOPICS.has(topic);
  }

  open({ name }: TopicView, sink: TopicSink): void {
    const window = TOPICS.get(name) ?? '1d';
    this.#boards.set(name, { window, sink, readings: new Map(), turn: 0, nextPassMs: 0 });
    this.#timer ??= setInterval(() => void this.beat(), this.#options.limits.everyMs);
    void this.beat();
  }

  close({ name }: TopicView): void {
    this.#boards.delete(name);
    if (this.#boards.size === 0) this.stop();
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }

  /** Publishes every board, and reads those anew whose turn it is. */
  async beat(): Promise<void> {
    const nowMs = this.#options.nowMs();
    await Promise.all(
      [...this.#boards.values()].map(async (board) => {
        if (board.nextPassMs <= nowMs) await this.#pass(board);
        else this.#publish(board);
      }),
    );
  }

  async #pass(board: Board): Promise<void> {
    const { limits, nowMs } = this.#options;
    const startedMs = nowMs();
    const isFirst = board.readings.size === 0;
    board.nextPassMs = Infinity;
    try {
      const read = isFirst ? await this.#all(board) : await this.#some(board);
      for (const [id, reading] of read) board.readings.set(id, reading);
      this.#publish(board);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      board.sink.fail(`ClickHouse does not answer: ${why}`);
    }
    const tookMs = nowMs() - startedMs;
    this.#seconds.observe(tookMs / 1000);
    // The first pass is that of the page which opened; headline values follow it soon.
    const pauseMs = isFirst ? tookMs : (tookMs * this.#boards.size) / limits.duty;
    board.nextPassMs = startedMs + Math.max(limits.everyMs, pauseMs);
  }

  /** All of them, by the same computation as the list that a page asks for when it opens. */
  async #all({ window }: Board): Promise<Map<string, KpiReading>> {
    const { kpis } = await this.#options.catalogue.list({ window, where: {} });
    return new Map(
      kpis.map((kpi) => {
        const { den, num, previous, revised, series, spread, status, trouble, value } = kpi;
        const reading = { value, num, den, spread, status, previous, revised, series, trouble };
        return [kpi.id, reading];
      }),
    );
  }

  /** The headline ones and the next of the others. */
  #some(board: Board): Promise<Map<string, KpiReading>> {
    const { catalogue, limits, reader } = this.#options;
    const count = Math.min(limits.rotation, this.#others.length);
    const next = [...this.#others, ...this.#others].slice(board.turn, board.turn + count);
    board.turn = (board.turn + count) % Math.max(1, this.#others.length);
    const window = namedWindow(board.window, catalogue.clock().nowMs);
    return reader.readings([...this.#headline, ...next], window, {});
  }

  #publish(board: Board): void {
    if (board.readings.size === 0) return;
    const live: KpiLive = { ...this.#head(board.window), ...Object.fromEntries(board.readings) };
    board.sink.publish(live);
  }

  #head(name: KpiWindowName): KpiLiveHead {
    const { catalogue, nowMs } = this.#options;
    const clock = catalogue.clock();
    const trust = catalogue.trust(clock.nowMs);
    const trusts = catalogue.kpis.map((kpi) => [kpi.id, trust(kpi)] as const);
    return {
      at: iso(nowMs()),
      ...clockView(clock),
      window: windowView(namedWindow(name, clock.nowMs)),
      freshness: Object.fromEntries(trusts.map(([id, { last_event_at }]) => [id, last_event_at])),
      provisional: Object.fromEntries(
        trusts.flatMap(([id, { provisional }]) =>
          provisional === null ? [] : [[id, provisional.sources.map(({ source }) => source)]],
        ),
      ),
    };
  }
}

const passSeconds = (metrics: Metrics) =>
  metrics.histogram('stocktide_kpi_pass_seconds', 'Time that a pass of the live KPIs took');
