/** Where simulated events go: a file of lines, or the door. */
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import { createDoor } from './door.ts';
import type { SimEvent } from './world.ts';

export interface Sink {
  /** Takes values in order; comes back when there is room for more. */
  write(values: readonly unknown[]): Promise<void>;
  /** Everything is where it should be. */
  close(): Promise<void>;
}

/** One JSON value a line; `-` is stdout. Throws what the file system says. */
export async function lineSink(file: string): Promise<Sink> {
  const stream = file === '-' ? process.stdout : createWriteStream(file);
  let failure: Error | null = null;
  stream.on('error', (error: Error) => {
    failure = error;
  });
  if ('pending' in stream && stream.pending) await once(stream, 'open');

  async function write(values: readonly unknown[]): Promise<void> {
    if (failure !== null) throw failure;
    if (values.length === 0) return;
    let text = '';
    for (const value of values) text += `${JSON.stringify(value)}\n`;
    if (!stream.write(text)) await once(stream, 'drain');
  }

  async function close(): Promise<void> {
    if (stream === process.stdout) return;
    stream.end();
    await finished(stream);
  }

  return { write, close };
}

/** Events of one request. */
const MAX_BATCH = 500;

/** The door; `rejected` counts what it refused, `stopped` is set when it was given up while waiting. */
export function doorSink(options: {
  readonly url: string;
  readonly stop: AbortSignal;
  readonly say: (message: string) => void;
}): Sink & { readonly rejected: number } {
  const { say, stop, url } = options;
  const accessToken = process.env['ACCESS_TOKEN'] ?? '';
  const door = createDoor({ url, accessToken, stop, onChange: say });
  let rejected = 0;

  async function write(values: readonly unknown[]): Promise<void> {
    for (let at = 0; at < values.length && !stop.aborted; at += MAX_BATCH) {
      const answer = await door.send(values.slice(at, at + MAX_BATCH) as SimEvent[]);
      for (const result of answer?.results ?? []) {
        if (result.outcome !== 'rejected') continue;
        rejected += 1;
        if (rejected <= 10) say(`rejected ${result.id ?? ''}: ${result.detail}`);
      }
    }
  }

  return {
    write,
    close: () => Promise.resolve(),
    get rejected() {
      return rejected;
    },
  };
}
