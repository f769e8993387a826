/**
 * `POST /v1/backtests`, `GET /v1/backtests`, `GET /v1/backtests/{id}` and `DELETE /v1/backtests/{id}`: tries
 * policies on the archive before they go live.
 */
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import {
  BacktestRequest,
  BacktestView,
  checkPolicies,
  spanFault,
  type RequestFault,
} from '../../contracts/backtest.ts';
import { ProblemError } from '../../platform/http/problem.ts';
import { BacktestBusy, type Backtests } from '../backtests.ts';
import { ProblemDocument } from './problems.ts';

const Params = Type.Object({ id: Type.String({ maxLength: 64 }) });

export function registerBacktests(
  app: FastifyInstance,
  { backtests }: { backtests: Backtests },
): void {
  const typed = app.withTypeProvider<TypeBoxTypeProvider>();

  typed.post(
    '/v1/backtests',
    {
      schema: {
        tags: ['backtests'],
        summary: 'Start a backtest',
        description:
          'Replays the archive from its beginning under the policies that held, and under the changed ones ' +
          'from `from` on, in a process of its own. One at a time.',
        body: BacktestRequest,
        response: { 202: BacktestView, 400: ProblemDocument, 409: ProblemDocument },
      },
    },
    async ({ body }, reply) => {
      const policies = checkPolicies(body.policies);
      const fault = policies.ok ? spanFault(body) : policies.fault;
      if (fault !== null) throw invalid(fault);
      const view = started(() => backtests.start(body));
      return reply.code(202).header('location', `/v1/backtests/${view.id}`).send(view);
    },
  );

  typed.get(
    '/v1/backtests',
    {
      schema: {
        tags: ['backtests'],
        summary: 'The newest backtests, without their results',
        response: { 200: Type.Object({ backtests: Type.Array(BacktestView) }) },
      },
    },
    async () => ({ backtests: backtests.list() }),
  );

  typed.get(
    '/v1/backtests/:id',
    {
      schema: {
        tags: ['backtests'],
        summary: 'A backtest: its progress, then its result',
        params: Params,
        response: { 200: BacktestView, 404: ProblemDocument },
      },
    },
    async ({ params: { id } }, reply) => {
      void reply.header('cache-control', 'no-cache');
      return backtests.get(id) ?? unknown(id);
    },
  );

  typed.delete(
    '/v1/backtests/:id',
    {
      schema: {
        tags: ['backtests'],
        summary: 'Cancel a backtest; one that has ended stays as it is',
        params: Params,
        response: { 200: BacktestView, 404: ProblemDocument },
      },
    },
    async ({ params: { id } }) => backtests.cancel(id) ?? unknown(id),
  );
}

function started(start: () => BacktestView): BacktestView {
  try {
    return start();
  } catch (error) {
    if (!(error instanceof BacktestBusy)) throw error;
    throw new ProblemError({
      status: 409,
      kind: 'backtest-running',
      title: 'Another backtest is running',
      detail: error.message,
      field: 'id',
      value: error.running,
    });
  }
}

const invalid = ({ allowed, field, value }: RequestFault) =>
  new ProblemError({
    status: 400,
    kind: 'invalid-backtest',
    title: 'The backtest cannot be made',
    detail: `${field}: ${allowed}`,
    ...{ field, value, allowed },
  });

function unknown(id: string): never {
  throw new ProblemError({
    status: 404,
    kind: 'unknown-backtest',
    title: 'No such backtest',
    detail: `there is no backtest ${id}; only the newest ones are remembered, and none across a restart`,
    ...{ field: 'id', value: id },
  });
}
