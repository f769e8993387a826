/**
 * Who may do what at the door. The API in front of it asks for whoever asks the API, and the same holds.
 */
import { hasRole, type Caller } from '../platform/access/identity.ts';
import { allow, allowScoped, READERS, WORKERS, type RouteRules } from '../platform/access/rules.ts';

/** Whether a caller's word about who decided what is believed: the API's, and that of admins. */
export const mayDecide = (caller: Caller): boolean => hasRole(caller, ['admin']);

const SENDERS = ['producer', 'admin'] as const;
const SIGNED_IN = [...READERS, 'producer'] as const;

export const DOOR_RULES: RouteRules = {
  'POST /v1/events': allow(SENDERS),
  'GET /v1/events/types': allowScoped(SIGNED_IN),
  'GET /v1/events/types/:type': allowScoped(SIGNED_IN),
  'GET /v1/dead': allow(READERS),
  'GET /v1/dead/:seq': allow(READERS),
  'POST /v1/dead/:seq/replay': allow(WORKERS),
  'POST /v1/dead/:seq/discard': allow(WORKERS),
};
