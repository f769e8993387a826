/** What the mappings of files share: how an event, a key and a count of what was left out are made. Pure. */
import type { InputDataOf, InputType } from '../../contracts/events.ts';
import { MAX_KEY_LENGTH } from '../../contracts/fields.ts';
import type { FeedEvent, FeedItem } from './feed.ts';

/** What an event says of itself, whatever its data. */
export interface Stamp {
  readonly id: string;
  /** RFC 3339. */
  readonly time: string;
  readonly correlationid?: string;
}

export type EventMaker = <T extends InputType>(
  name: T,
  stamp: Stamp,
  data: InputDataOf<T>,
) => FeedEvent<T>;

/** Makes the events of one source. */
export function eventsFrom(source: string): EventMaker {
  return (name, { id, time, ...rest }, data) => ({
    specversion: '1.0',
    id,
    source,
    type: `stocktide.${name}.v1`,
    time,
    ...rest,
    data,
  });
}

export function feedItem(event: FeedEvent, row: number): FeedItem {
  return { line: JSON.stringify(event), event, row };
}

/**
 * A name as a key: lower case, without accents, words joined by `-`, cut to the length of a key
 * (`Côte d'Ivoire` is `cote-d-ivoire`).
 */
export function slug(name: string): string {
  return name
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
    .slice(0, MAX_KEY_LENGTH);
}

/** Adds one to a count by name. */
export function increment<K>(counts: Map<K, number>, key: K): number {
  const count = (counts.get(key) ?? 0) + 1;
  counts.set(key, count);
  return count;
}
