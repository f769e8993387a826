/**
 * A span of the archive twice: under the policies of the log, and under changed ones.
 *
 *   beginning of the archive ──── warm-up ────▶ from ──── span ────▶ to
 *     both runs: the log's own policies          │ second run: the changed policies, and none of the
 *                                                │ log's later ones about the same scope
 *
 * State before the span comes from replaying everything before it: slow and right. What happens within the
 * span is compared by summary.ts. People's commands are fed to both runs; what the processors raised
 * themselves is raised anew (run.ts).
 */
import {
  policyKey,
  type BacktestProgress,
  type BacktestResult,
  type Policy,
} from '../../../contracts/backtest.ts';
import { TYPE_PREFIX, TYPE_SUFFIX } from '../../../contracts/envelope.ts';
import type { InputType, LogEvent } from '../../../contracts/events.ts';
import type { ClickHouse } from '../../../platform/clickhouse/client.ts';
import { archivedEvents, type ArchivedEvent } from '../archived.ts';
import { namesAttachment } from '../attachments.ts';
import type { HostedProcessor } from '../slices.ts';
import { archiveExtent, findingPlaces, judgements } from './archive.ts';
import { admitted, isProduced, Run } from './run.ts';
import { daysOf, rounded, summarise, type Span, type Truth } from './summary.ts';
import type { Label } from './truth.ts';

/** Archived events between two reports of progress. */
const PROGRESS_EVENTS = 20_000;

export interface BacktestOptions {
  readonly span: Span;
  readonly policies: readonly Policy[];
  /** Labelled incidents to measure precision against; verdicts of people when null. */
  readonly labels: readonly Label[] | null;
  /** Fresh processors of one run. */
  readonly host: () => readonly HostedProcessor[];
  readonly recentIds: number;
  /** The bytes that an event names by their hash (attachments.ts). */
  readonly attachmentOf: (raw: string) => Promise<Uint8Array | undefined>;
  readonly onProgress: (progress: BacktestProgress) => void;
}

/** A backtest cannot be made; the message says why. */
export class BacktestError extends Error {
  override readonly name = 'BacktestError';
}

/** Backtests against the archive in ClickHouse. Throws a BacktestError when it does not reach the span. */
export async function backtest(
  clickhouse: ClickHouse,
  options: BacktestOptions,
): Promise<BacktestResult> {
  const extent = await archiveExtent(clickhouse);
  if (extent.events === 0) throw new BacktestError('the archive holds no events');
  if (extent.firstSeq !== 1) {
    throw new BacktestError(
      `the archive begins at log sequence ${extent.firstSeq}; a backtest needs it from the beginning`,
    );
  }
  return replay(archivedEvents(clickhouse, { from: 0, to: extent.lastSeq }), {
    ...options,
    events: extent.events,
    places: await findingPlaces(clickhouse, extent.lastSeq),
    judgements: options.labels === null ? await judgements(clickhouse) : [],
  });
}

/** The same over events that are given, in log order. */
export async function replay(
  archive: AsyncIterable<ArchivedEvent> | Iterable<ArchivedEvent>,
  options: BacktestOptions & {
    /** Events of the whole archive, for the progress. */
    readonly events: number;
    /** Sequence of each finding in the archive, by its id. */
    readonly places: ReadonlyMap<string, number>;
    readonly judgements: Extract<Truth, { judgements: unknown }>['judgements'];
  },
): Promise<BacktestResult> {
  const { events, host, labels, onProgress, places, policies, recentIds, span } = options;
  const createRun = () => new Run({ hosted: host(), recentIds, places, fromMs: span.fromMs });
  const before = createRun();
  const after = createRun();
  const changed = new Set(policies.map(policyKey));
  const count = { warmUp: 0, span: 0, replaced: 0 };
  const tell = () => {
    const at = new Date(before.nowMs).toISOString();
    const phase = count.span === 0 ? 'warm-up' : 'span';
    onProgress({ phase, events: count.warmUp + count.span, of: events, at });
  };

  let lastSeq = 0;
  for await (const { event, raw, seq, subject } of archive) {
    const timeMs = Date.parse(event.time);
    if (timeMs >= span.toMs) break;
    if (count.span === 0 && timeMs >= span.fromMs) {
      // Both runs see the same time, with or without a change.
      for (const message of internal('clock.ticked', [tickOf(span.fromMs)], span.fromMs)) {
        for (const run of [before, after]) run.apply({ seq: lastSeq, ...message });
      }
      for (const message of internal('policy.set', policies, span.fromMs)) {
        after.apply({ seq: lastSeq, ...message });
      }
    }
    if (count.span > 0 || timeMs >= span.fromMs) count.span += 1;
    else count.warmUp += 1;
    lastSeq = seq;
    if (!isProduced(event)) {
      const attachment = namesAttachment(subject) ? await options.attachmentOf(raw) : undefined;
      before.apply({ seq, subject, raw, attachment });
      if (count.span > 0 && sets(event, changed)) count.replaced += 1;
      else after.apply({ seq, subject, raw, attachment });
    }
    if ((count.warmUp + count.span) % PROGRESS_EVENTS === 0) tell();
  }
  if (count.span === 0) {
    const end = lastSeq === 0 ? 'holds nothing before' : 'ends before';
    throw new BacktestError(
      `the archive ${end} ${new Date(span.fromMs).toISOString()}: there is nothing to compare`,
    );
  }
  tell();
  return {
    from: new Date(span.fromMs).toISOString(),
    to: new Date(span.toMs).toISOString(),
    days: rounded(daysOf(span)),
    events: {
      ...{ warm_up: count.warmUp, span: count.span },
      last_at: new Date(before.nowMs).toISOString(),
    },
    policies: { changed: policies.length, replaced: count.replaced },
    refused_findings: before.refused + after.refused,
    failed_events: before.failed + after.failed,
    ...summarise({
      before: { alerts: before.alerts.all, budget: before.budget },
      after: { alerts: after.alerts.all, budget: after.budget },
      span,
      truth: labels === null ? { judgements: options.judgements } : { labels },
    }),
  };
}

/** Events of the backtest's own as the door would bring them into the LOG. */
function internal(name: InputType, all: readonly object[], atMs: number) {
  return all.flatMap((data, index) =>
    admitted(
      {
        specversion: '1.0',
        id: `${name}/${index}`,
        source: 'urn:stocktide:backtest',
        type: `${TYPE_PREFIX}${name}${TYPE_SUFFIX}`,
        time: new Date(atMs).toISOString(),
        data,
      },
      atMs,
    ),
  );
}

const tickOf = (ms: number) => ({ tick: new Date(ms).toISOString(), clock: 'feed' });
const sets = (event: LogEvent, changed: ReadonlySet<string>): boolean =>
  event.type === 'stocktide.policy.set.v1' && changed.has(policyKey(event.data));
