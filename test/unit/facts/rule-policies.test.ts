/** Parameters of rules: which policy holds for which subject, and what the door refuses. */
import { describe, expect, test } from 'vitest';
import { checkEvent } from '../../../contracts/validate.ts';
import { RULE_CODES, RULES } from '../../../contracts/rules.ts';
import { RulePolicies } from '../../../processors/facts/rule-policies.ts';

type Policy = Parameters<RulePolicies['set']>[0];

const policy = (
  code: string,
  scope: Record<string, string>,
  parameters: Record<string, number>,
  enabled?: boolean,
) =>
  ({
    policy: `rule.${code}`,
    scope,
    value: { parameters, ...(enabled === undefined ? {} : { enabled }) },
    actor: 'ana',
    reason: 'tried on last month',
  }) as Policy;

const event = (data: unknown) => ({
  specversion: '1.0',
  id: 'p-1',
  source: 'urn:test:policy',
  type: 'stocktide.policy.set.v1',
  time: '2026-03-02T08:00:00Z',
  data,
});

describe('the setting of a rule', () => {
  test('is the default until a policy says otherwise', () => {
    const rules = new RulePolicies();
    expect(rules.of('NEG_INVENTORY', { sku: 'MUG', node: 'dc-1' })).toEqual({
      enabled: true,
      parameters: { grace_min: 10, clear_min: 60 },
      version: 0,
    });
  });

  test('item over node over channel over everywhere; what it leaves open stays', () => {
    const rules = new RulePolicies();
    const set = (scope: Record<string, string>, parameters: Record<string, number>, seq: number) =>
      rules.set(policy('NEG_INVENTORY', scope, parameters), { timeMs: seq, seq });
    set({ sku_id: 'MUG' }, { grace_min: 1 }, 3);
    set({}, { grace_min: 30, clear_min: 90 }, 1);
    set({ node_id: 'dc-1' }, { grace_min: 20 }, 2);
    const of = (subject: object) => rules.of('NEG_INVENTORY', subject);
    expect(of({ sku: 'VASE', node: 'dc-2' })).toMatchObject({ parameters: { grace_min: 30 } });
    expect(of({ sku: 'VASE', node: 'dc-1' })).toMatchObject({
      version: 2,
      parameters: { grace_min: 20, clear_min: 90 },
    });
    expect(of({ sku: 'MUG', node: 'dc-1' })).toMatchObject({
      version: 3,
      parameters: { grace_min: 1, clear_min: 90 },
    });
  });

  test('of two policies about one scope the later one holds, in whatever order they come', () => {
    const rules = new RulePolicies();
    rules.set(policy('STOCKOUT', {}, { hold_min: 5 }), { timeMs: 20, seq: 1 });
    rules.set(policy('STOCKOUT', {}, { hold_min: 9 }), { timeMs: 10, seq: 2 });
    expect(rules.of('STOCKOUT').parameters['hold_min']).toBe(5);
    rules.set(policy('STOCKOUT', {}, {}, false), { timeMs: 30, seq: 3 });
    expect(rules.of('STOCKOUT').enabled).toBe(false);
  });

  test('is restored', () => {
    const rules = new RulePolicies();
    rules.set(policy('STOCKOUT', {}, { hold_min: 5 }), { timeMs: 20, seq: 1 });
    const restored = new RulePolicies();
    for (const part of rules.snapshot()) restored.restore(part);
    expect(restored.of('STOCKOUT')).toEqual(rules.of('STOCKOUT'));
  });
});

describe('the door', () => {
  test('takes a policy of every rule with its defaults', () => {
    for (const code of RULE_CODES) {
      const parameters = Object.fromEntries(
        Object.entries(RULES[code].parameters).map(([name, { value }]) => [name, value]),
      );
      expect(checkEvent(event(policy(code, {}, parameters)))).toMatchObject({ ok: true });
    }
  });

  test.each([
    ['an unknown code', policy('NEGATIVE', {}, {}), 'data.policy', /NEG_INVENTORY/],
    [
      'a negative threshold',
      policy('STOCKOUT', {}, { hold_min: -1 }),
      'data.value.parameters.hold_min',
      /0/,
    ],
    [
      'a share above 1',
      policy('CHANNEL_CONFLICT', {}, { share: 1.5 }),
      'data.value.parameters.share',
      /1/,
    ],
    [
      'a parameter of another rule',
      policy('STOCKOUT', {}, { grace_min: 5 }),
      'data.value.parameters.grace_min',
      /field/,
    ],
  ])('refuses %s, with the field and what is allowed', (_name, data, field, detail) => {
    const checked = checkEvent(event(data));
    expect(checked).toMatchObject({ ok: false, rejection: { field } });
    if (!checked.ok) expect(checked.rejection.detail).toMatch(detail);
  });
});
