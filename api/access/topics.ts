/** Who may follow which live topic. Pure. */
import { hasRole, isScoped, type Caller } from '../../platform/access/identity.ts';
import { TOPIC_RULES } from './table.ts';

/** Why the caller must not follow the topic, in words; null: they may, or there is no such topic. */
export function topicRefusal(caller: Caller, topic: string): string | null {
  const kind = topic.split(':', 1)[0] ?? '';
  const rule = Object.hasOwn(TOPIC_RULES, kind) ? TOPIC_RULES[kind] : undefined;
  if (rule === undefined) return null;
  if (!hasRole(caller, rule.roles)) return `this topic needs the role ${rule.roles.join(' or ')}`;
  return isScoped(caller.scope) && !rule.scoped
    ? 'this topic cannot be limited to the nodes and channels of the token'
    : null;
}
