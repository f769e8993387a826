/**
 * A file of canonical events, one JSON object a line (.ndjson, .ndjson.gz), as a feed. Lines go to the
 * door as they are, the wrong ones too: the door answers for each and keeps it as a dead letter.
 */
import type { Dataset, Feed, FeedItem } from './feed.ts';
import { existingFile, readLines } from './files.ts';

export const NDJSON: Dataset = {
  name: 'ndjson',
  about: 'canonical events, one JSON object a line',
  mappingVersion: 1,
  limitIsPrefix: true,
  files: (path) => [existingFile(path)],
  open: openNdjsonFeed,
};

async function openNdjsonFeed([file = '']: readonly string[]): Promise<Feed> {
  let totalRows = 0;
  for await (const line of readLines(file)) if (line.trim() !== '') totalRows += 1;

  async function* items(maxRows: number): AsyncGenerator<FeedItem> {
    let row = 0;
    for await (const line of readLines(file)) {
      if (line.trim() === '') continue;
      row += 1;
      if (row > maxRows) return;
      yield { line, event: parsed(line), row };
    }
  }

  return { totalRows, items, skipped: new Map() };
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line) as unknown;
  } catch {
    return undefined;
  }
}
