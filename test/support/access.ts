/**
 * Access in tests. A process of a test is open (vitest.config.ts): everybody is `local`, with the role admin.
 * One that is started with `GUARDED` asks for credentials, and `as` speaks for anybody.
 */
import type { Role } from '../../contracts/access.ts';
import { delegate, ON_BEHALF_HEADER } from '../../platform/http/presented.ts';

export const SECRET = 'the-secret-of-this-test-deployment';

/** Environment of a process that asks for credentials. */
export const GUARDED = { ACCESS: 'credentials', ACCESS_TOKEN: SECRET } as const;

/** Headers with which somebody calls a guarded process. */
export function as(subject: string, ...roles: Role[]): Record<string, string> {
  return {
    authorization: `Bearer ${SECRET}`,
    [ON_BEHALF_HEADER]: delegate({ subject, roles }),
  };
}
