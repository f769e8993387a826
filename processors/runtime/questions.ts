/**
 * Answers over NATS request-reply from the live state of a slice: ATP, positions, searches, a dump for
 * verification. Subjects and shapes: contracts/subjects.ts, contracts/signals.ts.
 */
import type { Msg } from 'nats';
import type { AtpQuestion, PositionQuestion, SearchQuestion } from '../../contracts/signals.ts';
import { askEverySlice } from '../../contracts/subjects.ts';
import type { NatsLink } from '../../platform/nats/connect.ts';
import { atpView, dumpPositions, positionAnswer, searchSkus } from '../stock/view.ts';
import type { Stock } from '../stock/stock.ts';
import type { Runtime } from './runtime.ts';

/** Positions in one message of a dump. */
const DUMP_ROWS = 1_000;

/** What ends a dump: how many positions were sent, and the log sequence that they include. */
export interface DumpEnd {
  readonly slice: string;
  readonly seq: number;
  readonly positions: number;
}

/** Begins to answer. Ends with the connection. */
export function answerQuestions(link: NatsLink, runtime: Runtime): void {
  const { partitions, stock } = runtime.slice;
  if (stock === null) return;
  const answer = (subject: string, respond: (message: Msg) => void) => {
    link.nc.subscribe(subject, {
      callback: (error, message) => {
        if (error === null) respond(message);
      },
    });
  };
  const at = () => ({ nowMs: runtime.nowMs, seq: runtime.appliedSeq });
  for (const partition of partitions) {
    answer(`ask.stock.${partition}.atp`, (message) => {
      const { sku } = message.json<AtpQuestion>();
      message.respond(JSON.stringify(atpView(stock, sku, at())));
    });
    answer(`ask.stock.${partition}.position`, (message) => {
      const { node, sku } = message.json<PositionQuestion>();
      message.respond(JSON.stringify(positionAnswer(stock, sku, node, runtime.nowMs)));
    });
  }
  answer(askEverySlice('search'), (message) => {
    message.respond(JSON.stringify(searchSkus(stock, message.json<SearchQuestion>())));
  });
  answer(askEverySlice('dump'), (message) => dump(message, stock, runtime));
}

/** Sends every position at this instant: rows in messages, then an end with the count. */
function dump(message: Msg, stock: Stock, runtime: Runtime): void {
  let rows: string[] = [];
  let positions = 0;
  const send = () => {
    if (rows.length > 0) message.respond(`[${rows.join(',')}]`);
    rows = [];
  };
  for (const row of dumpPositions(stock)) {
    rows.push(JSON.stringify(row));
    positions += 1;
    if (rows.length === DUMP_ROWS) send();
  }
  send();
  const end: DumpEnd = { slice: runtime.slice.name, seq: runtime.appliedSeq, positions };
  message.respond(JSON.stringify(end));
}
