/**
 * Answers over NATS request-reply from the live state of a slice: ATP, positions, searches, a dump for
 * verification. Subjects and shapes: contracts/subjects.ts, contracts/signals.ts.
 */
import type { Msg, Subscription } from 'nats';
import type { AtpQuestion, PositionQuestion, SearchQuestion } from '../../contracts/signals.ts';
import { askEverySlice } from '../../contracts/subjects.ts';
import type { NatsLink } from '../../platform/nats/connect.ts';
import { atpView, positionAnswer, searchSkus } from '../stock/view.ts';
import { sendDump } from './dump.ts';
import type { Runtime } from './runtime.ts';

/** Begins to answer; returns how to end that. */
export function answerQuestions(link: NatsLink, runtime: Runtime): () => void {
  const { partitions, stock } = runtime.slice;
  if (stock === null) return () => undefined;
  const stopped = new AbortController();
  const subscriptions: Subscription[] = [];
  const answer = (subject: string, respond: (message: Msg) => unknown) => {
    const failed = (error: unknown) =>
      link.log.warn({ err: error, subject }, 'question not answered');
    const subscription = link.nc.subscribe(subject, {
      callback: (error, message) => {
        if (error !== null) return;
        // What is thrown here would end the connection's reading.
        Promise.resolve(message).then(respond).catch(failed);
      },
    });
    subscriptions.push(subscription);
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
  answer(askEverySlice('dump'), (message) =>
    sendDump({ link, message, runtime, stock, signal: stopped.signal }),
  );
  return () => {
    stopped.abort();
    if (!link.nc.isClosed()) for (const one of subscriptions) one.unsubscribe();
  };
}
