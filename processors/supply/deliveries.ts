/**
 * Receipts that are not judged yet. A receipt is judged when it has been closed for the watermark, in which
 * events out of order still come, or a day after its last line when nothing closes it.
 */
import type { SnapshotPart } from '../processor.ts';
import { jsonParts, parseJson } from '../facts/parts.ts';
import { WATERMARK_MS } from './violations.ts';

/** Nothing closed it for so long after its last line [K]. */
const UNCLOSED_MS = 24 * 60 * 60_000;

/** Names an event. */
export interface Evidence {
  readonly source: string;
  readonly id: string;
}

interface Waiting {
  /** Key of the document and SKU of each line. */
  readonly lines: Set<string>;
  /** When it was last touched (event time), and by which event. */
  readonly sinceMs: number;
  readonly last: Evidence;
}

type Touch = Pick<Waiting, 'sinceMs' | 'last'>;

export class Deliveries {
  /** Each the longest untouched first. */
  readonly #open = new Map<string, Waiting>();
  readonly #closed = new Map<string, Waiting>();

  received(receipt: string, line: string, touch: Touch): void {
    const queue = this.#closed.has(receipt) ? this.#closed : this.#open;
    const lines = queue.get(receipt)?.lines ?? new Set();
    requeue(queue, receipt, { ...touch, lines: lines.add(line) });
  }

  /** Lines that come after their receipt was closed still find it closed until it is judged. */
  closed(receipt: string, touch: Touch): void {
    const waiting = this.#closed.get(receipt) ?? this.#open.get(receipt);
    this.#open.delete(receipt);
    requeue(this.#closed, receipt, { ...touch, lines: waiting?.lines ?? new Set() });
  }

  /** Receipts whose wait is over; they wait no more. */
  *due(nowMs: number): Generator<[receipt: string, waiting: Waiting]> {
    yield* taken(this.#closed, nowMs - WATERMARK_MS);
    yield* taken(this.#open, nowMs - UNCLOSED_MS);
  }

  snapshot(): Iterable<SnapshotPart> {
    const copies = [this.#open, this.#closed].flatMap((queue, closed) =>
      Array.from(queue, ([receipt, { last, lines, sinceMs }]) => [
        ...[closed, receipt, [...lines]],
        { sinceMs, last },
      ]),
    );
    return jsonParts('deliveries', copies);
  }

  restore({ bytes }: SnapshotPart): void {
    type Saved = [closed: number, receipt: string, lines: string[], touch: Touch];
    for (const [closed, receipt, lines, touch] of parseJson<Saved>(bytes)) {
      const queue = closed === 0 ? this.#open : this.#closed;
      queue.set(receipt, { ...touch, lines: new Set(lines) });
    }
  }
}

function requeue(queue: Map<string, Waiting>, receipt: string, waiting: Waiting): void {
  queue.delete(receipt);
  queue.set(receipt, waiting);
}

function* taken(
  queue: Map<string, Waiting>,
  untilMs: number,
): Generator<[receipt: string, waiting: Waiting]> {
  for (const [receipt, waiting] of queue) {
    if (waiting.sinceMs > untilMs) return;
    queue.delete(receipt);
    yield [receipt, waiting];
  }
}
