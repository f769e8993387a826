/**
 * Asks every slice for its ledger (../dump.ts) and waits until the whole key space has answered. Each
 * answer ends when ClickHouse holds everything up to its sequence.
 */
import { createInbox } from 'nats';
import { askEverySlice, PARTITIONS } from '../../../contracts/subjects.ts';
import type { NatsLink } from '../../../platform/nats/connect.ts';
import { Ledger } from '../../stock/ledger.ts';
import { END, type DumpEnd } from '../dump.ts';
import { decodeFrame } from '../frames.ts';

/** A comparison could not be made; the message says why and what to do. */
export class VerifyError extends Error {
  override readonly name = 'VerifyError';
}

/** A slice's ledger as of `end.seq`. */
export interface Dump {
  readonly end: DumpEnd;
  readonly ledger: Ledger;
}

interface Arriving {
  readonly ledger: Ledger;
  frames: number;
  end: DumpEnd | null;
}

/** Throws a VerifyError when not every partition has answered in time. */
export async function gatherLedgers(
  link: NatsLink,
  { timeoutMs }: { timeoutMs: number },
): Promise<Dump[]> {
  const arriving = new Map<string, Arriving>();
  const inbox = createInbox();
  const failures: Error[] = [];
  let settle = (): void => undefined;
  const settled = new Promise<void>((resolve) => (settle = resolve));
  const subscription = link.nc.subscribe(inbox, {
    callback: (error, message) => {
      try {
        if (error !== null) throw error;
        if (message.data.byteLength === 0) {
          throw new VerifyError('no stock processor answers; is Stocktide running?');
        }
        take(message.data, arriving);
        if (message.reply) message.respond();
        if (missingPartitions(arriving).length === 0) settle();
      } catch (reason) {
        failures.push(reason instanceof Error ? reason : new Error(String(reason)));
        settle();
      }
    },
  });
  const timer = setTimeout(settle, timeoutMs);
  try {
    link.nc.publish(askEverySlice('dump'), '', { reply: inbox });
    await settled;
  } finally {
    clearTimeout(timer);
    subscription.unsubscribe();
  }
  const [failure] = failures;
  if (failure !== undefined) throw failure;
  return complete(arriving, timeoutMs);
}

function take(bytes: Uint8Array, arriving: Map<string, Arriving>): void {
  const part = decodeFrame(bytes);
  const slash = part.name.indexOf('/');
  const sender = part.name.slice(0, slash);
  const name = part.name.slice(slash + 1);
  let from = arriving.get(sender);
  if (from === undefined) {
    from = { ledger: new Ledger(), frames: 0, end: null };
    arriving.set(sender, from);
  }
  if (name !== END) {
    from.ledger.restore({ name, bytes: part.bytes });
    from.frames += 1;
    return;
  }
  from.end = JSON.parse(Buffer.from(part.bytes).toString()) as DumpEnd;
  const { frames, positions } = from.end;
  if (frames !== from.frames || positions !== from.ledger.positions) {
    throw new VerifyError(
      `the ledger of ${sender} came with ${from.frames} of ${frames} parts; try again`,
    );
  }
}

function complete(arriving: ReadonlyMap<string, Arriving>, timeoutMs: number): Dump[] {
  const dumps = [...arriving.values()].flatMap(({ end, ledger }) =>
    end === null ? [] : [{ end, ledger }],
  );
  const missing = missingPartitions(arriving);
  if (missing.length > 0) {
    const begun = [...arriving].filter(([, { end }]) => end === null).map(([sender]) => sender);
    throw new VerifyError(
      begun.length > 0
        ? `${begun.join(', ')}: ClickHouse did not take everything within ${timeoutMs / 1_000} s`
        : `no answer for SKU partitions ${missing.join(', ')} within ${timeoutMs / 1_000} s`,
    );
  }
  const twice = dumps.find((a) => dumps.some((b) => a !== b && sharePartition(a.end, b.end)));
  if (twice !== undefined) {
    const pids = dumps.map(({ end }) => `${end.slice} (pid ${end.pid})`).join(', ');
    throw new VerifyError(`more than one runtime answers for the same SKUs: ${pids}; try again`);
  }
  return dumps;
}

function missingPartitions(arriving: ReadonlyMap<string, Arriving>): number[] {
  const held = new Set([...arriving.values()].flatMap(({ end }) => (end ? partitionsOf(end) : [])));
  return Array.from({ length: PARTITIONS }, (_, n) => n).filter((n) => !held.has(n));
}

function sharePartition(a: DumpEnd, b: DumpEnd): boolean {
  const others = new Set(partitionsOf(b));
  return partitionsOf(a).some((partition) => others.has(partition));
}

/** SKU partitions of a slice. */
export function partitionsOf({ covers }: Pick<DumpEnd, 'covers'>): number[] {
  return covers
    .filter(({ name }) => name === 'stock')
    .flatMap(({ hi, lo }) => Array.from({ length: hi - lo + 1 }, (_, n) => lo + n));
}
