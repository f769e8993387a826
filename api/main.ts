/**
 * The API process: answers people and programs over REST and WebSocket, and serves the dashboard.
 *
 * It keeps no truth of its own: live numbers are asked of the processors over NATS, history is read
 * from ClickHouse. It listens from the first moment and says what is missing while NATS is away.
 */
import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import type { AtpView } from '../contracts/atp.ts';
import { SQL_BOUNDS } from '../contracts/sql.ts';
import { createClickHouse } from '../platform/clickhouse/client.ts';
import { readKpis } from '../platform/clickhouse/kpis.ts';
import { readQuestions } from '../platform/clickhouse/questions.ts';
import { Access } from '../platform/access/access.ts';
import { AccessAudit } from '../platform/access/audit.ts';
import { listen } from '../platform/http/server.ts';
import { runProcess } from '../platform/lifecycle.ts';
import { connectNats, type NatsLink } from '../platform/nats/connect.ts';
import { CaseBook } from './cases/book.ts';
import { Commander } from './cases/commands.ts';
import { CaseDesk } from './cases/desk.ts';
import { doorSender } from './cases/door.ts';
import { CaseFeed } from './cases/feed.ts';
import { readSteps } from './clickhouse/cases.ts';
import { Backtests } from './backtests.ts';
import { Items } from './clickhouse/items.ts';
import { KpiCatalogue } from './kpi/catalogue.ts';
import { KpiFeed } from './kpi/feed.ts';
import { Questions } from './kpi/questions.ts';
import { KpiReader } from './kpi/reader.ts';
import { FloorDesk } from './floor/desk.ts';
import { createLedger } from './ledger.ts';
import {
  ASK_LIMITS,
  CASE_LIMITS,
  BACKTEST_LIMITS,
  FEED_LIMITS,
  ITEM_LIMITS,
  KPI_LIMITS,
  liveLimits,
  POLICY_LIMITS,
  READ_LIMITS,
  SQL_LIMITS,
  SYSTEM_LIMITS,
} from './limits.ts';
import { AtpFeed } from './live/atp-feed.ts';
import { LiveHub } from './live/hub.ts';
import { LiveNotices } from './live/notices.ts';
import { Feeds } from './feeds.ts';
import { Rejected } from './rejected.ts';
import { Policies } from './policies.ts';
import { OrderDesk } from './orders/desk.ts';
import { Reads } from './reads.ts';
import { PositionDesk } from './positions/desk.ts';
import { ReturnDesk } from './returns/desk.ts';
import { buildApi } from './server.ts';
import { SupplierDesk } from './suppliers/desk.ts';
import { Dictionary } from './sql/dictionary.ts';
import { exampleQueries } from './sql/examples.ts';
import { SqlRunner } from './sql/runner.ts';
import { SavedQueryStore } from './sql/saved.ts';
import { SystemMonitor } from './system.ts';

const KPIS = fileURLToPath(new URL('../sql/kpi', import.meta.url));
const QUESTIONS = fileURLToPath(new URL('../sql/questions', import.meta.url));

/** Longer than any query may take; its own limits end it before. */
const SQL_REQUEST_TIMEOUT_MS = (SQL_BOUNDS.seconds.max + 60) * 1000;

