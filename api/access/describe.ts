/** The table of access as people read it, whole and as it is for one of them. Pure. */
import { ROLE_NAMES, ROLES, type AccessRules, type Permissions } from '../../contracts/access.ts';
import { hasRole, isScoped, type Caller } from '../../platform/access/identity.ts';
import type { RouteRule } from '../../platform/access/rules.ts';
import { API_RULES, COMMAND_ROLES, TOPIC_RULES } from './table.ts';

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
    topics: Object.entries(TOPIC_RULES).map(([topic, { roles, scoped }]) => ({
      ...{ topic, scoped },
      roles: [...roles],
    })),
  };
}

/** What the caller may do; null is nobody. */
export function permissionsOf(caller: Pick<Caller, 'roles' | 'scope'> | null): Permissions {
  const commands = Object.entries(COMMAND_ROLES).filter(
    ([, roles]) => caller !== null && hasRole(caller, roles),
  );
  return {
    routes: Object.keys(API_RULES).filter((key) => isFor(caller, API_RULES[key])),
    commands: commands.map(([command]) => command),
  };
}

function isFor(caller: Pick<Caller, 'roles' | 'scope'> | null, rule?: RouteRule): boolean {
  if (rule?.for !== 'roles') return rule?.for === 'anybody';
  return caller !== null && hasRole(caller, rule.roles) && (rule.scoped || !isScoped(caller.scope));
}

function rolesOf(rule: RouteRule): AccessRules['routes'][number]['roles'] {
  return rule.for === 'anybody' ? null : [...rule.roles];
}
