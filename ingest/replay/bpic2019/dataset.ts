/**
 * The BPI Challenge 2019 as a feed: a folder with its cases and its events (CSV or CSV.gz) in, items in the
 * order of the events out. Reads the events twice: what lines order in the end, then what happened. Holds
 * the cases in memory, never the events.
 */
import { readCsv } from '../csv.ts';
import { feedItem, increment } from '../events.ts';
import { ReplayError, type Dataset, type Feed, type FeedItem } from '../feed.ts';
import { fileIn } from '../files.ts';
import { BPIC_MAPPING_VERSION, bpicMapper, receiptCounter } from './mapping.ts';
import {
  CASES_CSV,
  EVENTS_CSV,
  readBpicCase,
  readBpicStep,
  type BpicCase,
  type BpicSkipReason,
  type BpicStep,
} from './rows.ts';

export const BPIC2019: Dataset = {
  name: 'bpic2019',
  about: 'BPI Challenge 2019, a folder with cases….csv and events….csv: purchase to pay',
  mappingVersion: BPIC_MAPPING_VERSION,
  limitIsPrefix: true,
  files: (path) => [fileIn(path, /cases/i), fileIn(path, /events/i)],
  open: openBpicFeed,
};

async function openBpicFeed([casesFile = '', eventsFile = '']: readonly string[]): Promise<Feed> {
  const cases = await readCases(casesFile);
  const receipts = receiptCounter();
  let totalRows = 0;
  for await (const { row, step } of readSteps(eventsFile)) {
    totalRows = row;
    if (step !== null) receipts.add(step);
  }
  if (totalRows === 0) throw new ReplayError(`${eventsFile}: has no rows`);
  const skipped = new Map<BpicSkipReason, number>();

  async function* items(maxRows: number): AsyncGenerator<FeedItem> {
    skipped.clear();
    const map = bpicMapper(cases, (caseId) => receipts.of(caseId));
    for await (const { row, step } of readSteps(eventsFile)) {
      if (row > maxRows) return;
      const mapped = step === null ? unreadable : map(step);
      if (mapped.event === null) increment(skipped, mapped.reason);
      else yield feedItem(mapped.event, row);
    }
  }

  return { totalRows, items, skipped };
}

const unreadable = { event: null, reason: 'unreadable_row' } as const;

async function readCases(file: string): Promise<Map<string, BpicCase>> {
  const cases = new Map<string, BpicCase>();
  for await (const record of readCsv(file, CASES_CSV)) {
    const read = readBpicCase(record);
    if (read !== null) cases.set(read.caseId, read);
  }
  return cases;
}

async function* readSteps(file: string): AsyncGenerator<{ row: number; step: BpicStep | null }> {
  let row = 0;
  for await (const record of readCsv(file, EVENTS_CSV))
    yield { row: ++row, step: readBpicStep(record) };
}
