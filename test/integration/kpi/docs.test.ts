/** docs/kpis.md lists every KPI as sql/kpi defines it. */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { readKpis, type KpiDefinition } from '../../../platform/clickhouse/kpis.ts';

const FILE = fileURLToPath(new URL('../../../docs/kpis.md', import.meta.url));
const KPIS = readKpis(fileURLToPath(new URL('../../../sql/kpi', import.meta.url)));
const HEAD = '| Id | Name | Kind | Unit | Target | Cohort |\n|---|---|---|---|---|---|\n';

const HELP =
  'sql/kpi has changed; bring docs/kpis.md after it: UPDATE_DOCS=1 npx vitest run --project integration test/integration/kpi/docs';

const SIGN = { up: '≥', down: '≤', band: '±' } as const;

function rowOf({ cohort, direction, id, kind, name, target, unit }: KpiDefinition): string {
  const goal = target === null ? '' : `${SIGN[direction]} ${target}`;
  return `| ${[id, name, kind, unit, goal, cohort].join(' | ')} |\n`;
}

it('has a row for each KPI', () => {
  const written = readFileSync(FILE, 'utf8');
  const expected = `${written.slice(0, written.indexOf(HEAD))}${HEAD}${KPIS.map(rowOf).join('')}`;
  if (process.env['UPDATE_DOCS'] === '1') writeFileSync(FILE, expected);
  expect(KPIS.length).toBeGreaterThan(30);
  expect(readFileSync(FILE, 'utf8'), HELP).toBe(expected);
});
