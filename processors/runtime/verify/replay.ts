/**
 * The log once more through fresh processors, each slice up to the sequence of its own ledger: from the
 * archived events as far as the LOG no longer reaches back, then from the LOG.
 */
import type { ClickHouse } from '../../../platform/clickhouse/client.ts';
import type { NatsLink } from '../../../platform/nats/connect.ts';
import { consumeFrom } from '../../../platform/nats/consume.ts';
import { STREAMS } from '../../../platform/nats/streams.ts';
import type { Cell } from '../../processor.ts';
import type { Ledger } from '../../stock/ledger.ts';
import { archivedEvents } from '../archived.ts';
import type { DumpEnd } from '../dump.ts';
import { Reduction } from '../reduction.ts';
import { createSlice } from '../slices.ts';
import { TABLE_COLUMNS } from '../tables.ts';
import type { Movement } from './explain.ts';
import { VerifyError } from './gather.ts';

/** A position whose movements are noted on the way. */
export interface Watched {
  readonly sku: string;
  readonly node: string;
}

export interface Replayed {
  /** The ledgers, in the order of the slices asked for. */
  readonly ledgers: readonly Ledger[];
  /** Movements of the watched position. */
  readonly movements: readonly Movement[];
}

const READ_AHEAD = 4_096;
/** Events between two reports of progress. */
const PROGRESS_EVENTS = 50_000;

export async function replayLog(options: {
  link: NatsLink;
  clickhouse: ClickHouse;
  slices: readonly DumpEnd[];
  watched: Watched | null;
  onProgress: (seq: number, of: number) => void;
}): Promise<Replayed> {
  const { clickhouse, link, onProgress, slices, watched } = options;
  const movements: Movement[] = [];
  const replicas = slices.map((end) => createReplica(end, watched, movements));
  const last = Math.max(0, ...slices.map(({ seq }) => seq));
  const apply = (seq: number, subject: string, raw: string) => {
    for (const { reduction, to } of replicas) {
      if (seq <= to) reduction.apply(seq, subject, raw);
    }
    if (seq % PROGRESS_EVENTS === 0) onProgress(seq, last);
  };

  const { state } = await link.jsm.streams.info(STREAMS.log);
  const logFrom = Math.max(1, state.first_seq);
  const archivedTo = Math.min(logFrom - 1, last);
  for await (const { raw, seq, subject } of archivedEvents(clickhouse, {
    from: 0,
    to: archivedTo,
  })) {
    apply(seq, subject, raw);
  }
  if (last >= logFrom) {
    if (state.last_seq < last) {
      throw new VerifyError(`the log ends at ${state.last_seq}, before ${last}: it is another log`);
    }
    const { signal } = new AbortController();
    const from = { stream: STREAMS.log, fromSeq: logFrom, maxMessages: READ_AHEAD, signal };
    for await (const message of consumeFrom(link, from)) {
      apply(message.seq, message.subject, message.text());
      if (message.seq >= last) break;
    }
  }
  return { ledgers: replicas.map(({ ledger }) => ledger), movements };
}

/** What the slice's runtime does, with nothing going out. */
function createReplica(end: DumpEnd, watched: Watched | null, movements: Movement[]) {
  const slice = createSlice(end.covers, { recentMovements: end.recentMovements });
  if (slice.stock === null) throw new VerifyError(`slice ${end.slice} has no ledger`);
  const isWatched = watchFor(watched);
  const reduction = new Reduction({
    hosted: slice.hosted,
    recentIds: end.recentIds,
    effects: {
      row: (table, cells) => {
        if (table === 'stock_movements' && isWatched(cells)) movements.push(movementOf(cells));
      },
      finding: () => undefined,
      cleared: () => undefined,
      changed: () => undefined,
      signal: () => undefined,
      aside: () => undefined,
    },
  });
  return { reduction, to: end.seq, ledger: slice.stock.books.ledger };
}

const column = (name: (typeof TABLE_COLUMNS.stock_movements)[number]) =>
  TABLE_COLUMNS.stock_movements.indexOf(name);
const AT = {
  sku: column('sku_id'),
  node: column('node_id'),
  seq: column('seq'),
  idx: column('idx'),
  from: column('from_account'),
  to: column('to_account'),
  units: column('qty'),
  kind: column('kind'),
  eventId: column('event_id'),
};

function watchFor(watched: Watched | null): (cells: readonly Cell[]) => boolean {
  if (watched === null) return () => false;
  return (cells) => cells[AT.sku] === watched.sku && cells[AT.node] === watched.node;
}

function movementOf(cells: readonly Cell[]): Movement {
  return {
    seq: Number(cells[AT.seq]),
    idx: Number(cells[AT.idx]),
    from: String(cells[AT.from]),
    to: String(cells[AT.to]),
    units: Number(cells[AT.units]),
    kind: String(cells[AT.kind]),
    eventId: String(cells[AT.eventId]),
  };
}
