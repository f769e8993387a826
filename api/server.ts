/**
 * The routes of the API on one Fastify app: REST and its OpenAPI description, the live socket, the way
 * to the door, and the dashboard. Wired by main.ts, and by tests with parts of their own.
 */
import { join } from 'node:path';
import type { ClickHouseClient } from '@clickhouse/client';
import cookie from '@fastify/cookie';
import websocket from '@fastify/websocket';
import type { FastifyInstance } from 'fastify';
import type { AtpView } from '../contracts/atp.ts';
import type { Gate } from '../platform/http/access.ts';
import { createHttp } from '../platform/http/server.ts';
import type { Life } from '../platform/lifecycle.ts';
import { Sessions } from './access/sessions.ts';
import { API_RULES } from './access/table.ts';
import { TokenDesk } from './access/token-desk.ts';
import type { Backtests } from './backtests.ts';
import type { Items } from './clickhouse/items.ts';
import { registerDashboard } from './dashboard.ts';
import { registerDescriptions, registerDocs } from './docs.ts';
import { registerHeaders, registerRateLimit } from './headers.ts';
import { registerEtags } from './etag.ts';
import type { KpiCatalogue } from './kpi/catalogue.ts';
import type { Questions } from './kpi/questions.ts';
import type { FloorDesk } from './floor/desk.ts';
import type { Ledger } from './ledger.ts';
import { EXPLAIN_LIMITS, type LiveLimits } from './limits.ts';
import type { LiveHub } from './live/hub.ts';
import { registerLive } from './live/socket.ts';
import type { OrderDesk } from './orders/desk.ts';
import type { PositionDesk } from './positions/desk.ts';
import type { ReturnDesk } from './returns/desk.ts';
import { registerAccessRoutes } from './routes/access.ts';
import { registerAtp } from './routes/atp.ts';
import { registerBacktests } from './routes/backtests.ts';
import { registerBrand } from './routes/brand.ts';
import { registerCases, type CaseRoutes } from './routes/cases.ts';
import { registerDoor } from './routes/door.ts';
import { registerFloor } from './routes/floor.ts';
import { registerKpi } from './routes/kpi.ts';
import { registerFeeds } from './routes/feeds.ts';
import { registerPolicies } from './routes/policies.ts';
import { registerOrders } from './routes/orders.ts';
import { asProblem } from './routes/problems.ts';
import { registerQuestions } from './routes/questions.ts';
import { registerPositions } from './routes/positions.ts';
import { registerReturns } from './routes/returns.ts';
import { registerSkus } from './routes/skus.ts';
import { registerSuppliers } from './routes/suppliers.ts';
import { registerSql, type SqlRoutes } from './routes/sql.ts';
import { registerStockLists } from './routes/stock-lists.ts';
import { registerSystem } from './routes/system.ts';
import type { Feeds } from './feeds.ts';
import type { Rejected } from './rejected.ts';
import type { Policies } from './policies.ts';
import type { SupplierDesk } from './suppliers/desk.ts';
import type { SystemMonitor } from './system.ts';

/** A hundred commands about cases, or policies to try; bodies for the door are streamed past this limit. */
const BODY_LIMIT_BYTES = 64 * 1024;
const DASHBOARD = join(import.meta.dirname, '..', 'dashboard', 'dist');

/** Who answers about each area of the operation. */
export interface Desks {
  readonly positions: PositionDesk;
  readonly orders: OrderDesk;
  readonly suppliers: SupplierDesk;
  readonly floor: FloorDesk;
  readonly returns: ReturnDesk;
}

export interface ApiParts {
  readonly life: Pick<Life, 'name' | 'config' | 'log' | 'metrics' | 'readiness'>;
  readonly atp: (sku: string) => Promise<AtpView>;
  readonly ledger: Ledger;
  readonly items: Items;
  readonly clickhouse: ClickHouseClient;
  readonly kpi: KpiCatalogue;
  readonly questions: Questions;
  readonly cases: CaseRoutes;
  readonly desks: Desks;
  readonly system: SystemMonitor;
  readonly backtests: Backtests;
  readonly feeds: Feeds;
  readonly rejected: Rejected;
  readonly policies: Policies;
  readonly sql: SqlRoutes;
  readonly hub: LiveHub;
  readonly limits: LiveLimits;
  readonly gate: Omit<Gate, 'rules'>;
}

/** Builds the app; `listen` of platform/http/server.ts opens it. */
export async function buildApi(parts: ApiParts): Promise<FastifyInstance> {
  const { life, atp, ledger, items, clickhouse, kpi, questions, cases, system, hub, limits } =
    parts;
  const { access } = parts.gate;
  const gate = { ...parts.gate, rules: API_RULES };
  const app = createHttp({ life, bodyLimit: BODY_LIMIT_BYTES, gate });

  await registerHeaders(app);
  await registerRateLimit(app, { perMinute: life.config.rateLimitPerMin });
  await registerDocs(app);
  await app.register(cookie);
  await app.register(websocket, { options: { maxPayload: limits.messageBytes } });

  await app.register(async (rest) => {
    registerEtags(rest);
    rest.setErrorHandler((error) => {
      throw asProblem(error);
    });
    registerAtp(rest, { atp, ledger, clickhouse, limits: EXPLAIN_LIMITS });
    registerSkus(rest, { ledger, items });
    registerPositions(rest, parts.desks);
    registerKpi(rest, { kpi });
    registerQuestions(rest, { questions, clickhouse });
    registerCases(rest, cases);
    registerOrders(rest, parts.desks);
    registerSuppliers(rest, parts.desks);
    registerFloor(rest, parts.desks);
    registerReturns(rest, parts.desks);
    registerSystem(rest, { system });
    registerBacktests(rest, { backtests: parts.backtests });
    registerStockLists(rest, { clickhouse });
    registerBrand(rest, { clickhouse });
    registerFeeds(rest, { feeds: parts.feeds, rejected: parts.rejected, clickhouse });
    registerPolicies(rest, { policies: parts.policies });
    registerLive(rest, { hub, limits, access });
    registerAccessRoutes(rest, {
      ...{ access, clickhouse, keep: parts.gate.onDecision, apiPort: life.config.apiPort },
      sessions: new Sessions({ access, sessionMs: life.config.sessionMs, nowMs: Date.now }),
      tokens: new TokenDesk({ access, nowMs: Date.now }),
    });
    registerSql(rest, parts.sql);
    registerDescriptions(rest);
  });
  const { accessToken, doorUrl } = life.config;
  await registerDoor(app, { url: doorUrl, accessToken });
  await registerDashboard(app, DASHBOARD);
  return app;
}
