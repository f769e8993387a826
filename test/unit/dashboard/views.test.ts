import { describe, expect, test } from 'vitest';
import { permissionsOf } from '../../../api/access/describe.ts';
import { API_RULES, COMMAND_ROLES } from '../../../api/access/table.ts';
import type { Role } from '../../../contracts/access.ts';
import { ACTS } from '../../../dashboard/src/lib/acts.ts';
import { navigationOf, startOf, VIEWS } from '../../../dashboard/src/lib/views.ts';
import { EVERYWHERE, type Scope } from '../../../platform/access/identity.ts';

test('every view and act names a route that there is', () => {
  const named = [...Object.values(VIEWS).map(({ needs }) => needs), ...Object.values(ACTS)];
  expect(named.filter((route) => !(route in API_RULES))).toEqual([]);
});

describe('the navigation', () => {
  const DC_01: Scope = { nodes: ['dc-01'], channels: null };
  const namesFor = (roles: readonly Role[], scope: Scope) => {
    const { routes } = permissionsOf({ roles, scope });
    const groups = navigationOf((route) => routes.includes(route));
    return { names: groups.flatMap(({ entries }) => entries.map(({ name }) => name)), groups };
  };
  const ALL = Object.keys(VIEWS).filter((name) => VIEWS[name]?.group !== undefined);

  test.each<[Role, string[]]>([
    ['viewer', ALL.filter((name) => name !== 'sql')],
    ['operator', ALL.filter((name) => name !== 'sql')],
    ['approver', ALL.filter((name) => name !== 'sql')],
    ['analyst', ALL],
    ['admin', ALL],
    ['producer', []],
  ])('of a %s', (role, names) => {
    expect(namesFor([role], EVERYWHERE).names).toEqual(names);
  });

  test('of a token with scopes has what can be limited to them, and begins there', () => {
    const { groups, names } = namesFor(['viewer'], DC_01);
    expect(names).toEqual(['cases', 'inventory', 'floor', 'admin']);
    expect(startOf(groups)).toBe('cases');
    expect(startOf(namesFor(['viewer'], EVERYWHERE).groups)).toBe('board');
  });
});

test('nobody may sign in, and nothing else', () => {
  const { commands, routes } = permissionsOf(null);
  expect(commands).toEqual([]);
  expect(routes).toContain('POST /v1/session');
  expect(routes).not.toContain('GET /v1/kpi');
});

test.each<[Role[], string[]]>([
  [['viewer'], []],
  [['operator'], Object.keys(COMMAND_ROLES).filter((name) => name !== 'approve')],
  [['viewer', 'approver'], Object.keys(COMMAND_ROLES)],
])('commands of %j', (roles, commands) => {
  expect(permissionsOf({ roles, scope: EVERYWHERE }).commands).toEqual(commands);
});
