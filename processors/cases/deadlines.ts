/**
 * When a case has to be acknowledged and resolved, by severity (REFERENCE §4.1). A target in business days
 * ends at the same time of the day, so many open days of the node's calendar later. Pure.
 */
import type { DataOf } from '../../contracts/events.ts';
import { mapParts, restoreMap } from '../facts/parts.ts';
import type { SnapshotPart } from '../processor.ts';

export type Severity = DataOf<'exception.opened'>['severity'];

type Target = { readonly minutes: number } | { readonly businessDays: number };

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
const TARGETS: Record<Severity, { readonly ack: Target; readonly resolve: Target }> = {
  SEV1: { ack: { minutes: 15 }, resolve: { minutes: 4 * 60 } },
  SEV2: { ack: { minutes: 60 }, resolve: { businessDays: 1 } },
  SEV3: { ack: { minutes: 4 * 60 }, resolve: { businessDays: 3 } },
  SEV4: { ack: { businessDays: 1 }, resolve: { businessDays: 10 } },
};

/** Which days are open, Monday first, and local time less UTC. */
export interface BusinessDays {
  readonly open: readonly boolean[];
  readonly utcOffsetMin: number;
}

/** Where no calendar policy says otherwise. */
export const WEEKDAYS: BusinessDays = {
  open: [true, true, true, true, true, false, false],
  utcOffsetMin: 0,
};

export interface Deadlines {
  readonly ackDueMs: number;
  readonly resolveDueMs: number;
}

export function deadlinesOf(severity: Severity, openedMs: number, days: BusinessDays): Deadlines {
  const { ack, resolve } = TARGETS[severity];
  return {
    ackDueMs: targetMs(ack, openedMs, days),
    resolveDueMs: targetMs(resolve, openedMs, days),
  };
}

function targetMs(target: Target, fromMs: number, days: BusinessDays): number {
  if ('minutes' in target) return fromMs + target.minutes * MINUTE_MS;
  let left = target.businessDays;
  let ms = fromMs;
  while (left > 0) {
    ms += DAY_MS;
    if (isOpen(ms, days)) left -= 1;
  }
  return ms;
}

function isOpen(ms: number, { open, utcOffsetMin }: BusinessDays): boolean {
  // A calendar without any open day would be waited for for ever: then every day counts.
  if (!open.includes(true)) return true;
  const day = Math.floor((ms + utcOffsetMin * MINUTE_MS) / DAY_MS);
  // The first of January 1970 was a Thursday; dates before it are negative.
  return open[(((day + 3) % 7) + 7) % 7] === true;
}

/** Calendars of nodes that policies set; beyond it the oldest one is forgotten. */
const MAX_CALENDARS = 5_000;

/** Business days by node; that of '' holds everywhere else. */
export class Calendars {
  readonly #byNode = new Map<string, BusinessDays>();

  set(data: DataOf<'policy.set'>): void {
    if (data.policy !== 'calendar') return;
    const { utc_offset_min: utcOffsetMin, week } = data.value;
    const node = data.scope.node_id ?? '';
    this.#byNode.delete(node);
    this.#byNode.set(node, {
      open: week.map(({ close_min: close, open_min: open }) => close > open),
      utcOffsetMin,
    });
    if (this.#byNode.size <= MAX_CALENDARS) return;
    const [oldest] = this.#byNode.keys();
    if (oldest !== undefined) this.#byNode.delete(oldest);
  }

  of(node: string): BusinessDays {
    return this.#byNode.get(node) ?? this.#byNode.get('') ?? WEEKDAYS;
  }

  snapshot(): Iterable<SnapshotPart> {
    return mapParts('calendars', this.#byNode);
  }

  restore(part: SnapshotPart): void {
    restoreMap(this.#byNode, part.bytes);
  }
}
