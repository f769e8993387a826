/**
 * The contract, readable where events are sent: `GET /v1/events/types` lists what the door takes,
 * `GET /v1/events/types/<type>` gives a type's JSON Schema and an example to begin with.
 */
import type { FastifyInstance } from 'fastify';
import { EnvelopeSchema, TYPE_PREFIX, TYPE_SUFFIX, typeName } from '../../../contracts/envelope.ts';
import { EVENTS, INTERNAL_TYPES, type InputType } from '../../../contracts/events.ts';
import { ProblemError } from '../../../platform/http/problem.ts';
import { exampleEvent } from '../examples.ts';

const PATH = '/v1/events/types';

/** Ordering keys of the catalogue in words (REFERENCE §3.3). */
const PARTITION_KEYS = {
  O: 'order_id',
  S: 'sku_id|node_id',
  P: 'po_id',
  H: 'shipment_id',
  R: 'rma_id',
  F: 'feed_id',
  '-': null,
} as const;

/** Types that a producer can send, in the order of the catalogue. */
const TYPES = (Object.keys(EVENTS) as InputType[]).filter((name) => !INTERNAL_TYPES.has(name));

export function registerCatalogue(app: FastifyInstance): void {
  app.get(PATH, async () => ({ types: TYPES.map(summary) }));

  app.get<{ Params: { type: string } }>(`${PATH}/:type`, async ({ params }) => {
    const name = typeName(params.type) ?? params.type;
    if (!isType(name)) throw unknownType(params.type);
    const definition = EVENTS[name];
    return {
      ...summary(name),
      // Unlike the data alone, this validates a whole event.
      schema: {
        $schema: 'https://json-schema.org/draft/2020-12/schema',
        title: fullName(name),
        ...EnvelopeSchema,
        properties: {
          ...EnvelopeSchema.properties,
          type: { const: fullName(name) },
          data: definition.data,
        },
      },
      ...('lineType' in definition ? { line_type: fullName(definition.lineType) } : {}),
      example: exampleEvent(name),
    };
  });
}

function summary(name: InputType) {
  const { kind, description, partitionKey } = EVENTS[name];
  return {
    type: fullName(name),
    kind,
    description,
    partition_key: PARTITION_KEYS[partitionKey],
    schema_url: `${PATH}/${fullName(name)}`,
  };
}

function fullName(name: string): string {
  return `${TYPE_PREFIX}${name}${TYPE_SUFFIX}`;
}

function isType(name: string): name is InputType {
  return (TYPES as string[]).includes(name);
}

function unknownType(type: string): ProblemError {
  return new ProblemError({
    status: 404,
    kind: 'unknown-type',
    title: 'The type is not in the catalogue',
    detail: `GET ${PATH} lists the types`,
    field: 'type',
    value: type,
  });
}
