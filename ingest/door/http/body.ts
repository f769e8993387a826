/**
 * The body of a request, within bounds: size before and after decompression, silence, total time. It is
 * pulled, never pushed, so that a slow log slows the sender down; and a body that goes too far is left
 * unread, with the connection still open for the answer (see linger.ts).
 */
import type { IncomingMessage } from 'node:http';
import { Readable, pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { ProblemError } from '../../../platform/http/problem.ts';
import { MAX_INFLATION } from '../limits.ts';
import { DoorUnavailable } from '../unavailable.ts';
import type { Hold } from './held-bytes.ts';

export type Encoding = 'identity' | 'gzip';

export interface BodyOptions {
  readonly encoding: Encoding;
  /** Bound on the whole body; an NDJSON stream has none. */
  readonly maxBytes: number;
  readonly idleMs: number;
  readonly maxMs: number;
  /** Aborted when the process stops. */
  readonly signal: AbortSignal;
}

/** The encoding of a body. Throws the answer to one that the door does not read. */
export function readEncoding(request: IncomingMessage): Encoding {
  const given = (request.headers['content-encoding'] ?? 'identity').trim().toLowerCase();
  if (given === 'identity' || given === '') return 'identity';
  if (given === 'gzip' || given === 'x-gzip') return 'gzip';
  throw new ProblemError({
    status: 415,
    kind: 'unsupported-encoding',
    title: 'The content encoding is not supported',
    detail: `content-encoding: "${given.slice(0, 40)}" is not read here; send gzip or nothing`,
    field: 'content-encoding',
    value: given,
    allowed: 'gzip, identity',
  });
}

/** The whole body. `hold` accounts for it; the caller releases it after the answer. */
export async function readBody(
  request: IncomingMessage,
  options: BodyOptions,
  hold: Hold,
): Promise<Buffer> {
  const { maxBytes } = options;
  const announced = Number(request.headers['content-length'] ?? 0);
  if (announced > maxBytes) throw tooLarge(maxBytes, `${announced} bytes`);
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of inflated(request, options)) {
    size += chunk.length;
    if (size > maxBytes) throw tooLarge(maxBytes, `more than ${maxBytes} bytes`);
    hold.add(chunk.length);
    chunks.push(chunk);
  }
  return chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks, size);
}

/** The body chunk by chunk, decompressed. Throws a ProblemError at a bound. */
export async function* inflated(
  request: IncomingMessage,
  options: BodyOptions,
): AsyncGenerator<Buffer, void, undefined> {
  const raw = { bytes: 0 };
  const source = pulled(request, options, raw);
  if (options.encoding === 'identity') {
    yield* source;
    return;
  }
  // The error reaches the loop below through `gunzip`.
  const gunzip = pipeline(Readable.from(source, { objectMode: false }), createGunzip(), () => {});
  let size = 0;
  try {
    for await (const chunk of gunzip as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > options.maxBytes || isBomb(size, raw.bytes)) {
        throw tooLarge(options.maxBytes, `${raw.bytes} bytes that inflate to more than ${size}`);
      }
      yield chunk;
    }
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    throw code.startsWith('Z_') ? badGzip(error as Error) : error;
  }
}

/** Some text compresses well; nothing below this size is worth refusing for it. */
const BOMB_FROM_BYTES = 16 * 1024 * 1024;

function isBomb(inflatedBytes: number, rawBytes: number): boolean {
  return inflatedBytes > BOMB_FROM_BYTES && inflatedBytes > MAX_INFLATION * rawBytes;
}

/** Chunks as they are asked for. Leaving the loop leaves the request open. */
async function* pulled(
  request: IncomingMessage,
  { idleMs, maxMs, signal }: BodyOptions,
  raw: { bytes: number },
): AsyncGenerator<Buffer, void, undefined> {
  const chunks = request.iterator({ destroyOnReturn: false }) as AsyncIterator<Buffer, undefined>;
  const endsAt = performance.now() + maxMs;
  for (;;) {
    const waitMs = Math.min(idleMs, endsAt - performance.now());
    const next = await within(chunks.next(), waitMs, signal);
    if (next.done === true) return;
    raw.bytes += next.value.length;
    yield next.value;
  }
}

async function within<T>(work: Promise<T>, ms: number, signal: AbortSignal): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  let onAbort = () => {};
  const interrupted = new Promise<never>((_resolve, reject) => {
    onAbort = () => reject(new DoorUnavailable('stopping', 'The door is being stopped'));
    timer = setTimeout(() => reject(tooSlow()), Math.max(0, ms));
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort);
  });
  try {
    return await Promise.race([work, interrupted]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
  }
}

function tooLarge(maxBytes: number, value: string): ProblemError {
  return new ProblemError({
    status: 413,
    kind: 'body-too-large',
    title: 'The request body is too large',
    detail: `The body is ${value}; send several requests, or a long file as application/x-ndjson`,
    value,
    ...(Number.isFinite(maxBytes) ? { allowed: `at most ${maxBytes} bytes, decompressed` } : {}),
  });
}

function badGzip({ message }: Error): ProblemError {
  return new ProblemError({
    status: 400,
    kind: 'bad-gzip',
    title: 'The body is not gzip',
    detail: `content-encoding announces gzip, but the body is none or is cut off (${message})`,
    field: 'content-encoding',
    value: 'gzip',
  });
}

function tooSlow(): ProblemError {
  return new ProblemError({
    status: 408,
    kind: 'body-too-slow',
    title: 'The request body came too slowly',
    detail: 'The rest of the body did not come in time; send it again, in smaller parts',
  });
}
