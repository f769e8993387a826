import { expect, test } from 'vitest';
import { POLICIES } from '../../../contracts/events/control.ts';
import { allowedText, fieldAt, POLICY_DESCRIPTIONS } from '../../../contracts/policies.ts';
import { RULES } from '../../../contracts/rules.ts';

test('every policy of the contract is described, every rule with all its parameters', () => {
  expect(POLICY_DESCRIPTIONS.map(({ policy }) => policy).sort()).toEqual(
    Object.keys(POLICIES).sort(),
  );
  for (const [code, { parameters }] of Object.entries(RULES)) {
    const kind = POLICY_DESCRIPTIONS.find(({ policy }) => policy === `rule.${code}`);
    expect(kind?.fields.map(({ path }) => path)).toEqual([
      'enabled',
      ...Object.keys(parameters).map((name) => `parameters.${name}`),
    ]);
  }
});

test('every field says what it is, and every number its range', () => {
  for (const { fields, policy, scope } of POLICY_DESCRIPTIONS) {
    for (const { description, max, min, path, type } of [...fields, ...scope]) {
      expect(description, `${policy} ${path}`).not.toBe('');
      if (type !== 'number' && type !== 'integer') continue;
      expect(min, `${policy} ${path}`).toEqual(expect.any(Number));
      if (policy !== 'feed') expect(max, `${policy} ${path}`).toEqual(expect.any(Number));
    }
  }
});

test.each([
  ['rule.NEG_INVENTORY', 'value.parameters.grace_min', 'a number from 0 to 525600 (min)'],
  ['rule.SHRINKAGE_ANOMALY', 'value.parameters.q', 'a number from 0 to 1'],
  ['rule.OVERSELL', 'value.enabled', 'true or false'],
  ['measurement', 'value.otif_date', 'one of promised, requested'],
  ['safety_stock', 'value.units', 'a whole number from 0 to 1000000000 (units)'],
])('%s: %s allows %s', (policy, path, text) => {
  const field = fieldAt(policy, path);
  expect(field).toBeDefined();
  if (field !== undefined) expect(allowedText(field)).toBe(text);
});
