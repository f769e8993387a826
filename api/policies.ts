/**
 * Policies read and changed by people. A change is checked against the contract, goes through the door as
 * `policy.set`, and is answered once the archive has it.
 *
 * Two people must not overwrite each other. Who changes a policy says which version they have seen:
 *
 *   seen ≠ what the archive has        ─▶ changed meanwhile (412)
 *   seen = what the archive has        ─▶ event under the id (policy, scope, seen) ─▶ door
 *     the door has that id with other data ─▶ somebody was faster by less than the archive's delay (412)
 *
 * The id makes the log itself decide between two who have seen the same version: it takes one of them.
 */
import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ClickHouseClient } from '@clickhouse/client';
import { Type } from 'typebox';
import { policyKey, type Policy } from '../contracts/backtest.ts';
import {
  allowedText,
  fieldAt,
  POLICY_DESCRIPTIONS,
  type PolicyCatalogue,
  type PolicyChange,
  type PolicyChanged,
  type PolicyDecision,
  type PolicyHistory,
} from '../contracts/policies.ts';
import { REJECTION_REASONS } from '../contracts/rejections.ts';
import { checkEvent } from '../contracts/validate.ts';
import { ProblemError } from '../platform/http/problem.ts';
import type { DoorEvent, SendToDoor } from './cases/door.ts';
import { readDecisions, readSetting, readSettings } from './clickhouse/policies.ts';
import type { PolicyLimits } from './limits.ts';
import { pagedList } from './page.ts';

const SOURCE = 'urn:stocktide:dashboard';
const TYPE = 'stocktide.policy.set.v1';
/** By place in the log. */
const DECISIONS = pagedList('policy-decisions', Type.Integer());

/** Data of a `policy.set` that has been checked: a scope holds texts only. */
type DecidedPolicy = Omit<PolicyDecision, 'time' | 'version'> & { readonly policy: string };

export interface PoliciesOptions {
  readonly client: ClickHouseClient;
  readonly send: SendToDoor;
  readonly limits: PolicyLimits;
  /** Event time of the processors. */
  readonly nowMs: () => number;
}

export interface ChangeRequest {
  readonly change: PolicyChange;
  /** Who decides. */
  readonly actor: string;
  /** Version of the scope's decision that whoever decides has seen; 0: none. */
  readonly seen: number;
}

export class Policies {
  readonly #options: PoliciesOptions;

  constructor(options: PoliciesOptions) {
    this.#options = options;
  }

  async catalogue(): Promise<PolicyCatalogue> {
    const { client, limits, nowMs } = this.#options;
    const settings = await readSettings(client, limits.settings);
    return {
      now: new Date(nowMs()).toISOString(),
      kinds: POLICY_DESCRIPTIONS.map((kind) => {
        const { decisions = [], total = 0 } = settings.get(kind.policy) ?? {};
        return { ...kind, settings: [...decisions], settings_total: total };
      }),
    };
  }

