/** docs/events.md against the code: its examples are good events, its tables name every reason. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { REJECTION_REASONS } from '../../../../contracts/rejections.ts';
import { checkEvent } from '../../../../contracts/validate.ts';
import { readAttributes } from '../../../../ingest/door/attributes.ts';

const text = readFileSync(new URL('../../../../docs/events.md', import.meta.url), 'utf8');

/** Each curl command with a body: its headers, and the body as JSON. */
const commands = [...text.matchAll(/```sh\n(curl[\s\S]*?)```/g)]
  .map(([, command = '']) => command)
  .filter((command) => command.includes(" -d '"))
  .map((command) => ({
    headers: [...command.matchAll(/-H '([\w-]+): ([^']*)'/g)].map(
      ([, name = '', value = '']) => [name, value] as const,
    ),
    body: JSON.parse(/-d '([^']*)'/.exec(command)?.[1] ?? '') as unknown,
  }));

test('every example is an event that the contract accepts', () => {
  expect(commands.length).toBeGreaterThanOrEqual(3);
  for (const { headers, body } of commands) {
    const { attributes } = readAttributes(headers);
    const events = Array.isArray(body)
      ? (body as unknown[])
      : [Object.keys(attributes).length === 0 ? body : { ...attributes, data: body }];
    for (const event of events) expect(checkEvent(event)).toMatchObject({ ok: true });
  }
});

describe('rejections', () => {
  test.each(Object.keys(REJECTION_REASONS))('%s has its mend', (reason) => {
    expect(text).toMatch(new RegExp(`^\\| \`${reason}\` \\| [^|]+ \\| [^|]+ \\|$`, 'm'));
  });
});
