/**
 * `npm run replay`: composition root. Arguments, file, target, signals and output are wired here; the
 * summary goes to stdout, everything else to stderr.
 *
 * Exit code: 0 all accepted, 1 something was rejected or failed, 2 wrong arguments or file,
 * 130 stopped by Ctrl-C.
 */
import { resolve } from 'node:path';
import { credentialFor, NotRunningError, requireRunning } from '../../platform/running.ts';
import { readArguments, USAGE, type ReplayArguments } from './arguments.ts';
import { createDoorClient, DoorError } from './door-client.ts';
import { ReplayError } from './feed.ts';
import { fingerprint } from './files.ts';
import { positionFile } from './position.ts';
import { showProgress } from './progress.ts';
import { replay } from './replay.ts';
import { summarise, summaryText } from './summary.ts';

/** A door that is away this long is not restarting, it is gone. */
const GIVE_UP_AFTER_MS = 120_000;
const EXIT = { accepted: 0, rejected: 1, usage: 2, interrupted: 130 } as const;

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  const expected =
    error instanceof ReplayError || error instanceof DoorError || error instanceof NotRunningError;
  if (!expected) throw error;
  console.error(`replay: ${error.message}`);
  process.exitCode = error instanceof DoorError ? EXIT.rejected : EXIT.usage;
}

async function main(argv: readonly string[]): Promise<number> {
  const args = readArguments(argv);
  if (args === 'help') {
    console.log(USAGE);
    return EXIT.accepted;
  }
  const files = args.dataset.files(args.path);
  const home = resolve(process.env['STOCKTIDE_HOME'] || '.stocktide');
  const url = args.url ?? requireRunning(home).doorUrl;

  const { dataset } = args;
  const position = positionFile(home, {
    dataset: dataset.name,
    mappingVersion: dataset.mappingVersion,
    fingerprint: await fingerprint(files),
    target: args.url ?? home,
    ...(dataset.limitIsPrefix ? {} : { maxRows: args.maxRows }),
  });
  if (args.restart) position.clear();

  const feed = await dataset.open(files);
  const totalRows = Math.min(feed.totalRows, args.maxRows);
  const before = position.read().sent;
  if (before > 0) {
    console.error(`going on after ${before} events that were sent before (--restart begins anew)`);
  }

  const stop = new AbortController();
  const view = showProgress(totalRows, process.stderr);
  const onSignal = () => {
    view.say('stopping after the request under way; press Ctrl-C again to end at once');
    stop.abort();
  };
  process.once('SIGINT', onSignal);
  process.once('SIGTERM', onSignal);

  const startedAt = performance.now();
  try {
    const result = await replay({
      feed,
      maxRows: args.maxRows,
      speed: args.speed,
      position,
      stop: stop.signal,
      onProgress: (progress) => view.update(progress),
      door: createDoorClient({
        url,
        accessToken: credentialFor(url, { home, env: process.env }),
        giveUpAfterMs: GIVE_UP_AFTER_MS,
        stop: stop.signal,
        onWait: (reason, waitMs) => view.say(`${reason}; trying again in ${waitMs / 1000} s`),
      }),
    });
    view.stop();
    const summary = summarise(result, {
      dataset: dataset.name,
      file: args.path,
      totalRows: feed.totalRows,
      seconds: (performance.now() - startedAt) / 1000,
      skipped: feed.skipped,
    });
    console.log(args.json ? JSON.stringify(summary) : summaryText(summary));
    if (result.ended === 'stopped') console.error(resumeHint(args));
    else if (result.sent === 0) console.error('there was nothing left to send');
    if (result.answers.rejected > 0) return EXIT.rejected;
    return result.ended === 'stopped' ? EXIT.interrupted : EXIT.accepted;
  } catch (error) {
    view.stop();
    console.error(resumeHint(args));
    throw error;
  } finally {
    process.off('SIGINT', onSignal);
    process.off('SIGTERM', onSignal);
  }
}

function resumeHint({ dataset, path }: ReplayArguments): string {
  const source = dataset.name === 'ndjson' ? path : `${dataset.name} ${path}`;
  return `the position is saved; go on with: npm run replay -- ${source}`;
}
