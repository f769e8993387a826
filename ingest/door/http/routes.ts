/**
 * `POST /v1/events`: several forms of the same thing, told apart by Content-Type.
 *
 *   application/cloudevents+json         one event, structured
 *   application/cloudevents-batch+json   an array of them
 *   application/json                     one or an array; with ce- headers: binary mode
 *   application/x-ndjson                 one a line, streamed
 *
 * Each may be gzipped. docs/events.md describes the answers.
 */
import type { IncomingMessage } from 'node:http';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { mayDecide } from '../../access.ts';
import { callerOf } from '../../../platform/http/access.ts';
import { ProblemError } from '../../../platform/http/problem.ts';
import type { Door } from '../accept.ts';
import { readAttributes } from '../attributes.ts';
import { binaryEvent, decodeBody, type Decoded } from '../decode.ts';
import { BODY_IDLE_MS, BODY_MAX_MS, type DoorLimits } from '../limits.ts';
import { createTally, maxListed, sendBatch, sendOne, type Listing } from './answers.ts';
import { readBody, readEncoding, type BodyOptions } from './body.ts';
import type { HeldBytes, Hold } from './held-bytes.ts';
import { linger } from './linger.ts';
import { readForm, type Form } from './media-type.ts';
import { takeStream } from './stream.ts';

export interface EventRoutesParts {
  readonly door: Door;
  readonly limits: DoorLimits;
  readonly held: HeldBytes;
  /** Aborted when the process stops. */
  readonly signal: AbortSignal;
}

/** Every event of a batch of at most this size is listed in the answer, unless asked otherwise. */
const LIST_ALL_UP_TO = 1000;

export function registerEventRoutes(app: FastifyInstance, parts: EventRoutesParts): void {
  void app.register(async (scope) => {
    readBodiesHere(scope, parts);
    scope.post('/v1/events', async (request, reply) => {
      const hold = parts.held.open();
      try {
        return await takeRequest(parts, request, reply, hold);
      } finally {
        hold.release();
      }
    });
  });
}

/** Leaves the bodies of a scope's requests to its handlers: read within bounds, or as streams. */
export function readBodiesHere(
  scope: FastifyInstance,
  { signal }: Pick<EventRoutesParts, 'signal'>,
): void {
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser('*', (_request, _payload, done) => done(null));
  scope.addHook('onSend', async (request, reply) => {
    if (!request.raw.complete) linger(request.raw, reply.raw, signal);
  });
}

async function takeRequest(
  parts: EventRoutesParts,
  request: FastifyRequest,
  reply: FastifyReply,
  hold: Hold,
): Promise<FastifyReply> {
  const { door, limits } = parts;
  const listing = readListing(request);
  const origin = { via: 'http', mayDecide: mayDecide(callerOf(request)) } as const;
  const form = readForm(request.raw);
  if (form === 'stream') {
    const encoding = readEncoding(request.raw);
    return takeStream(parts, request.raw, reply, {
      encoding,
      listing: listing ?? 'rejected',
      hold,
      origin,
    });
  }
  const decoded = await decodeRequest(request.raw, form, parts, hold);
  if (decoded.kind === 'one') {
    const [outcome] = await door.accept([decoded.event], origin);
    if (outcome === undefined) throw new Error('the door gave no outcome for an event');
    return sendOne(reply, outcome);
  }
  const { events } = decoded;
  if (events.length > limits.maxBatchEvents) throw batchTooLarge(events.length, limits);
  const byDefault = events.length <= LIST_ALL_UP_TO ? 'all' : 'rejected';
  const tally = createTally(listing ?? byDefault, maxListed.batch);
  tally.add(await door.accept(events, origin));
  return sendBatch(reply, tally.answer());
}

/** Reads the body of one event or of a batch, and decodes it. */
export async function decodeRequest(
  request: IncomingMessage,
  form: Exclude<Form, 'stream'>,
  { limits, signal }: Pick<EventRoutesParts, 'limits' | 'signal'>,
  hold: Hold,
): Promise<Decoded> {
  const options: BodyOptions = {
    encoding: readEncoding(request),
    maxBytes: limits.maxBodyBytes,
    idleMs: BODY_IDLE_MS,
    maxMs: BODY_MAX_MS,
    signal,
  };
  const body = await readBody(request, options, hold);
  if (form !== 'binary') return decodeBody(body, form);
  return { kind: 'one', event: binaryEvent(attributesOf(request), body) };
}

/** The Content-Type of a request in binary mode is that of its data, and it is JSON. */
function attributesOf({ headers }: IncomingMessage) {
  const given = Object.entries(headers).flatMap(([name, value]) =>
    typeof value === 'string' ? [[name, value] as const] : [],
  );
  return readAttributes([...given, ['ce-datacontenttype', 'application/json']]);
}

function readListing(request: FastifyRequest): Listing | undefined {
  const { results } = request.query as Record<string, unknown>;
  if (results === undefined || results === 'all' || results === 'rejected') return results;
  throw new ProblemError({
    status: 400,
    kind: 'invalid-request',
    title: 'The request does not match its schema',
    detail: 'results: must be all or rejected',
    field: 'results',
    value: results,
    allowed: 'all, rejected',
  });
}

function batchTooLarge(events: number, { maxBatchEvents }: DoorLimits): ProblemError {
  return new ProblemError({
    status: 413,
    kind: 'batch-too-large',
    title: 'The batch has too many events',
    detail: 'Send several batches, or application/x-ndjson, which has no bound',
    value: `${events} events`,
    allowed: `at most ${maxBatchEvents} events`,
  });
}
