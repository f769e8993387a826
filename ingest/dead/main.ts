/**
 * `npm run dead`: composition root. Results go to stdout, everything else to stderr; arguments.ts has
 * the usage and the exit codes.
 */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { credentialFor, NotRunningError, requireRunning } from '../../platform/running.ts';
import { readArguments, UsageError, USAGE, type DeadArguments } from './arguments.ts';
import { createDeadClient, DeadClientError, type DeadClient } from './client.ts';
import { letterText, listText, replayText } from './text.ts';

const EXIT = { done: 0, refused: 1, usage: 2 } as const;

try {
  process.exitCode = await main(readArguments(process.argv.slice(2)));
} catch (error) {
  const isUsage = error instanceof UsageError || error instanceof NotRunningError;
  if (!isUsage && !(error instanceof DeadClientError)) throw error;
  console.error(`dead: ${error.message}`);
  process.exitCode = isUsage ? EXIT.usage : EXIT.refused;
}

async function main(args: DeadArguments): Promise<number> {
  if (args.command === 'help') {
    console.log(USAGE);
    return EXIT.done;
  }
  const home = resolve(process.env['STOCKTIDE_HOME'] || '.stocktide');
  const url = args.url ?? requireRunning(home).doorUrl;
  const door = createDeadClient(url, credentialFor(url, { home, env: process.env }));

  switch (args.command) {
    case 'list': {
      const found = await door.list(args.reason, args.limit);
      console.log(args.json ? JSON.stringify(found) : listText(found));
      return EXIT.done;
    }
    case 'show': {
      const letter = await door.show(args.seq);
      console.log(args.json ? JSON.stringify(letter) : letterText(letter));
      return EXIT.done;
    }
    case 'replay': {
      const mended = args.mended === null ? null : readMended(args.mended);
      return replayAll(door, args.seqs, { ...args, mended });
    }
    case 'replay-reason': {
      const seqs: number[] = [];
      for await (const { seq } of door.all(args.reason)) seqs.unshift(seq);
      return replayAll(door, seqs, { ...args, mended: null });
    }
    case 'discard': {
      for (const seq of args.seqs) {
        await door.discard(seq, args.why);
        console.log(args.json ? JSON.stringify({ seq, removed: true }) : `${seq}  is given up`);
      }
      return EXIT.done;
    }
    default:
      return args satisfies never;
  }
}

/** One after the other, in the order given: letters may build on one another. */
async function replayAll(
  door: DeadClient,
  seqs: readonly number[],
  { json, mended, why }: { mended: Uint8Array | null; json: boolean; why: string },
): Promise<number> {
  let refused = 0;
  for (const seq of seqs) {
    const answer = await door.replay(seq, mended, why);
    if ('problem' in answer || !answer.removed) refused++;
    console.log(json ? JSON.stringify(answer) : replayText(answer));
  }
  console.error(`${seqs.length - refused} of ${seqs.length} letters are in the log now`);
  return refused === 0 ? EXIT.done : EXIT.refused;
}

function readMended(file: string): Uint8Array {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
    JSON.parse(bytes.toString());
  } catch (error) {
    throw new UsageError(`--with ${file}: cannot be used: ${(error as Error).message}`);
  }
  return bytes;
}
