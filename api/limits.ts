/**
 * The bounds of the API (law 9), with the behaviour at each: every queue, cache and wait of this
 * process takes its limit from here, and `/metrics` shows how near it is. Those that a deployment may
 * want to change come from its configuration.
 */
import type { Config } from '../platform/config.ts';
import type { RingLimits } from './live/topic.ts';

const KIB = 1024;

export interface LiveLimits extends RingLimits {
  /** Most sockets; a further one is closed with 1013 (try again later). */
  readonly clients: number;
  /** Most topics of one client; a further one is refused with `too_many_topics`. */
  readonly topicsPerClient: number;
  /** Most topics in all; the longest unwatched one makes room, otherwise `too_many_topics`. */
  readonly topics: number;
  /** Unsent bytes beyond which a client's topics conflate and no more is read from it. */
  readonly bufferedBytes: number;
  /** Longest message from a client; a longer one closes the socket with 1009. */
  readonly messageBytes: number;
  /** Most messages from a client in a second: a page asks for all its topics at once, no page asks for
   * more. One more closes the socket with 1008. */
  readonly messagesPerSec: number;
  /** How long a topic outlives its last subscriber, so that a reload or a tunnel can resume. */
  readonly lingerMs: number;
  /** Between two heartbeats; a client that misses one whole interval is gone. */
  readonly heartbeatMs: number;
}

export function liveLimits(
  config: Pick<Config, 'liveMaxClients' | 'liveMaxTopics' | 'liveMaxBufferedBytes'>,
): LiveLimits {
  return {
    clients: config.liveMaxClients,
    topicsPerClient: 50,
    topics: config.liveMaxTopics,
    bufferedBytes: config.liveMaxBufferedBytes,
    messageBytes: 64 * KIB,
    messagesPerSec: 200,
    ringDeltas: 256,
    ringBytes: 256 * KIB,
    lingerMs: 60_000,
    heartbeatMs: 15_000,
  };
}

export interface AskLimits {
  /** How long a processor may take to answer; then 503, or another try of the live topic. */
  readonly timeoutMs: number;
  /** Questions of live topics under way at once; the others wait, one per watched SKU at most. */
  readonly inFlight: number;
  /** Least time between two questions about one SKU: the newest state wins, none is lost. */
  readonly gapMs: number;
  /** Waits between tries after a failure: doubled from the first to the last. */
  readonly retryMinMs: number;
  readonly retryMaxMs: number;
  /** How long the replies of several slices are gathered after the newest of them. */
  readonly gatherQuietMs: number;
}

export const ASK_LIMITS: AskLimits = {
  timeoutMs: 2000,
  inFlight: 64,
  gapMs: 100,
  retryMinMs: 250,
  retryMaxMs: 2000,
  gatherQuietMs: 60,
};

export interface ItemLimits {
  /** Descriptions kept; the least recently used one leaves. */
  readonly entries: number;
  /** After this a description is read again, beside the answer that still shows the old one. */
  readonly freshMs: number;
  /** Most that an answer waits for a description that it has not seen. */
  readonly waitMs: number;
}

export const ITEM_LIMITS: ItemLimits = { entries: 50_000, freshMs: 60_000, waitMs: 250 };

export interface ExplainLimits {
  /** How long an explanation waits for ClickHouse to reach the ledger, and how often it looks. */
  readonly catchUpMs: number;
  readonly pollMs: number;
  /** Newest events shown for each term. */
  readonly eventsPerTerm: number;
}

export const EXPLAIN_LIMITS: ExplainLimits = { catchUpMs: 3000, pollMs: 150, eventsPerTerm: 20 };

export interface SystemLimits {
  /** Runtimes and doors remembered, each. */
  readonly parts: number;
  /** A part that said nothing for this long is forgotten. */
  readonly forgetMs: number;
  /** Between two computations of the view. */
  readonly everyMs: number;
  /** Between two checks of ClickHouse and NATS, and how long one may take. */
  readonly checkEveryMs: number;
  readonly checkTimeoutMs: number;
}

export const SYSTEM_LIMITS: SystemLimits = {
  parts: 64,
  forgetMs: 600_000,
  everyMs: 1000,
  checkEveryMs: 5000,
  checkTimeoutMs: 2000,
};

export interface KpiLimits {
  /** Queries of KPIs at once; the engine has other work. */
  readonly running: number;
  /** Queries that wait for their turn; a further one is answered 503. */
  readonly waiting: number;
  /** KPIs in one query. */
  readonly batch: number;
  /** How long an answer is shared by all who ask the same, and how many different ones are kept. */
  readonly freshMs: number;
  readonly answers: number;
  /** Groups of a cut by dimension that are answered; the rest is counted. */
  readonly groups: number;
  /** Of the live topics: between two messages, KPIs read anew beside the headline ones, and the part of
   * the time that reading may take (both topics and engine together). */
  readonly everyMs: number;
  readonly rotation: number;
  readonly duty: number;
}

