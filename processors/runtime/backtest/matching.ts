/** Which alert of one run is which alert of the other. Pure. */
import type { Alert } from './alerts.ts';

export interface Matched {
  readonly kept: readonly { readonly before: Alert; readonly after: Alert }[];
  readonly added: readonly Alert[];
  readonly removed: readonly Alert[];
}

/**
 * The same alert has the same id; else the same kind, code, subtype (of a finding) and entity, and a stretch
 * of time in common: under another policy the same condition may be noticed at another moment.
 */
export function matchAlerts(before: readonly Alert[], after: readonly Alert[]): Matched {
  const kept: { before: Alert; after: Alert }[] = [];
  const free = new Map<string, Alert[]>();
  const byId = new Map(after.map((alert) => [`${alert.kind} ${alert.id}`, alert]));
  const taken = new Set<Alert>();
  const unmatched: Alert[] = [];
  for (const alert of before) {
    const same = byId.get(`${alert.kind} ${alert.id}`);
    if (same === undefined) unmatched.push(alert);
    else {
      kept.push({ before: alert, after: same });
      taken.add(same);
    }
  }
  for (const alert of after) {
    if (taken.has(alert)) continue;
    const others = free.get(subjectOf(alert));
    if (others === undefined) free.set(subjectOf(alert), [alert]);
    else others.push(alert);
  }
  const removed = unmatched.filter((alert) => {
    const others = free.get(subjectOf(alert)) ?? [];
    const at = others.findIndex((other) => overlap(alert, other));
    const [other] = at === -1 ? [] : others.splice(at, 1);
    if (other === undefined) return true;
    kept.push({ before: alert, after: other });
    taken.add(other);
    return false;
  });
  return { kept, removed, added: after.filter((alert) => !taken.has(alert)) };
}

const subjectOf = ({ code, entity, kind, subtype }: Alert) =>
  `${kind} ${code} ${kind === 'finding' ? subtype : ''} ${entity}`;

const overlap = (a: Alert, b: Alert) =>
  startOf(a) <= (b.endMs ?? Infinity) && startOf(b) <= (a.endMs ?? Infinity);
const startOf = ({ atMs, conditionAtMs }: Alert) => Math.min(atMs, conditionAtMs);
