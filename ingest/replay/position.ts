/**
 * How far a replay has come: `<home>/replay/<key>.json`, written whole and renamed into place, so that
 * a crash leaves the last one or the new one. The key names the file's content, the mapping and the
 * target: another file, a changed mapping or another system starts at the beginning.
 *
 * The position is the number of items that the door has answered. A crash between an answer and the
 * next save sends at most that stretch again, which the log drops as duplicates.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Fingerprint } from './files.ts';
import { ReplayError } from './feed.ts';
import { noAnswers, type Answers } from './tally.ts';

export interface Position {
  /** Items answered, from the beginning of the feed. */
  sent: number;
  answers: Answers;
}

export interface PositionKey {
  readonly dataset: string;
  readonly mappingVersion: number;
  readonly fingerprint: Fingerprint;
  /** The system that the events go to: its home, or the URL that was given. */
  readonly target: string;
  /** Of a dataset whose limited feed is not the beginning of the whole; absent otherwise. */
  readonly maxRows?: number;
}

export interface PositionFile {
  readonly path: string;
  read(): Position;
  write(position: Position): void;
  clear(): void;
}

export function positionFile(home: string, key: PositionKey): PositionFile {
  const { dataset, mappingVersion, fingerprint, maxRows, target } = key;
  const parts = [dataset, mappingVersion, fingerprint.bytes, fingerprint.sha256, target];
  const digest = createHash('sha256')
    .update(JSON.stringify(maxRows === undefined ? parts : [...parts, maxRows]))
    .digest('hex')
    .slice(0, 16);
  const path = join(home, 'replay', `${dataset}-${digest}.json`);

  return {
    path,
    read: () => readPosition(path),
    write(position) {
      mkdirSync(dirname(path), { recursive: true });
      const temporary = `${path}.${process.pid}.tmp`;
      writeFileSync(temporary, JSON.stringify({ ...position, ...key }, null, 2));
      renameSync(temporary, path);
    },
    clear: () => rmSync(path, { force: true }),
  };
}

function readPosition(path: string): Position {
  let content: string;
  try {
    content = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT')
      return { sent: 0, answers: noAnswers() };
    throw error;
  }
  try {
    const { sent, answers } = JSON.parse(content) as Position;
    if (!Number.isSafeInteger(sent) || !Array.isArray(answers.firstRejections)) throw new Error();
    return { sent, answers };
  } catch {
    throw new ReplayError(`${path} cannot be read; begin anew with --restart`);
  }
}
