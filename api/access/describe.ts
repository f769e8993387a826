/** The table of access as people read it. Pure. */
import { ROLE_NAMES, ROLES, type AccessRules } from '../../contracts/access.ts';
import type { RouteRule } from '../../platform/access/rules.ts';
import { API_RULES, COMMAND_ROLES, TOPIC_ROLES } from './table.ts';

export function describeRules(): AccessRules {
  return {
    roles: ROLE_NAMES.map((role) => ({ role, description: ROLES[role] })),
    routes: Object.entries(API_RULES).map(([key, rule]) => {
      const [method = '', route = ''] = key.split(' ');
      return { method, route, roles: rolesOf(rule), scoped: rule.for !== 'roles' || rule.scoped };
    }),
    commands: Object.entries(COMMAND_ROLES).map(([command, roles]) => ({
      command,
      roles: [...roles],
    })),
    topics: Object.entries(TOPIC_ROLES).map(([topic, roles]) => ({ topic, roles: [...roles] })),
  };
}

function rolesOf(rule: RouteRule): AccessRules['routes'][number]['roles'] {
  return rule.for === 'anybody' ? null : [...rule.roles];
}
