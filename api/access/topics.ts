/** Who may follow which live topic. Pure. */
import { hasRole, isScoped, type Caller } from '../../platform/access/identity.ts';
import { SCOPED_TOPICS, TOPIC_ROLES } from './table.ts';

/** Why the caller must not follow the topic, in words; null: they may, or there is no such topic. */
export function topicRefusal(caller: Caller, topic: string): string | null {
  const kind = topic.split(':', 1)[0] ?? '';
  const roles = Object.hasOwn(TOPIC_ROLES, kind) ? TOPIC_ROLES[kind] : undefined;
  if (roles === undefined) return null;
  if (!hasRole(caller, roles)) return `this topic needs the role ${roles.join(' or ')}`;
  return isScoped(caller.scope) && !SCOPED_TOPICS.has(kind)
    ? 'this topic cannot be limited to the nodes and channels of the token'
    : null;
}
