/**
 * A slice's whole ledger at one log sequence, for `verify`: asked on `ask.slices.dump`.
 *
 *   frame <slice>:<pid>/ledger.…   parts of the ledger, as a snapshot has them
 *   frame <slice>:<pid>/end        DumpEnd, once everything up to its sequence is in ClickHouse
 *
 * The parts are those of the instant in which the question came, whatever is applied while they are sent,
 * and the loop is not held up. Not persisted, so a receiver counts what came; it answers a frame that
 * asks for it, so that neither side is flooded.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Msg } from 'nats';
import type { NatsLink } from '../../platform/nats/connect.ts';
import type { Stock } from '../stock/stock.ts';
import { encodeFrame } from './frames.ts';
import type { Runtime } from './runtime.ts';
import type { SliceSpec } from './slices.ts';

/** What ends a dump. */
export interface DumpEnd {
  readonly slice: string;
  readonly pid: number;
  readonly covers: readonly SliceSpec[];
  /** Last log sequence that the ledger includes. */
  readonly seq: number;
  readonly positions: number;
  /** Frames before this one. */
  readonly frames: number;
  /** Bounds that the ledger was made with; a replay under others may differ. */
  readonly recentIds: number;
  readonly recentMovements: number;
}

export const END = 'end';

/** Bytes sent before the receiver's word is waited for, so that no buffer grows. */
const PACE_BYTES = 4 * 1024 * 1024;
const RECEIVER_TIMEOUT_MS = 10_000;
const POLL_MS = 50;

export async function sendDump(options: {
  link: NatsLink;
  message: Msg;
  runtime: Runtime;
  stock: Stock;
  signal: AbortSignal;
}): Promise<void> {
  const { link, message, runtime, signal, stock } = options;
  const { limits, slice } = runtime;
  const { pid } = process;
  const sender = `${slice.name}:${pid}`;
  const seq = runtime.appliedSeq;
  const positions = stock.size();
  let frames = 0;
  let unpaced = 0;
  for (const part of stock.books.ledger.snapshot()) {
    const frame = encodeFrame({ name: `${sender}/${part.name}`, bytes: part.bytes });
    frames += 1;
    unpaced += frame.byteLength;
    if (unpaced < PACE_BYTES) message.respond(frame);
    else {
      unpaced = 0;
      await link.nc.request(message.reply ?? '', frame, { timeout: RECEIVER_TIMEOUT_MS });
    }
  }
  while (runtime.flushed < seq) await sleep(POLL_MS, undefined, { signal });
  const { covers, name } = slice;
  const { recentIds, recentMovements } = limits;
  const end: DumpEnd = {
    ...{ slice: name, pid, covers, seq, positions, frames },
    ...{ recentIds, recentMovements },
  };
  const bytes = Buffer.from(JSON.stringify(end));
  message.respond(encodeFrame({ name: `${sender}/${END}`, bytes }));
}
