/**
 * A slice's whole ledger at one log sequence, for `verify`: asked on `ask.slices.dump`.
 *
 *   frame <slice>/ledger.…   parts of the ledger, as a snapshot has them
 *   frame <slice>/end        DumpEnd, once everything up to its sequence is in ClickHouse
 *
 * The parts are those of the instant in which the question came, whatever is applied while they are sent,
 * and the loop is not held up. Not persisted, so a receiver counts what came.
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

/** Bytes sent before the server's answer is waited for, so that no buffer grows. */
const PACE_BYTES = 4 * 1024 * 1024;
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
  const seq = runtime.appliedSeq;
  const positions = stock.size();
  let frames = 0;
  let unpaced = 0;
  for (const part of stock.books.ledger.snapshot()) {
    const frame = encodeFrame({ name: `${slice.name}/${part.name}`, bytes: part.bytes });
    message.respond(frame);
    frames += 1;
    unpaced += frame.byteLength;
    if (unpaced < PACE_BYTES) continue;
    unpaced = 0;
    await link.nc.flush();
  }
  while (runtime.flushed < seq) await sleep(POLL_MS, undefined, { signal });
  const { name, covers } = slice;
  const { recentIds, recentMovements } = limits;
  const end: DumpEnd = { slice: name, covers, seq, positions, frames, recentIds, recentMovements };
  const bytes = Buffer.from(JSON.stringify(end));
  message.respond(encodeFrame({ name: `${name}/${END}`, bytes }));
}
