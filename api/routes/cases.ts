/**
 * Cases over REST: the ranked list, one case whole, what can be done about it, and commands of people.
 *
 * The id of a case contains slashes; in a path it is percent-encoded as one segment
 * (`/v1/cases/SHORT_PICK%2Fsku%2F1%2Fnode%2Fdc-01%2F42`).
 */
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import {
  BulkOutcome,
  CASE_SORTS,
  CaseAudit,
  CaseDetail,
  CaseList,
  CaseOptions,
  COMMAND_NAMES,
  CommandOutcome,
  LIST_STATUSES,
  MAX_BULK,
} from '../../contracts/cases.ts';
import { MAX_CASE_ID_LENGTH, type CommandName } from '../../contracts/events/control.ts';
import { SEVERITIES, TEAMS } from '../../contracts/rules.ts';
import { hasRole } from '../../platform/access/identity.ts';
import { callerOf, wrongRole } from '../../platform/http/access.ts';
import { COMMAND_ROLES } from '../access/table.ts';
import { auditCase } from '../clickhouse/audit.ts';
import type { Commander } from '../cases/commands.ts';
import type { CaseDesk } from '../cases/desk.ts';
import { proposeFor, type Sources } from '../cases/live-state.ts';
import { pageQuery } from '../page.ts';
import { ProblemDocument, readingClickHouse } from './problems.ts';

const MAX_FILTER_LENGTH = 128;
const MAX_LIMIT = 200;
const MAX_KEY_LENGTH = 128;
const MAX_AUDITED = 500;

const filter = (description: string) =>
  Type.Optional(Type.String({ description, minLength: 1, maxLength: MAX_FILTER_LENGTH }));

const CaseId = Type.String({
  description: 'case_id, percent-encoded',
  minLength: 1,
  maxLength: MAX_CASE_ID_LENGTH,
});
const Params = Type.Object({ id: CaseId });

const Headers = Type.Object({
  'idempotency-key': Type.Optional(
    Type.String({
      description: 'Sent again with the same key, a command counts once and gets the same answer',
      minLength: 1,
      maxLength: MAX_KEY_LENGTH,
    }),
  ),
});

/** The event's schema judges the rest, in the door's own words. */
const COMMAND = {
  command: Type.Enum([...COMMAND_NAMES], { description: 'What was decided' }),
};
const DESCRIPTION =
  'The fields are those of `case.commanded` (see /v1/events/types) without case_id and actor, who is whoever ' +
  'calls: by command ' +
  'reason, text, team, assignee, until, root_cause, resolution, verdict, approved or option.';

export interface CaseRoutes {
  readonly desk: CaseDesk;
  readonly commander: Commander;
  readonly sources: Sources;
}

