/**
 * Questions to the stock processors over NATS request-reply: the ledger answers from its own memory,
 * so what comes back is the state of this instant and never a copy.
 *
 * Every question is bounded in time. Expected trouble (nobody owns the SKU now, no answer in time, NATS
 * away) is a LedgerUnavailable, which REST turns into 503 and live topics into another try.
 */
import { createInbox, ErrorCode, JSONCodec, NatsError, type NatsConnection } from 'nats';
import type { AtpView, PositionAnswer } from '../contracts/atp.ts';
import type {
  AtpQuestion,
  PositionQuestion,
  SearchAnswer,
  SearchQuestion,
} from '../contracts/signals.ts';
import { askEverySlice, askStock } from '../contracts/subjects.ts';
import type { AskLimits } from './limits.ts';

const json = JSONCodec<unknown>();

export class LedgerUnavailable extends Error {
  override readonly name = 'LedgerUnavailable';
  readonly code: 'no_owner' | 'no_answer' | 'disconnected';

  constructor(code: LedgerUnavailable['code'], message: string) {
    super(message);
    this.code = code;
  }
}

export interface Ledger {
  /** Live ATP of a SKU; `description` is null, the ledger does not know it. */
  atp(sku: string): Promise<AtpView>;
  /** Every account of one position. */
  position(sku: string, node: string): Promise<PositionAnswer>;
  /** The answers of all slices, merged: most recently moved or best matching first within a slice. */
  search(question: SearchQuestion): Promise<SearchAnswer>;
}

export function createLedger({
  connection,
  expectedSlices,
  limits,
}: {
  /** The connection while it stands; null while NATS is away. */
  connection: () => NatsConnection | null;
  /** How many runtimes are up: once so many have answered, a search waits for no more. */
  expectedSlices: () => number;
  limits: AskLimits;
}): Ledger {
  const { timeoutMs, gatherQuietMs } = limits;

  /** Runs a question and classifies what can go wrong with it. */
  async function asking<T>(question: (nc: NatsConnection) => Promise<T>): Promise<T> {
    const nc = connection();
    // Without this the client would hold the request back until it times out.
    if (nc === null) throw new LedgerUnavailable('disconnected', 'NATS is not reachable');
    try {
      return await question(nc);
    } catch (error) {
      if (!(error instanceof NatsError)) throw error;
      switch (error.code as ErrorCode) {
        case ErrorCode.NoResponders:
          throw new LedgerUnavailable('no_owner', 'no stock processor answers for this SKU now');
        case ErrorCode.Timeout:
          throw new LedgerUnavailable(
            'no_answer',
            `the stock processor did not answer within ${timeoutMs} ms`,
          );
        default:
          throw new LedgerUnavailable('disconnected', `NATS: ${error.message}`);
      }
    }
  }

  const ask = <A>(subject: string, question: object): Promise<A> =>
    asking(async (nc) => {
      const reply = await nc.request(subject, json.encode(question), { timeout: timeoutMs });
      return json.decode(reply.data) as A;
    });

  return {
    atp: (sku) => ask<AtpView>(askStock(sku, 'atp'), { sku } satisfies AtpQuestion),

    position: (sku, node) =>
      ask<PositionAnswer>(askStock(sku, 'position'), { sku, node } satisfies PositionQuestion),

    search: (question) =>
      asking(async (nc) => {
        const inbox = createInbox();
        const replies = nc.subscribe(inbox);
        let stop = setTimeout(() => replies.unsubscribe(), timeoutMs);
        nc.publish(askEverySlice('search'), json.encode(question), { reply: inbox });
        const answers: SearchAnswer[] = [];
        for await (const reply of replies) {
          // An empty message with status 503 is the server's word that nobody listens.
          if (reply.headers?.code === 503) break;
          answers.push(json.decode(reply.data) as SearchAnswer);
          if (answers.length >= expectedSlices()) break;
          clearTimeout(stop);
          stop = setTimeout(() => replies.unsubscribe(), gatherQuietMs);
        }
        clearTimeout(stop);
        if (answers.length === 0) {
          throw new LedgerUnavailable('no_answer', 'no stock processor answered the search');
        }
        return {
          positions: answers.reduce((sum, answer) => sum + answer.positions, 0),
          hits: interleave(answers.map((answer) => answer.hits)),
        };
      }),
  };
}

/** Takes from each list in turn, so that the best of every slice stay in front. */
function interleave<T>(lists: readonly (readonly T[])[]): T[] {
  const longest = Math.max(0, ...lists.map((list) => list.length));
  return Array.from({ length: longest }, (_, i) =>
    lists.flatMap((list) => (i < list.length ? [list[i] as T] : [])),
  ).flat();
}
