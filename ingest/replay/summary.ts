/** What a replay did, for a person and as JSON. Pure. */
import type { ReplayResult } from './replay.ts';
import type { RejectedItem } from './tally.ts';

export interface Summary {
  readonly dataset: string;
  readonly file: string;
  /** Where it ended: at the end of the file, at --limit, or stopped by a signal. */
  readonly ended: ReplayResult['ended'];
  readonly seconds: number;
  readonly eventsPerSec: number;
  readonly rows: {
    readonly total: number;
    readonly read: number;
    /** Rows that became no event, by reason. */
    readonly skipped: Readonly<Record<string, number>>;
  };
  readonly events: {
    /** By this run, and by earlier runs of the same replay. */
    readonly sent: number;
    readonly sentBefore: number;
    /** Answers of the door, over all runs. */
    readonly accepted: number;
    readonly duplicates: number;
    readonly rejected: number;
  };
  /** Content of the events from the beginning of the file. */
  readonly contents: Omit<ReplayResult['contents'], 'events'>;
  readonly firstRejections: readonly RejectedItem[];
}

export function summarise(
  result: ReplayResult,
  about: {
    dataset: string;
    file: string;
    totalRows: number;
    seconds: number;
    skipped: ReadonlyMap<string, number>;
  },
): Summary {
  const { answers } = result;
  const { events: _events, ...contents } = result.contents;
  return {
    dataset: about.dataset,
    file: about.file,
    ended: result.ended,
    seconds: Math.round(about.seconds * 10) / 10,
    eventsPerSec: Math.round(result.sent / Math.max(about.seconds, 0.001)),
    rows: {
      total: about.totalRows,
      read: result.rows,
      skipped: Object.fromEntries(about.skipped),
    },
    events: {
      sent: result.sent,
      sentBefore: result.sentBefore,
      accepted: answers.accepted,
      duplicates: answers.duplicates,
      rejected: answers.rejected,
    },
    contents,
    firstRejections: answers.firstRejections,
  };
}

/** The summary as a table of a name and a number a line. */
export function summaryText(summary: Summary): string {
  const { rows, events, contents } = summary;
  const skipped = Object.entries(rows.skipped);
  const contained: (readonly [string, number])[] = [
    ['order documents', contents.orderDocuments],
    ['order lines', contents.orderLines],
    ['units sold', contents.unitsSold],
    ['shipments', contents.dispatches],
    ['deliveries', contents.deliveries],
    ['cancelled lines', contents.cancelledLines],
    ['units cancelled', contents.unitsCancelled],
    ['lines ordered from suppliers', contents.purchaseLines],
    ['receipt lines', contents.receiptLines],
    ['units received', contents.unitsReceived],
    ['corrections', contents.corrections],
    ['stock adjustments', contents.adjustments],
    ['units written off', contents.unitsWrittenOff],
    ['units found', contents.unitsFound],
    ['opening stock (units)', contents.openingUnits],
  ];
  const table: (readonly [string, number | string])[] = [
    ['rows read', `${count(rows.read)} of ${count(rows.total)}`],
    ...skipped.map(([reason, n]) => [`left out: ${reason}`, n] as const),
    ['events sent', events.sent],
    ...(events.sentBefore > 0 ? [['events sent by earlier runs', events.sentBefore] as const] : []),
    ['accepted', events.accepted],
    ['duplicates', events.duplicates],
    ['rejected', events.rejected],
    ...contained.filter(([, value]) => value > 0),
  ];
  const width = Math.max(...table.map(([name]) => name.length));
  const lines = table.map(([name, value]) => {
    const shown = typeof value === 'number' ? count(value) : value;
    return `  ${name.padEnd(width)}  ${shown}`;
  });
  const head = `${summary.dataset}: ${ENDED[summary.ended]} after ${summary.seconds} s, ${count(summary.eventsPerSec)} events/s`;
  const rejections = summary.firstRejections.map(
    ({ row, id, reason, detail }) => `  row ${row}, event ${id}: ${reason}: ${detail}`,
  );
  return [
    head,
    ...lines,
    ...(rejections.length > 0 ? ['first rejections', ...rejections] : []),
  ].join('\n');
}

const ENDED = { end: 'finished', limit: 'limit reached', stopped: 'stopped' } as const;
const count = (value: number) => value.toLocaleString('en-GB');