  /** Null when there is no such kind. */
  async history(
    policy: string,
    { cursor, limit }: { cursor: string | undefined; limit: number },
  ): Promise<PolicyHistory | null> {
    if (!POLICY_DESCRIPTIONS.some((kind) => kind.policy === policy)) return null;
    const question = { policy };
    const before = DECISIONS.after(cursor, question) ?? null;
    const read = await readDecisions(this.#options.client, { policy, before, limit: limit + 1 });
    const page = DECISIONS.page(read, { limit, question, placeOf: ({ version }) => version });
    return { policy, decisions: page.entries, next_cursor: page.nextCursor };
  }

  /** Throws a problem when the change is wrong, or somebody else was faster. */
  async change({ actor, change, seen }: ChangeRequest): Promise<PolicyChanged> {
    const { client, nowMs, send } = this.#options;
    const event = policyEvent({ actor, change, seen, time: change.effective_at ?? iso(nowMs()) });
    const { policy, reason, scope, value } = event.data as DecidedPolicy;
    const mine = { scope, value, actor, reason };
    const held = await readSetting(client, policy, scope);
    if ((held?.version ?? 0) !== seen) {
      // Sent again because its answer was lost.
      if (held !== null && isSame(held, mine))
        return { policy, outcome: 'changed', decision: held };
      throw changedMeanwhile(held, seen);
    }
    const isEarly = held !== null && Date.parse(event.time) < Date.parse(held.time);
    if (isEarly && change.effective_at !== undefined) throw tooEarly(event.time, held.time);
    // The clock of the processors may stand behind a decision that another clock has dated.
    await send([isEarly ? { ...event, time: held.time } : event]);
    const decision = await this.#archived(policy, scope, seen);
    if (decision === null) {
      return { policy, outcome: 'pending', decision: { ...mine, time: event.time, version: seen } };
    }
    if (!isSame(decision, mine)) throw changedMeanwhile(decision, seen);
    return { policy, outcome: 'changed', decision };
  }

  /** The decision that follows `seen`, waited for; null when the archive has none in time. */
  async #archived(policy: string, scope: PolicyDecision['scope'], seen: number) {
    const { client, limits } = this.#options;
    const untilMs = performance.now() + limits.archivedMs;
    for (;;) {
      const held = await readSetting(client, policy, scope);
      if (held !== null && held.version > seen) return held;
      if (performance.now() > untilMs) return null;
      await sleep(limits.pollMs);
    }
  }
}

/** The event of a change, checked. Throws a problem that names the field and what it allows. */
export function policyEvent({
  actor,
  change: { policy, reason, scope, value },
  seen,
  time,
}: {
  actor: string;
  change: PolicyChange;
  seen: number;
  time: string;
}): DoorEvent {
  const data = { policy, scope, value, actor, reason };
  const id = `policy/${digest(`${policyKey(data as Policy)}\n${seen}`)}`;
  const event: DoorEvent = { specversion: '1.0', id, source: SOURCE, type: TYPE, time, data };
  const checked = checkEvent(event);
  if (checked.ok) return event;
  const { detail, field, reason: why, value: wrong } = checked.rejection;
  const own = field.replace(/^data\./, '');
  const known = fieldAt(policy, own);
  throw new ProblemError({
    status: 422,
    kind: 'invalid-policy',
    title: REJECTION_REASONS[why],
    detail: detail.replace(field, own),
    field: own,
    value: wrong,
    allowed: known === undefined ? detail.slice(detail.indexOf(': ') + 2) : allowedText(known),
  });
}

function changedMeanwhile(held: PolicyDecision | null, seen: number): ProblemError {
  const detail =
    held === null
      ? `Nothing was ever decided about this scope; version ${seen} is none of it`
      : `${held.actor} decided on ${held.time}, version ${held.version}: ${held.reason}. Look at it, then decide again`;
  return new ProblemError({
    status: 412,
    kind: 'policy-changed',
    title: 'The policy is another one by now',
    detail,
    field: 'if-match',
    value: String(seen),
    allowed: String(held?.version ?? 0),
  });
}

function tooEarly(time: string, heldSince: string): ProblemError {
  return new ProblemError({
    status: 422,
    kind: 'invalid-policy',
    title: 'It would never hold',
    detail: `effective_at: ${time} is before the decision that holds, ${heldSince}`,
    field: 'effective_at',
    value: time,
    allowed: `${heldSince} or later`,
  });
}

/** Whether two decisions say the same; the order of fields says nothing. */
function isSame(
  a: Omit<PolicyDecision, 'time' | 'version'>,
  b: Omit<PolicyDecision, 'time' | 'version'>,
): boolean {
  return a.actor === b.actor && a.reason === b.reason && sorted(a.value) === sorted(b.value);
}

const sorted = (value: unknown): string =>
  JSON.stringify(value, (_name, item: unknown) =>
    item === null || typeof item !== 'object' || Array.isArray(item)
      ? item
      : Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1))),
  );

const digest = (text: string) => createHash('sha256').update(text).digest('hex').slice(0, 40);
const iso = (ms: number) => new Date(ms).toISOString();
