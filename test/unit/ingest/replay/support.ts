/** A dataset over rows that a test writes by hand. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { InputType } from '../../../../contracts/events.ts';
import type { Dataset, FeedEvent, FeedItem } from '../../../../ingest/replay/feed.ts';

export interface Fed {
  readonly items: readonly FeedItem[];
  readonly events: readonly FeedEvent[];
  readonly skipped: Readonly<Record<string, number>>;
  /** Data of the event with this id; fails when there is none of that type. */
  readonly dataOf: <T extends InputType>(name: T, id: string) => FeedEvent<T>['data'];
}

/** A folder of files by name, gone after the test. */
export function folderOf(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'stocktide-rows-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
}

/** CSV of rows that name only the columns that matter. */
export function csvOf<C extends string>(
  defaults: Readonly<Record<C, string>>,
  rows: readonly Partial<Record<C, string>>[],
): string {
  const columns = Object.keys(defaults) as C[];
  const lines = rows.map((row) =>
    columns.map((column) => `"${(row[column] ?? defaults[column]).replaceAll('"', '""')}"`).join(),
  );
  return [columns.join(), ...lines].join('\n');
}

export async function feed(dataset: Dataset, folder: string, maxRows = Infinity): Promise<Fed> {
  const opened = await dataset.open(dataset.files(folder));
  const items: FeedItem[] = [];
  for await (const item of opened.items(maxRows)) items.push(item);
  const events = items.map(({ event }) => event as FeedEvent);
  return {
    items,
    events,
    skipped: Object.fromEntries(opened.skipped),
    dataOf<T extends InputType>(name: T, id: string) {
      const found = events.find((event) => event.id === id);
      if (found?.type !== `stocktide.${name}.v1`) throw new Error(`${id} is ${found?.type}`);
      return (found as FeedEvent<T>).data;
    },
  };
}

export const idsOf = (events: readonly FeedEvent[]) => events.map(({ id }) => id);
