/** docs/rules.md against the code: it has each rule, with its owner, severity, parameters and root causes. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { RULE_CODES, RULES, type Rule, type RuleCode } from '../../../contracts/rules.ts';

const root = new URL('../../../', import.meta.url);
const text = readFileSync(new URL('docs/rules.md', root), 'utf8');

/** Fields and subtypes that the texts name beside parameters. */
const NO_PARAMETERS = [
  'at_risk',
  'control_total',
  'fail_state',
  'id_conflict',
  'no_first_scan',
  'phantom_stock',
  'row_count',
];

/** The text of each section, by its heading. */
const sections = new Map(
  text
    .split(/^## /m)
    .slice(1)
    .map((section) => [section.slice(0, section.indexOf('\n')), section]),
);
/** Cells of the rows of the tables in a text, their headings left out. */
const rowsOf = (section: string): string[][] =>
  section
    .split('\n')
    .filter((line) => line.startsWith('|') && !/^\|[\s:|-]+$/.test(line))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim().replaceAll('`', '')),
    )
    .filter(([first]) => first !== 'Code' && first !== 'Parameter');

test('the overview has every code, and what the contract says of it', () => {
  expect(rowsOf(sections.get('Overview') ?? '')).toEqual(
    RULE_CODES.map((code) => {
      const { floor, isState, owner, resolvesItself, title }: Rule = RULES[code];
      return [
        ...[code, title, owner, floor ?? 'by exposure'],
        ...[resolvesItself, isState].map((is) => (is ? 'yes' : 'no')),
      ];
    }),
  );
});

describe.each(RULE_CODES)('%s', (code: RuleCode) => {
  const section = sections.get(code) ?? '';
  const rule: Rule = RULES[code];

  test('has a section with its parameters, their defaults and ranges', () => {
    expect(rowsOf(section)).toEqual(
      Object.entries(rule.parameters).map(([name, { description, max, min, value }]) => [
        ...[name, String(value), String(min), String(max), description],
      ]),
    );
  });

  test('says what triggers it, what ends it and what usually causes it', () => {
    expect(section).toMatch(/^\*\*Trigger\.\*\* \S/m);
    expect(section).toMatch(/^\*\*Ends\.\*\* \S/m);
    expect(/^\*\*Root causes\.\*\* ([^*]+)/m.exec(section)?.[1]?.trim().split(/,\s+/)).toEqual(
      rule.causes,
    );
  });

  test('names no parameter that it has not, and a processor that there is', () => {
    const said = /^\*\*Trigger\.[\s\S]*?(?=\*\*Processor)/m.exec(section)?.[0] ?? '';
    const names = [...said.matchAll(/`([a-z]+(?:_[a-z]+)+)`/g)].map(([, name = '']) => name);
    const known = [...Object.keys(rule.parameters), ...NO_PARAMETERS];
    expect(names.filter((name) => !known.includes(name))).toEqual([]);
    const processor = /\*\*Processor\*\* `(\w+)`/.exec(section)?.[1];
    expect(readdirSync(new URL('processors', root))).toContain(processor);
  });
});
