/**
 * The wire contract, pinned: a hash of every schema lies in schema-hashes.json, so that changing one is
 * a decision and shows in the diff.
 */
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { EnvelopeSchema } from '../../../contracts/envelope.ts';
import { EVENTS, LINE_TYPES, LOG_SCHEMAS } from '../../../contracts/events.ts';

const FILE = fileURLToPath(new URL('schema-hashes.json', import.meta.url));

const HELP = `The schema of an event has changed. Producers and the archive hold events of the old one:
- a new optional field or a wider limit is compatible;
- anything else needs a new type (…v2) beside the old one.
If the change is wanted, accept it with:  UPDATE_SCHEMAS=1 npx vitest run test/unit/contracts/schemas
and say in the commit why.`;

/** What producers send, and `log:` what the LOG holds where that differs. */
function schemas(): Map<string, unknown> {
  const found = new Map<string, unknown>([['envelope', EnvelopeSchema]]);
  for (const [name, definition] of Object.entries(EVENTS)) found.set(name, definition.data);
  for (const [name, schema] of LOG_SCHEMAS) {
    if (found.get(name) !== schema) found.set(`log:${name}`, schema);
  }
  return found;
}

/** JSON with sorted names and without descriptions: rewording is no change. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  const fields = Object.entries(value)
    .filter(([name, item]) => name !== 'description' || typeof item !== 'string')
    .filter(([, item]) => item !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, item]) => `${JSON.stringify(name)}:${canonical(item)}`);
  return `{${fields.join(',')}}`;
}

const actual = Object.fromEntries(
  [...schemas()].map(([name, schema]) => [
    name,
    createHash('sha256').update(canonical(schema)).digest('hex'),
  ]),
);

if (process.env['UPDATE_SCHEMAS'] === '1') {
  writeFileSync(FILE, `${JSON.stringify(actual, null, 2)}\n`);
}

test('no schema has changed without a decision', () => {
  expect(actual, HELP).toEqual(JSON.parse(readFileSync(FILE, 'utf8')));
});

test('every line type has a schema of its own in the LOG', () => {
  expect(LINE_TYPES.size).toBeGreaterThan(0);
  for (const name of LINE_TYPES.keys()) expect(actual).toHaveProperty([`log:${name}`]);
});
