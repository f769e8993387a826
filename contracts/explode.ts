/**
 * A checked producer event to the single-entity events of the LOG, with deterministic ids: a document
 * `<id>` becomes its header `<id>` and its lines `<id>/line/1`, `<id>/line/2`, … so that a resend gives
 * the same ids (DESIGN §3). Pure.
 */
import { TYPE_PREFIX, TYPE_SUFFIX, type ProducerEvent } from './envelope.ts';
import { EVENTS, type InputType, type LogType } from './events.ts';
import { dataHash } from './hash.ts';
import { logSubject } from './subjects.ts';

/** One event of the LOG, ready to be stamped and published. */
export interface Exploded {
  readonly name: LogType;
  readonly subject: string;
  /** Envelope and data, without `ingestedtime`. */
  readonly event: Record<string, unknown> & { id: string; source: string; datahash: string };
}

const LINE_MARK = '/line/';

/** Id of a document's line, counted from 1. */
export const lineId = (documentId: string, number: number) => `${documentId}${LINE_MARK}${number}`;

/** Id of the document that a LOG event came from: its own id when it is no line. */
export function rootId(id: string): string {
  const at = id.lastIndexOf(LINE_MARK);
  return at === -1 ? id : id.slice(0, at);
}

export function explode(name: InputType, event: ProducerEvent): Exploded[] {
  const definition = EVENTS[name];
  if (!('lineType' in definition)) {
    return [single(name, event, event.id, event.data as Data)];
  }
  const { lines, ...header } = event.data as Data & { lines: Data[] };
  const shared: Data = {};
  for (const field of definition.shared) {
    if (header[field] !== undefined) shared[field] = header[field];
  }
  header['line_count'] = lines.length;
  const exploded = [single(name, event, event.id, header)];
  for (const line of lines) {
    const data = copyOf(shared);
    for (const field in line) data[field] = line[field];
    exploded.push(single(definition.lineType, event, lineId(event.id, exploded.length), data));
  }
  return exploded;
}

type Data = Record<string, unknown>;

function single(name: LogType, event: ProducerEvent, id: string, data: Data): Exploded {
  const copy = copyOf(event) as Exploded['event'];
  copy.id = id;
  copy['type'] = `${TYPE_PREFIX}${name}${TYPE_SUFFIX}`;
  copy['data'] = data;
  copy.datahash = dataHash([name, data]);
  // A policy concerns every slice, whatever its scope names.
  const subject = logSubject(name, name === 'policy.set' ? {} : data);
  return { name, subject, event: copy };
}

/** A shallow copy. Field by field: spreading takes ten times as long, and this is the door's hot path. */
function copyOf(fields: object): Data {
  const copy: Data = {};
  for (const field in fields) copy[field] = Reflect.get(fields, field);
  return copy;
}
