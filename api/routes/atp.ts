/**
 * `GET /v1/atp/{sku}` and `GET /v1/atp/{sku}/{node}/explain`: live availability, and why it is what it
 * is. Both ask the processor that owns the SKU; the explanation then checks it against ClickHouse.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { ClickHouseClient } from '@clickhouse/client';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import { AtpExplanation, AtpView, type PositionAnswer } from '../../contracts/atp.ts';
import { ROUTING_FIELDS } from '../../contracts/envelope.ts';
import { callerOf } from '../../platform/http/access.ts';
import { ProblemError } from '../../platform/http/problem.ts';
import { assertReaches, scopedAtp } from '../access/scope.ts';
import { newestMovements, sumMovements, type Position } from '../clickhouse/movements.ts';
import { explainPosition } from '../explain.ts';
import type { Ledger } from '../ledger.ts';
import type { ExplainLimits } from '../limits.ts';
import { ProblemDocument, readingClickHouse } from './problems.ts';

export interface AtpRoutes {
  /** The ledger's view of a SKU with its description. */
  readonly atp: (sku: string) => Promise<AtpView>;
  readonly ledger: Ledger;
  readonly clickhouse: ClickHouseClient;
  readonly limits: ExplainLimits;
}

export function registerAtp(app: FastifyInstance, routes: AtpRoutes): void {
  const { atp, ledger, clickhouse, limits } = routes;
  const typed = app.withTypeProvider<TypeBoxTypeProvider>();

  typed.get(
    '/v1/atp/:sku',
    {
      schema: {
        tags: ['inventory'],
        summary: 'Live available-to-promise of a SKU',
        description: 'Per node, per channel and over time, as the ledger has it at this instant.',
        params: Type.Object({ sku: ROUTING_FIELDS.sku_id }),
        response: { 200: AtpView, 404: ProblemDocument, 503: ProblemDocument },
      },
    },
    async (request) => {
      const { sku } = request.params;
      const view = await atp(sku);
      if (!view.known) throw unknownSku(sku);
      return scopedAtp(view, callerOf(request).scope);
    },
  );

  typed.get(
    '/v1/atp/:sku/:node/explain',
    {
      schema: {
        tags: ['inventory'],
        summary: 'Why the ATP of a SKU at a node is what it is',
        description:
          'Each term with its newest events, and whether the sum of all its movements in ClickHouse ' +
          'equals the ledger. Waits up to 3 s for ClickHouse to hold the last movement.',
        params: Type.Object({ sku: ROUTING_FIELDS.sku_id, node: ROUTING_FIELDS.node_id }),
        response: { 200: AtpExplanation, 404: ProblemDocument, 503: ProblemDocument },
      },
    },
    async (request) => {
      const { node, sku } = request.params;
      assertReaches(callerOf(request).scope, node);
      const position = await ledger.position(sku, node);
      if (!position.known) throw unknownPosition(sku, node);
      const { sums, movements } = await readingClickHouse(() =>
        readMovements({ clickhouse, sku, node, position, limits }),
      );
      return explainPosition({ sku, node, position, sums, movements });
    },
  );
}

/** Sums and newest movements up to the position's last one, once ClickHouse has it. */
async function readMovements({
  clickhouse,
  sku,
  node,
  position,
  limits,
}: {
  clickhouse: ClickHouseClient;
  sku: string;
  node: string;
  position: PositionAnswer;
  limits: ExplainLimits;
}) {
  const wanted: Position = { sku, node, uptoSeq: position.lastSeq };
  const deadline = Date.now() + limits.catchUpMs;
  for (;;) {
    const { newestSeq, sums } = await sumMovements(clickhouse, wanted);
    if (newestSeq >= position.lastSeq) {
      const perAccount = limits.eventsPerTerm;
      return { sums, movements: await newestMovements(clickhouse, { ...wanted, perAccount }) };
    }
    if (Date.now() >= deadline) throw notYetWritten(newestSeq, position.lastSeq);
    await sleep(limits.pollMs);
  }
}

function notYetWritten(newestSeq: number, lastSeq: number): ProblemError {
  return new ProblemError({
    status: 503,
    kind: 'not-yet-written',
    title: 'ClickHouse is behind',
    detail:
      `ClickHouse has the movements of this position up to log sequence ${newestSeq}, the ledger up ` +
      `to ${lastSeq}; a comparison now would tell nothing. /v1/system shows the last flush`,
    retryAfterS: 2,
  });
}

function unknownSku(sku: string): ProblemError {
  return new ProblemError({
    status: 404,
    kind: 'unknown-sku',
    title: 'Unknown SKU',
    detail: `No event has named this SKU; /v1/skus?q=${encodeURIComponent(sku)} searches for it`,
    field: 'sku',
    value: sku,
  });
}

function unknownPosition(sku: string, node: string): ProblemError {
  return new ProblemError({
    status: 404,
    kind: 'unknown-position',
    title: 'Unknown position',
    detail: `No event has moved this SKU at this node; /v1/atp/${encodeURIComponent(sku)} lists its nodes`,
    field: 'node',
    value: node,
  });
}