export const KPI_LIMITS: KpiLimits = {
  running: 2,
  waiting: 64,
  batch: 16,
  freshMs: 1000,
  answers: 64,
  groups: 200,
  everyMs: 1000,
  rotation: 4,
  duty: 0.1,
};

export interface ReadLimits {
  /** Queries of the operational views at once, and those that wait; a further one is answered 503. */
  readonly running: number;
  readonly waiting: number;
  /** How long an answer is shared by all who ask the same, and how many different ones are kept. */
  readonly freshMs: number;
  readonly answers: number;
  /** Cells of the aging of orders, bins of a node, suppliers: beyond it the least telling are left out. */
  readonly rows: number;
  /** Events, lines and the like that are read of one order. */
  readonly ofOrder: number;
}

export const READ_LIMITS: ReadLimits = {
  running: 2,
  waiting: 64,
  freshMs: 2000,
  answers: 128,
  rows: 5000,
  ofOrder: 5000,
};

export interface CaseLimits {
  /** Open cases held; beyond it the longest untouched are left out, and lists say so. */
  readonly openCases: number;
  /** Newest steps held, for what ClickHouse does not have yet. */
  readonly steps: number;
  /** Closed cases that a list looks through, the latest touched. */
  readonly closedCases: number;
  /** Steps shown of one case, the newest. */
  readonly stepsOfCase: number;
  /** Messages of SIGNALS from before the start that are read: more than ClickHouse can lag behind. */
  readonly lookBack: number;
  readonly readAhead: number;
  /** Worst cases in the topic `cases`, and the least time between two messages of it. */
  readonly top: number;
  readonly everyMs: number;
  /** Most that an answer waits for the cases to have been read, and between two tries. */
  readonly readyMs: number;
  readonly retryMs: number;
  /** How long a command waits for what became of it; then it is told as pending. */
  readonly commandMs: number;
  /** How long the door may take for the events of a command. */
  readonly doorMs: number;
}

export const CASE_LIMITS: CaseLimits = {
  openCases: 20_000,
  steps: 5000,
  closedCases: 5000,
  stepsOfCase: 500,
  lookBack: 5000,
  readAhead: 256,
  top: 30,
  everyMs: 250,
  readyMs: 3000,
  retryMs: 1000,
  commandMs: 3000,
  doorMs: 5000,
};

export interface FeedLimits {
  /** Between two messages of the topic `feeds`. */
  readonly everyMs: number;
  /** How long the door may take to answer about refused events. */
  readonly doorMs: number;
}

export const FEED_LIMITS: FeedLimits = { everyMs: 1000, doorMs: 10_000 };

export interface PolicyLimits {
  /** Scopes listed of each kind, the newest; the others are counted. */
  readonly settings: number;
  /** How long a change waits for the archive to have it, and how often it looks; then it is pending. */
  readonly archivedMs: number;
  readonly pollMs: number;
}

export const POLICY_LIMITS: PolicyLimits = { settings: 200, archivedMs: 5000, pollMs: 150 };

export interface BacktestLimits {
  /** Backtests remembered; the oldest leaves. */
  readonly kept: number;
  /** A backtest that takes longer is ended. */
  readonly timeoutMs: number;
  /** Heap of the process that makes it (MiB). */
  readonly heapMib: number;
  /** Longest result (characters), and how much of what it says is kept for the reason of a failure. */
  readonly outputChars: number;
  readonly reasonChars: number;
}

export const BACKTEST_LIMITS: BacktestLimits = {
  kept: 20,
  timeoutMs: 3_600_000,
  heapMib: 3_072,
  outputChars: 4 * KIB * KIB,
  reasonChars: 4 * KIB,
};

/** Bounds of access. */
export const ACCESS_LIMITS = {
  /** Tokens remembered, over ones included; one that is over makes room, otherwise 409. */
  tokens: 1000,
  /** Lifetime of a token when nothing is said (days). */
  tokenDays: 90,
  /** Open sessions of the dashboard; a further sign-in is answered 503. */
  sessions: 10_000,
  /** Between two looks at whether open sockets' callers still count. */
  socketCheckMs: 1000,
} as const;

export interface SqlRunLimits {
  /** Queries of people at once, of one caller and in all; a further one is refused (429, 503). */
  readonly runningPerIdentity: number;
  readonly running: number;
  /** Threads of one query: the engine has other work. */
  readonly threads: number;
  /** How long the engine may take beyond the time of a query to end it; then it is given up. */
  readonly graceMs: number;
  /** How long a reader may take to take the result. */
  readonly sendMs: number;
  /** Ended queries whose outcome can be asked for. */
  readonly remembered: number;
  /** Saved queries; a further one is refused. */
  readonly saved: number;
  /** How long the data dictionary is shared by all who ask. */
  readonly schemaFreshMs: number;
}

export const SQL_LIMITS: SqlRunLimits = {
  runningPerIdentity: 2,
  running: 4,
  threads: 2,
  graceMs: 3000,
  sendMs: 300_000,
  remembered: 100,
  saved: 500,
  schemaFreshMs: 5000,
};
