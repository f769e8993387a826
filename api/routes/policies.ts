/**
 * `GET /v1/policies`, `GET /v1/policies/{policy}/history` and `POST /v1/policies`: what is decided, what was
 * decided before, and a new decision.
 */
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import {
  PolicyCatalogue,
  PolicyChange,
  PolicyChanged,
  PolicyHistory,
} from '../../contracts/policies.ts';
import { callerOf } from '../../platform/http/access.ts';
import { ProblemError } from '../../platform/http/problem.ts';
import { pageQuery } from '../page.ts';
import type { Policies } from '../policies.ts';
import { ProblemDocument, readingClickHouse } from './problems.ts';

const MAX_LIMIT = 200;

const Headers = Type.Object({
  'if-match': Type.Optional(
    Type.String({
      description:
        'Version of the decision about this scope that you have seen, in quotes; "0" where there is none',
      maxLength: 32,
    }),
  ),
});

export function registerPolicies(app: FastifyInstance, { policies }: { policies: Policies }): void {
  const typed = app.withTypeProvider<TypeBoxTypeProvider>();
  const problems = { 400: ProblemDocument, 503: ProblemDocument };

  typed.get(
    '/v1/policies',
    {
      schema: {
        tags: ['policies'],
        summary: 'Every kind of policy, and what was decided',
        description: 'With unit, range and default of each field. From the archive: seconds old.',
        response: { 200: PolicyCatalogue, 503: ProblemDocument },
      },
    },
    async (_request, reply) => {
      void reply.header('cache-control', 'no-cache');
      return readingClickHouse(() => policies.catalogue());
    },
  );

  typed.get(
    '/v1/policies/:policy/history',
    {
      schema: {
        tags: ['policies'],
        summary: 'Decisions about one kind, the newest first',
        params: Type.Object({
          policy: Type.String({ maxLength: 80, description: 'Such as rule.OVERSELL' }),
        }),
        querystring: Type.Object(pageQuery({ limit: 50, maxLimit: MAX_LIMIT }), {
          additionalProperties: false,
        }),
        response: { 200: PolicyHistory, 404: ProblemDocument, ...problems },
      },
    },
    async ({ params: { policy }, query: { cursor, limit } }, reply) => {
      void reply.header('cache-control', 'no-cache');
      const found = await readingClickHouse(() => policies.history(policy, { cursor, limit }));
      if (found !== null) return found;
      throw new ProblemError({
        status: 404,
        kind: 'unknown-policy',
        title: 'Unknown policy',
        detail: `policy: ${policy} is no kind of policy; GET /v1/policies lists them`,
        field: 'policy',
        value: policy,
      });
    },
  );

  typed.post(
    '/v1/policies',
    {
      schema: {
        tags: ['policies'],
        summary: 'Decide a policy',
        description:
          'Goes through the door as `policy.set`, by whoever calls, with the reason. It replaces what was decided about ' +
          'the same scope; fields that it leaves out fall back to a wider scope or the default.',
        headers: Headers,
        body: PolicyChange,
        response: {
          200: PolicyChanged,
          202: PolicyChanged,
          412: ProblemDocument,
          422: ProblemDocument,
          428: ProblemDocument,
          ...problems,
        },
      },
    },
    async (request, reply) => {
      const seen = versionOf(request.headers['if-match']);
      const actor = callerOf(request).subject;
      const changed = await readingClickHouse(() =>
        policies.change({ change: request.body, actor, seen }),
      );
      return reply
        .code(changed.outcome === 'pending' ? 202 : 200)
        .header('etag', `"${changed.decision.version}"`)
        .send(changed);
    },
  );
}

/** `42` of `"42"`. */
function versionOf(ifMatch: string | undefined): number {
  const [, version] = /^"?(\d{1,16})"?$/.exec(ifMatch?.trim() ?? '') ?? [];
  if (version !== undefined) return Number(version);
  throw new ProblemError({
    status: 428,
    kind: 'precondition-required',
    title: 'Say which version you have seen',
    detail:
      'if-match: send the version of the decision that this one replaces, such as "42", or "0" where there is none',
    field: 'if-match',
    value: ifMatch,
    allowed: 'a version of GET /v1/policies in quotes',
  });
}
