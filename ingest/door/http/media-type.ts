/** Content-Type to the form of the body. */
import type { IncomingMessage } from 'node:http';
import { ProblemError } from '../../../platform/http/problem.ts';

/** `either`: one event or an array, as the body has it; `binary`: attributes in ce- headers. */
export type Form = 'one' | 'batch' | 'either' | 'binary' | 'stream';

const ALLOWED =
  'application/cloudevents+json, application/cloudevents-batch+json, application/json, application/x-ndjson';

/** Throws the answer to a type that the door does not read. */
export function readForm({ headers }: Pick<IncomingMessage, 'headers'>): Form {
  const given = headers['content-type'] ?? '';
  const [type = '', ...parameters] = given.split(';').map((part) => part.trim().toLowerCase());
  const charset = parameters.find((parameter) => parameter.startsWith('charset='));
  if (charset !== undefined && !/^charset="?utf-?8"?$/.test(charset)) {
    throw unsupported(given, 'the text must be UTF-8');
  }
  switch (type) {
    case 'application/cloudevents+json':
      return 'one';
    case 'application/cloudevents-batch+json':
      return 'batch';
    case 'application/x-ndjson':
    case 'application/ndjson':
      return 'stream';
    case 'application/json':
      return headers['ce-specversion'] === undefined ? 'either' : 'binary';
    case '':
      // CloudEvents: data without a type is JSON.
      if (headers['ce-specversion'] !== undefined) return 'binary';
  }
  throw unsupported(given, `send one of ${ALLOWED}`);
}

function unsupported(given: string, detail: string): ProblemError {
  return new ProblemError({
    status: 415,
    kind: 'unsupported-media-type',
    title: 'The content type is not supported',
    detail: `content-type: ${detail}`,
    field: 'content-type',
    value: given,
    allowed: ALLOWED,
  });
}
