/** What every script shares: where the project lies and how a script speaks. */
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

export const projectRoot = dirname(dirname(fileURLToPath(import.meta.url)));

/** A progress line. On stderr, because stdout may be a program's JSON. @param {string} text */
export function say(text) {
  process.stderr.write(`stocktide: ${text}\n`);
}

/**
 * Ends a script with what went wrong, without a stack: these are messages for the person at the
 * terminal. @param {unknown} error @returns {never}
 */
export function giveUp(error) {
  say(error instanceof Error ? error.message : String(error));
  process.exit(1);
}