export function registerCases(
  app: FastifyInstance,
  { commander, desk, sources }: CaseRoutes,
): void {
  const typed = app.withTypeProvider<TypeBoxTypeProvider>();
  const problems = { 400: ProblemDocument, 503: ProblemDocument };

  typed.get(
    '/v1/cases',
    {
      schema: {
        tags: ['cases'],
        summary: 'Cases, ranked',
        description:
          'Open ones are live. `rank` is severity, then money at risk, then due. The cursor holds while cases come and go.',
        querystring: Type.Object(
          {
            status: Type.Enum([...LIST_STATUSES], { default: 'open', description: 'Which ones' }),
            severity: Type.Optional(Type.Enum([...SEVERITIES])),
            team: Type.Optional(Type.Enum([...TEAMS])),
            code: filter('Only this code'),
            node_id: filter('Only this node'),
            sku_id: filter('Only this SKU'),
            order_id: filter('Only this order'),
            supplier_id: filter('Only this supplier'),
            location_id: filter('Only this bin'),
            assignee: filter('Only of this person'),
            q: filter('Part of the id, title, detail, assignee or a key'),
            sort: Type.Enum([...CASE_SORTS], { default: 'rank' }),
            ...pageQuery({ limit: 50, maxLimit: MAX_LIMIT }),
          },
          { additionalProperties: false },
        ),
        response: { 200: CaseList, ...problems },
      },
    },
    async (request, reply) => {
      const { cursor, limit, sort, status, ...filter } = request.query;
      const { scope } = callerOf(request);
      void reply.header('cache-control', 'no-cache');
      return readingClickHouse(() => desk.list({ status, sort, limit, cursor, filter, scope }));
    },
  );

  typed.get(
    '/v1/cases/:id',
    {
      schema: {
        tags: ['cases'],
        summary: 'One case: clocks, conditions, evidence, rule, audit trail',
        params: Params,
        response: { 200: CaseDetail, 404: ProblemDocument, ...problems },
      },
    },
    async (request, reply) => {
      const { scope } = callerOf(request);
      void reply.header('cache-control', 'no-cache');
      return readingClickHouse(() => desk.detail(request.params.id, scope));
    },
  );

  typed.get(
    '/v1/cases/:id/audit',
    {
      schema: {
        tags: ['cases'],
        summary: 'Whether the audit trail of a case is as it was written',
        description:
          'Each step against its hash and the step before it; `npm run audit` checks all.',
        params: Params,
        response: { 200: CaseAudit, 404: ProblemDocument, ...problems },
      },
    },
    async (request, reply) => {
      const caseId = request.params.id;
      const { scope } = callerOf(request);
      void reply.header('cache-control', 'no-cache');
      return readingClickHouse(async () => {
        await desk.record(caseId, scope);
        return auditCase(sources.client, { caseId, limit: MAX_AUDITED });
      });
    },
  );

  typed.get(
    '/v1/cases/:id/options',
    {
      schema: {
        tags: ['cases'],
        summary: 'What can be done about it, from live state',
        description:
          'Each with its effect and its cost. The command `take` notes that one was taken.',
        params: Params,
        response: { 200: CaseOptions, 404: ProblemDocument, ...problems },
      },
    },
    async (request, reply) => {
      const { scope } = callerOf(request);
      void reply.header('cache-control', 'no-cache');
      return readingClickHouse(async () => {
        const record = await desk.record(request.params.id, scope);
        return proposeFor(record, { ...sources, scope });
      });
    },
  );

  typed.post(
    '/v1/cases/:id/commands',
    {
      schema: {
        tags: ['cases'],
        summary: 'A decision about a case, and what became of it',
        description: `${DESCRIPTION} 200 with \`changed\` or \`refused\`; 202 when it is in the log and nothing more is known after 3 s.`,
        params: Params,
        headers: Headers,
        body: Type.Object(COMMAND, { additionalProperties: true }),
        response: {
          200: CommandOutcome,
          202: CommandOutcome,
          409: ProblemDocument,
          422: ProblemDocument,
          ...problems,
        },
      },
    },
    async (request, reply) => {
      const { body, params } = request;
      const [outcome] = await decide(request, { caseIds: [params.id], body });
      if (outcome === undefined) throw new Error('a command got no outcome');
      return reply.code(outcome.outcome === 'pending' ? 202 : 200).send(outcome);
    },
  );

  typed.post(
    '/v1/cases/commands',
    {
      schema: {
        tags: ['cases'],
        summary: 'One decision about several cases',
        description: `${DESCRIPTION} Each case has its own outcome.`,
        headers: Headers,
        body: Type.Object(
          {
            case_ids: Type.Array(CaseId, { minItems: 1, maxItems: MAX_BULK, uniqueItems: true }),
            ...COMMAND,
          },
          { additionalProperties: true },
        ),
        response: { 200: BulkOutcome, 409: ProblemDocument, 422: ProblemDocument, ...problems },
      },
    },
    async (request) => {
      const { case_ids: caseIds, ...body } = request.body;
      return { outcomes: await decide(request, { caseIds, body }) };
    },
  );

  /** Sends the decision of whoever calls, if they may decide it about every one of the cases. */
  async function decide(
    request: FastifyRequest,
    { body, caseIds }: { caseIds: readonly string[]; body: { command: CommandName } },
  ): Promise<CommandOutcome[]> {
    const caller = callerOf(request);
    const allowed = COMMAND_ROLES[body.command];
    if (!hasRole(caller, allowed)) throw wrongRole(caller, allowed);
    const key = request.headers['idempotency-key'] as string | undefined;
    return readingClickHouse(async () => {
      await desk.assertReaches(caseIds, caller.scope);
      return commander.run({ caseIds, body, key, actor: caller.subject });
    });
  }
}
