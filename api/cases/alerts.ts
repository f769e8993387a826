/** The latest alerts as the live topic `alerts` carries them: a ring of slots, and how many there have been. */
import type { CaseSignal } from '../../contracts/case-record.ts';
import { ALERT_KINDS, ALERT_SLOTS, type Alert, type AlertsLive } from '../../contracts/cases.ts';
import type { Scope } from '../../platform/access/identity.ts';
import { seesCase } from '../access/scope.ts';
import { iso, summaryOf } from './view.ts';

const KINDS: readonly string[] = ALERT_KINDS;

/** An alert, and what decides who may see it. */
export interface PlacedAlert {
  readonly alert: Alert;
  readonly at: Parameters<typeof seesCase>[1];
}

/** The alert that a step of a case is; null for a step that is none. */
export function alertOf({ n, record, step }: CaseSignal): PlacedAlert | null {
  if (record === null || !KINDS.includes(step.kind)) return null;
  const { channelId, nodeId } = record;
  const kind = step.kind as Alert['kind'];
  return {
    alert: { n, at: iso(step.atMs), kind, detail: step.detail, case: summaryOf(record) },
    at: { channelId, nodeId },
  };
}

export class AlertRing {
  readonly #slots: PlacedAlert[] = [];
  #count = 0;

  add(placed: PlacedAlert): void {
    this.#slots[this.#count % ALERT_SLOTS] = placed;
    this.#count += 1;
  }

  /** A ring of those that a scope lets through, the oldest first. */
  within(scope: Scope): AlertRing {
    const ring = new AlertRing();
    const oldest = Math.max(0, this.#count - ALERT_SLOTS);
    for (let number = oldest; number < this.#count; number += 1) {
      const placed = this.#slots[number % ALERT_SLOTS];
      if (placed !== undefined && seesCase(scope, placed.at)) ring.add(placed);
    }
    return ring;
  }

  live(): AlertsLive {
    const slots = this.#slots.map(({ alert }, slot) => [`slot${slot}`, alert] as const);
    return { count: this.#count, ...Object.fromEntries(slots) };
  }
}
