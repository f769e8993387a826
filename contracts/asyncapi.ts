/**
 * The event contract as an AsyncAPI 3.0 document, made of the schemas that the door itself checks by: what
 * producers send (over HTTP or NATS), what the LOG holds, and what `/v1/live` sends. Pure.
 */
import type { TSchema } from 'typebox';
import { EnvelopeSchema, LogAttributes, TYPE_PREFIX, TYPE_SUFFIX } from './envelope.ts';
import { EVENTS, INTERNAL_TYPES, LOG_SCHEMAS } from './events.ts';
import { ClientMessage, LIVE_PATH } from './live.ts';
import { logSubject } from './subjects.ts';

type Json = Record<string, unknown>;

/** What a topic of the live socket tells. */
const TOPICS: Readonly<Record<string, string>> = {
  system: 'State of the processors, the door, ClickHouse and NATS (as GET /v1/system)',
  feeds: 'Each source with its freshness',
  kpi: 'Readings of all KPIs over a day; kpi:{window} over another window',
  cases: 'Counts of open cases, and the worst of them',
  alerts: 'Cases as they open and escalate; none is left out without a resync',
  'atp:{sku}': 'Availability of one SKU (as GET /v1/atp/{sku})',
};

const ROUTING = {
  s: { description: 'FNV-1a32 of the SKU modulo 16, or - without one' },
  o: { description: 'FNV-1a32 of the order modulo 16, or -' },
  n: { description: 'FNV-1a32 of the node modulo 16, or -' },
  p: { description: 'FNV-1a32 of the supplier modulo 16, or -' },
};

export function asyncApi(): Json {
  const sent = Object.entries(EVENTS).filter(([name]) => !INTERNAL_TYPES.has(name));
  const logged = [...LOG_SCHEMAS];
  const sentIds = sent.map(([name]) => `sent.${name}`);
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Stocktide events',
      version: '1',
      description:
        'CloudEvents 1.0 in structured mode. The door checks each, makes single-entity facts of documents, and ' +
        'appends them to the log; an event that it cannot accept goes back with its reason.',
    },
    defaultContentType: 'application/json',
    channels: {
      events: {
        address: '/v1/events',
        title: 'Events over HTTP',
        description: 'POST one event, or several as a JSON array or as lines',
        messages: refs(sentIds),
        bindings: { http: {} },
      },
      inbox: {
        address: 'in.{producer}',
        title: 'Events over NATS',
        parameters: { producer: { description: 'Whatever tells producers apart' } },
        messages: refs(sentIds),
      },
      ...Object.fromEntries(
        logged.map(([name]) => [
          `log.${name}`,
          {
            address: logSubject(name, {}).replace(/\.-\.-\.-\.-$/, '.{s}.{o}.{n}.{p}'),
            title: `${name} in the log`,
            parameters: ROUTING,
            messages: refs([`log.${name}`]),
          },
        ]),
      ),
      ...Object.fromEntries(
        Object.entries(TOPICS).map(([topic, description]) => [
          `live.${topic.split(':')[0]}`,
          {
            address: LIVE_PATH,
            title: `Live topic ${topic}`,
            description: `${description}. A WebSocket; one message per text frame.`,
            messages: refs(['live.client', 'live.server']),
            bindings: { ws: { method: 'GET' } },
          },
        ]),
      ),
    },
    operations: {
      sendEvents: operation('receive', 'events', 'Send events to the door'),
      sendToInbox: operation('receive', 'inbox', 'Send events to the door through NATS'),
      ...Object.fromEntries(
        logged.map(([name]) => [
          `log.${name}`,
          operation('send', `log.${name}`, `${name} was appended to the log`),
        ]),
      ),
      ...Object.fromEntries(
        Object.keys(TOPICS).map((topic) => {
          const id = `live.${topic.split(':')[0]}`;
          return [id, operation('send', id, `Follow ${topic}`)];
        }),
      ),
    },
    components: {
      messages: {
        ...Object.fromEntries(
          sent.map(([name, { data }]) => [`sent.${name}`, message(name, EnvelopeSchema, data)]),
        ),
        ...Object.fromEntries(
          logged.map(([name, data]) => [`log.${name}`, message(name, LogAttributes, data)]),
        ),
        'live.client': { title: 'What a client says', payload: ClientMessage },
        'live.server': { title: 'What it is told', payload: SERVER_MESSAGE },
      },
    },
  };
}

const SERVER_MESSAGE: Json = {
  type: 'object',
  required: ['op'],
  properties: {
    op: { enum: ['snapshot', 'delta', 'resync', 'error', 'pong'] },
    topic: { type: 'string' },
    stream: { type: 'string', description: 'Names the numbering; of a snapshot' },
    n: { type: 'integer', description: 'Number of the message in its topic' },
    data: { type: 'object', description: 'The whole of a snapshot; of a delta what has changed' },
    code: { type: 'string', description: 'Of an error' },
    detail: { type: 'string', description: 'Of an error, in words' },
    at: { type: 'string', description: 'Of a pong: when (RFC 3339)' },
  },
};

const refs = (ids: readonly string[]) =>
  Object.fromEntries(ids.map((id) => [id, { $ref: `#/components/messages/${id}` }]));

const operation = (action: 'send' | 'receive', channel: string, summary: string) => ({
  action,
  channel: { $ref: `#/channels/${channel}` },
  summary,
});

/** An event with its envelope, whose `data` is of the type. */
function message(
  name: string,
  envelope: { properties: Json; required: string[] },
  data: TSchema,
): Json {
  const type = `${TYPE_PREFIX}${name}${TYPE_SUFFIX}`;
  return {
    name: type,
    title: name,
    ...('description' in data ? { summary: data.description } : {}),
    payload: {
      ...envelope,
      required: [...new Set([...envelope.required, 'data'])],
      properties: { ...envelope.properties, type: { const: type }, data },
    },
  };
}
