/** docs/operating.md lists every setting: a variable that is read and not explained fails here. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const read = (path: string) => readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8');

it('names the same variables as the configuration reads', () => {
  // `doorPort: read.integer('DOOR_PORT', 8081, …)`
  const known = [...read('platform/config.ts').matchAll(/read\.\w+\(\s*'([A-Z_]+)'/g)];
  // '| `NATS_USER`, `NATS_PASSWORD` | none | …', of the section on settings
  const section = /\n## Settings\n(.*?)\n## /s.exec(read('docs/operating.md'))?.[1] ?? '';
  const cells = [...section.matchAll(/^\| (`[^|]*`) \|/gm)].map((row) => row[1] ?? '');
  const documented = cells.flatMap((cell) => [...cell.matchAll(/`([A-Z_]+)`/g)]);

  const names = (matches: RegExpExecArray[]) => matches.map((match) => match[1]).sort();
  expect(known.length).toBeGreaterThan(20);
  expect(names(documented)).toEqual(names(known));
});
