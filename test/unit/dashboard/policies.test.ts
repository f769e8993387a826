import { expect, test } from 'vitest';
import type { PolicyDecision, PolicyKind } from '../../../contracts/policies.ts';
import { POLICY_DESCRIPTIONS } from '../../../contracts/policies.ts';
import {
  beginOf,
  decisionText,
  draftOf,
  filled,
  matching,
  scopeText,
  summaryOf,
} from '../../../dashboard/src/lib/policies.ts';

function kind(policy: string, settings: PolicyDecision[] = []): PolicyKind {
  const found = POLICY_DESCRIPTIONS.find((one) => one.policy === policy);
  if (found === undefined) throw new Error(`no ${policy}`);
  return { ...found, settings, settings_total: settings.length };
}

const decision = (scope: PolicyDecision['scope'], value: PolicyDecision['value']) => ({
  ...{ scope, value, actor: 'mara', reason: 'test' },
  ...{ time: '2026-01-01T00:00:00Z', version: 7 },
});

const decided = (policy: string, draft: Record<string, string | boolean>) =>
  filled(kind(policy).fields, draft, beginOf(policy));

test('a form of a rule says what was typed, and leaves the rest to the default', () => {
  expect(decided('rule.OVERSELL', { 'parameters.hold_min': '15', enabled: true })).toEqual({
    ok: true,
    value: { parameters: { hold_min: 15 } },
  });
});

test('a rule that is switched off says so', () => {
  expect(decided('rule.OVERSELL', { enabled: false })).toEqual({
    ok: true,
    value: { enabled: false, parameters: {} },
  });
});

test.each([
  ['rule.OVERSELL', 'parameters.hold_min', '-1'],
  ['rule.ORDER_SLA_RISK', 'parameters.consumption', '1.01'],
  ['safety_stock', 'units', '2.5'],
  ['safety_stock', 'units', 'many'],
  ['safety_stock', 'units', ''],
])('%s: %s cannot be %s', (policy, path, typed) => {
  const read = decided(policy, { [path]: typed });
  expect(read).toMatchObject({ ok: false, faults: { [path]: expect.any(String) as string } });
});

test('a decision comes back from its form as it was, a week of hours too', () => {
  const day = { open_min: 480, close_min: 1_110 };
  const value = {
    utc_offset_min: 60,
    week: [day, day, day, day, day, day, { ...day, open_min: 0 }],
  };
  const { fields } = kind('calendar');
  expect(filled(fields, draftOf(fields, value))).toEqual({ ok: true, value });
});

test('a list of keys is read at its commas', () => {
  const read = decided('channel', { nodes: 'dc-01, dc-02,', share: '0.5' });
  expect(read).toEqual({ ok: true, value: { nodes: ['dc-01', 'dc-02'], share: 0.5 } });
});

test('a decision reads as its fields with their units', () => {
  const { parameters } = { parameters: { hold_min: 15, clear_min: 5 } };
  expect(decisionText(kind('rule.OVERSELL'), { parameters })).toEqual([
    'hold_min 15 min',
    'clear_min 5 min',
  ]);
});

test('a summary tells what holds everywhere from its exceptions', () => {
  const settings = [decision({ node_id: 'dc-01' }, { units: 9 }), decision({}, { units: 3 })];
  expect(summaryOf(kind('safety_stock', settings))).toEqual({
    everywhere: 'units 3 units',
    isDefault: false,
    exceptions: 1,
    latest: settings[0],
  });
  expect(summaryOf(kind('safety_stock'))).toMatchObject({
    everywhere: 'units 0 units',
    isDefault: true,
  });
});

test('a scope reads as words', () => {
  expect(scopeText({})).toBe('everywhere');
  expect(scopeText({ sku_id: 'MUG', node_id: 'dc-01' })).toBe('SKU MUG, node dc-01');
});

test('a search finds by code, title and owner', () => {
  const kinds = [kind('rule.OVERSELL'), kind('safety_stock')];
  expect(matching(kinds, 'oversell').map(({ policy }) => policy)).toEqual(['rule.OVERSELL']);
  expect(matching(kinds, 'Channel ops')).toHaveLength(1);
  expect(matching(kinds, '')).toHaveLength(2);
});
