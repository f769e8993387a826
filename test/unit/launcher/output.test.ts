/** Output of children on the launcher's terminal: whole lines, each with its origin. */
import { text } from 'node:stream/consumers';
import { expect, it } from 'vitest';
import { prefixLines } from '../../../platform/launcher/node-process.ts';

it('prefixes lines whatever the chunks are, and ends the last one', async () => {
  const stream = prefixLines('door | ');
  const written = text(stream);
  stream.write('first li');
  stream.write('ne\nsecond\n\nlast');
  stream.end();
  expect(await written).toBe('door | first line\ndoor | second\ndoor | \ndoor | last\n');
});