await runProcess({
  name: 'api',
  start: async (life) => {
    const { config, log, metrics, signal } = life;
    let link: NatsLink | null = null;
    const connection = () => (link?.connected === true ? link.nc : null);
    life.addCheck('nats', () => ({ ok: connection() !== null }));
    life.onStop('nats', () => link?.close());

    const clickhouse = createClickHouse(config);
    life.onStop('clickhouse', () => clickhouse.close());
    const items = new Items({ client: clickhouse, limits: ITEM_LIMITS, log, metrics });

    const system = new SystemMonitor({
      checks: {
        clickhouse: () => timed(clickhouse.ping().then(throwFailedPing)),
        nats: () => timed(connection()?.rtt() ?? Promise.reject(new Error('not connected'))),
      },
      onRuntimeBack: () => feed.refreshAll(),
      limits: SYSTEM_LIMITS,
      nowMs: Date.now,
    });
    const ledger = createLedger({
      connection,
      expectedSlices: () => system.runtimesUp(),
      limits: ASK_LIMITS,
    });
    const atp = async (sku: string): Promise<AtpView> => {
      const [view, descriptions] = await Promise.all([ledger.atp(sku), items.describe([sku])]);
      return { ...view, description: descriptions.get(sku) ?? null };
    };

    const notices = new LiveNotices(
      {
        onAtp: (notice) => feed.onNotice(notice),
        onRuntime: (status) => system.onRuntime(status),
        onDoor: (status) => system.onDoor(status),
        onReconnect: () => feed.refreshAll(),
      },
      metrics,
    );
    const feed = new AtpFeed({
      ask: atp,
      listen: (partition) => notices.listen(partition),
      limits: ASK_LIMITS,
      metrics,
    });
    const kpiReader = new KpiReader({ client: clickhouse, limits: KPI_LIMITS });
    const kpi = new KpiCatalogue({
      kpis: readKpis(KPIS),
      reader: kpiReader,
      system: () => system.view,
      limits: KPI_LIMITS,
      nowMs: Date.now,
    });
    const asked = readQuestions(QUESTIONS);
    const questions = new Questions({
      questions: asked,
      client: clickhouse,
      catalogue: kpi,
      limits: KPI_LIMITS,
      nowMs: Date.now,
    });
    const kpiFeed = new KpiFeed({
      catalogue: kpi,
      reader: kpiReader,
      limits: KPI_LIMITS,
      nowMs: Date.now,
      metrics,
    });
    life.onStop('kpi', () => kpiFeed.stop());
    const nowMs = () => kpi.clock().nowMs;
    const book = new CaseBook(CASE_LIMITS);
    const caseFeed = new CaseFeed({
      ...{ book, client: clickhouse, limits: CASE_LIMITS, nowMs, log, metrics },
    });
    life.onStop('cases', () => caseFeed.stop());
    const send = doorSender({
      url: config.doorUrl,
      accessToken: config.accessToken,
      timeoutMs: CASE_LIMITS.doorMs,
    });
    const policies = new Policies({ client: clickhouse, send, limits: POLICY_LIMITS, nowMs });
    const feeds = new Feeds({
      ...{ client: clickhouse, limits: FEED_LIMITS, nowMs },
      system: () => system.view,
    });
    const rejected = new Rejected({
      ...{ url: config.doorUrl, accessToken: config.accessToken },
      timeoutMs: FEED_LIMITS.doorMs,
    });
    const cases = {
      desk: new CaseDesk({
        ...{ book, client: clickhouse, limits: CASE_LIMITS, nowMs },
        ready: () => caseFeed.ready(),
      }),
      commander: new Commander({
        send,
        answerTo: (asked, waitMs) => caseFeed.answerTo(asked, waitMs),
        stepsOf: (caseId) => readSteps(clickhouse, { caseId, limit: CASE_LIMITS.stepsOfCase }),
        limits: CASE_LIMITS,
        nowMs,
      }),
      sources: { atp, client: clickhouse, nowMs },
    };
    const reads = new Reads({
      client: clickhouse,
      clock: () => kpi.clock(),
      limits: READ_LIMITS,
      nowMs: Date.now,
    });
    const deskParts = { reads, reader: kpiReader, kpis: kpi.kpis, openCases: () => book.open() };
    const desks = {
      positions: new PositionDesk({ reads, items }),
      orders: new OrderDesk(reads),
      suppliers: new SupplierDesk(deskParts),
      floor: new FloorDesk(deskParts),
      returns: new ReturnDesk(deskParts),
    };
    const backtests = new Backtests({
      config,
      limits: BACKTEST_LIMITS,
      newId: randomUUID,
      nowMs: Date.now,
    });
    life.onStop('backtests', () => backtests.stop());
    const dictionary = new Dictionary({
      client: clickhouse,
      freshMs: SQL_LIMITS.schemaFreshMs,
      nowMs: Date.now,
    });
    const reader = createClickHouse({
      ...config,
      clickhouseUser: config.clickhouseSqlUser || config.clickhouseUser,
      clickhousePassword: config.clickhouseSqlUser
        ? config.clickhouseSqlPassword
        : config.clickhousePassword,
      requestTimeoutMs: SQL_REQUEST_TIMEOUT_MS,
    });
    life.onStop('clickhouse of queries', () => reader.close());
    const runner = new SqlRunner({
      client: reader,
      watcher: clickhouse,
      views: () => dictionary.parameterisedViews(),
      limits: SQL_LIMITS,
      nowMs: Date.now,
      metrics,
    });
    life.onStop('queries', () => runner.stop());
    const sql = {
      runner,
      dictionary,
      saved: new SavedQueryStore({
        link: () => link,
        limit: SQL_LIMITS.saved,
        nowMs: Date.now,
      }),
      examples: () => exampleQueries(asked, nowMs()),
    };
    const limits = liveLimits(config);
    const hub = new LiveHub({
      sources: [system, kpiFeed, caseFeed, feeds, feed],
      limits,
      metrics,
      nowMs: Date.now,
      newStream: randomUUID,
    });

    const access = new Access({ config, nowMs: Date.now });
    const audit = new AccessAudit({
      ...{ process: 'api', client: clickhouse, log, metrics, nowMs: Date.now },
    });
    life.onStop('audit', () => audit.stop());
    const app = await buildApi({
      life,
      gate: { access, onDecision: audit.keep },
      atp,
      ledger,
      items,
      clickhouse,
      kpi,
      questions,
      cases,
      desks,
      system,
      backtests,
      feeds,
      rejected,
      policies,
      sql,
      hub,
      limits,
    });
    life.onStop('http', () => app.close());
    const url = await listen(app, {
      host: config.host,
      port: config.apiPort,
      variable: 'API_PORT',
    });
    log.info({ url }, 'listening');

    link = await connectNats({
      url: config.natsUrl,
      user: config.natsUser,
      pass: config.natsPassword,
      name: 'stocktide-api',
      log,
      signal,
    });
    void access.run(link, signal);
    notices.attach(link.nc);
    void caseFeed.run(link);
    await system.start();
    life.onStop('system', () => system.stop());
    life.ready();
  },
});

/** How long an answer took, in words. */
async function timed(answer: Promise<unknown>): Promise<string> {
  const startedMs = performance.now();
  await answer;
  return `answered in ${(performance.now() - startedMs).toFixed(1)} ms`;
}

function throwFailedPing(result: { success: true } | { success: false; error: Error }): void {
  if (!result.success) throw result.error;
}
