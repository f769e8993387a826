/**
 * Errors over HTTP as problem documents (RFC 9457, `application/problem+json`), one shape for the door
 * and the API: what is wrong, where, and what would be right.
 *
 * A handler throws a ProblemError; everything else that reaches the error handler is translated here:
 * faults of the request keep their status, anything unexpected becomes a 500 that tells the client
 * nothing but the request's id, under which the log has the rest.
 */
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { INSTANT_HINT } from '../../contracts/fields.ts';

/** The document itself. `value` and `allowed` are for people: shortened, and in words. */
export interface Problem {
  /** `urn:stocktide:problem:<kind>`; what a program tells problems apart by. */
  type: string;
  title: string;
  status: number;
  detail: string;
  /** JSON Pointer or name of the field at fault. */
  field?: string;
  value?: string;
  allowed?: string;
  requestId?: string;
  /** Members of its own, as RFC 9457 allows. */
  [more: string]: unknown;
}

export interface ProblemInit {
  status: number;
  /** Kebab-case, such as `body-too-large`. */
  kind: string;
  title: string;
  detail: string;
  field?: string | undefined;
  value?: unknown;
  allowed?: string | undefined;
  /** Seconds after which to come again; becomes the header Retry-After. */
  retryAfterS?: number | undefined;
  /** What a credential has to be; becomes the header WWW-Authenticate. */
  challenge?: string | undefined;
  /** Members beyond those of every problem, such as the place of a fault in a text. */
  more?: Readonly<Record<string, unknown>> | undefined;
}

/** To be thrown by a handler: the answer is its problem document. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError';
  readonly problem: Problem;
  readonly retryAfterS: number | undefined;
  readonly challenge: string | undefined;

  constructor(init: ProblemInit) {
    const { status, kind, title, detail, field, value, allowed, more } = init;
    super(detail);
    this.problem = {
      type: `urn:stocktide:problem:${kind}`,
      title,
      status,
      detail,
      ...(field === undefined ? {} : { field }),
      ...(value === undefined ? {} : { value: shown(value) }),
      ...(allowed === undefined ? {} : { allowed }),
      ...more,
    };
    this.retryAfterS = init.retryAfterS;
    this.challenge = init.challenge;
  }
}

const MAX_SHOWN_CHARACTERS = 200;

/** Answers with a problem document. */
export function sendProblem(reply: FastifyReply, error: ProblemError): FastifyReply {
  if (error.retryAfterS !== undefined) {
    void reply.header('retry-after', String(error.retryAfterS));
  }
  if (error.challenge !== undefined) void reply.header('www-authenticate', error.challenge);
  return reply
    .code(error.problem.status)
    .type('application/problem+json')
    .send(JSON.stringify({ ...error.problem, requestId: reply.request.id }));
}

/** Makes every error and every unknown path of the app a problem document. */
export function registerProblems(app: FastifyInstance, { bodyLimit }: { bodyLimit: number }): void {
  app.setErrorHandler((error: FastifyError, request, reply) =>
    answerError(error, request, reply, bodyLimit),
  );
  app.setNotFoundHandler((request, reply) =>
    sendProblem(
      reply,
      new ProblemError({
        status: 404,
        kind: 'not-found',
        title: 'Not found',
        detail: `There is nothing at ${request.method} ${request.url.split('?')[0] ?? ''}`,
      }),
    ),
  );
}

/** Answers a failed request; an unexpected error goes into the log. */
export function answerError(
  error: FastifyError | ProblemError,
  request: FastifyRequest,
  reply: FastifyReply,
  bodyLimit: number,
): FastifyReply {
  const problem = translated(error, request, bodyLimit);
  if (problem.problem.status >= 500 && !(error instanceof ProblemError)) {
    request.log.error({ err: error, method: request.method, url: request.url }, error.message);
  }
  return sendProblem(reply, problem);
}

function translated(
  error: FastifyError | ProblemError,
  request: FastifyRequest,
  bodyLimit: number,
): ProblemError {
  if (error instanceof ProblemError) return error;
  if (error.validation !== undefined) return validationProblem(error, request);

  const status = error.statusCode ?? 500;
  const { message: detail } = error;
  switch (error.code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return new ProblemError({
        status: 413,
        kind: 'body-too-large',
        title: 'The request body is too large',
        detail: `The body is larger than ${bodyLimit} bytes; send it in several requests`,
        value: request.headers['content-length'],
        allowed: `at most ${bodyLimit} bytes`,
      });
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return new ProblemError({
        status: 415,
        kind: 'unsupported-media-type',
        title: 'The content type is not supported',
        detail,
        field: 'content-type',
        value: request.headers['content-type'] ?? '',
      });
    case 'FST_ERR_CTP_EMPTY_JSON_BODY':
    case 'FST_ERR_CTP_INVALID_JSON_BODY':
      return new ProblemError({ status: 400, kind: 'not-json', title: 'Not JSON', detail });
  }
  if (status >= 400 && status < 500) {
    return new ProblemError({ status, kind: 'bad-request', title: 'Bad request', detail });
  }
  return new ProblemError({
    status: 500,
    kind: 'internal',
    title: 'Internal error',
    detail: `The request failed for a reason of ours; the log has it under ${request.id}`,
  });
}

/** A request that its schema refuses: which part, which field, its value and what the schema wants. */
function validationProblem(error: FastifyError, request: FastifyRequest): ProblemError {
  const part = error.validationContext ?? 'request';
  const first = error.validation?.[0];
  const params = first?.params ?? {};
  const extra = params['missingProperty'] ?? params['additionalProperty'];
  const pointer = (first?.instancePath ?? '') + (typeof extra === 'string' ? `/${extra}` : '');
  const name = part === 'querystring' ? 'query' : part;
  const value = atPointer((request as unknown as Record<string, unknown>)[name], pointer);
  const wanted = wantedOf(params, first?.message);
  return new ProblemError({
    status: 400,
    kind: 'invalid-request',
    title: 'The request does not match its schema',
    detail: `${part}${pointer}: ${wanted ?? error.message}`,
    field: pointer === '' ? part : pointer,
    value,
    allowed: wanted,
  });
}

/** What the schema wants, in words. */
function wantedOf(params: Record<string, unknown>, message: string | undefined) {
  if (Array.isArray(params['allowedValues'])) return `one of ${params['allowedValues'].join(', ')}`;
  return params['format'] === 'date-time' ? INSTANT_HINT : message;
}

function atPointer(root: unknown, pointer: string): unknown {
  return pointer
    .split('/')
    .slice(1)
    .reduce<unknown>(
      (node, name) =>
        typeof node === 'object' && node !== null
          ? (node as Record<string, unknown>)[name]
          : undefined,
      root,
    );
}

/** A value as an error may repeat it. */
function shown(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? String(value));
  return text.length > MAX_SHOWN_CHARACTERS ? `${text.slice(0, MAX_SHOWN_CHARACTERS)}…` : text;
}
