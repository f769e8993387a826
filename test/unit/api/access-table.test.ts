/** What must hold of the table of access, whatever rows are added. */
import { expect, test } from 'vitest';
import { API_RULES, COMMAND_ROLES } from '../../../api/access/table.ts';
import { ROLE_NAMES, type Role } from '../../../contracts/access.ts';
import { COMMANDS } from '../../../contracts/events/control.ts';

const rows = Object.entries(API_RULES).map(([key, rule]) => ({
  key,
  isChange: !key.startsWith('GET '),
  roles: rule.for === 'anybody' ? null : [...rule.roles],
}));
const rowsOf = (role: Role) =>
  rows.filter(({ roles }) => roles?.includes(role)).map(({ key }) => key);

test('only signing in and out, and the page itself, are open to everybody', () => {
  expect(rows.filter(({ roles }) => roles === null).map(({ key }) => key)).toEqual([
    'GET /',
    'GET /*',
    'GET /v1/session',
    'POST /v1/session',
    'DELETE /v1/session',
  ]);
});

test('a viewer changes nothing', () => {
  const changes = rows.filter(({ isChange, roles }) => isChange && roles?.includes('viewer'));
  expect(changes).toEqual([]);
});

test('a producer sends events and reads what they look like, and nothing else', () => {
  for (const key of rowsOf('producer')) {
    expect(key).toMatch(/^(POST|GET) \/v1\/events(\/|$)|^GET \/v1\/(openapi|asyncapi|docs)/);
  }
});

test('an admin may do everything', () => {
  const refused = rows.filter(({ roles }) => roles !== null && !roles.includes('admin'));
  expect(refused).toEqual([]);
});

test('tokens and the audit are for admins alone', () => {
  const admin = rows.filter(({ key }) => /\/v1\/(tokens|access\/audit)/.test(key));
  expect(admin.length).toBe(4);
  for (const { roles } of admin) expect(roles).toEqual(['admin']);
});

test('SQL is for analysts, policies are decided by approvers', () => {
  expect(API_RULES['POST /v1/sql']).toMatchObject({ roles: ['analyst', 'admin'], scoped: false });
  expect(API_RULES['POST /v1/policies']).toMatchObject({ roles: ['approver', 'admin'] });
});

test('every command about a case has its roles, and approval is not for whoever works cases', () => {
  expect(Object.keys(COMMAND_ROLES).sort()).toEqual(Object.keys(COMMANDS).sort());
  expect(COMMAND_ROLES.approve).toEqual(['approver', 'admin']);
  expect(COMMAND_ROLES.acknowledge).toContain('operator');
});

test('no role is without use', () => {
  for (const role of ROLE_NAMES) expect(rowsOf(role).length, role).toBeGreaterThan(0);
});
