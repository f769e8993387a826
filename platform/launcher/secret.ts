/**
 * The deployment's own secret on one machine: made at the first start, kept in the home, readable by its
 * owner only. Whoever sets ACCESS_TOKEN has another one.
 */
import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';

const SECRET = /^[\w-]{43}$/;

/** The secret in the file, made when it is not there. Throws when the file holds something else. */
export function keptSecret(file: string): string {
  try {
    const secret = readFileSync(file, 'utf8').trim();
    if (SECRET.test(secret)) return secret;
    throw new Error(`${file} holds no secret: delete it, and the next start makes a new one`);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  const secret = randomBytes(32).toString('base64url');
  writeFileSync(file, `${secret}\n`, { mode: 0o600, flag: 'wx' });
  return secret;
}
