/**
 * Policies that orders depend on: business hours of nodes and how KPIs measure. Of two decisions about one
 * scope the one with the later event time holds, in whatever order they arrive. A decision holds for an
 * order from the order's next event on.
 */
import type { DataOf } from '../../contracts/events.ts';
import { POLICY_DEFAULTS } from '../../contracts/policy-defaults.ts';
import type { Calendar } from '../facts/calendar.ts';
import { NodeCalendars } from '../facts/node-calendars.ts';
import { joined, mapParts, restoreMap } from '../facts/parts.ts';
import type { SnapshotPart } from '../processor.ts';
import type { Measurement } from './outcome.ts';

type PolicySet = DataOf<'policy.set'>;
type ValueOf<P extends PolicySet['policy']> = Extract<PolicySet, { policy: P }>['value'];

interface Decision<V> {
  readonly value: V;
  readonly atMs: number;
}

const DAY_MS = 86_400_000;
const EVERYWHERE = '';
const DEFAULTS = POLICY_DEFAULTS.measurement;

export class Policies {
  readonly #calendars = new NodeCalendars('policies.calendars');
  readonly #measurement = new Map<string, Decision<ValueOf<'measurement'>>>();

  set(data: PolicySet, timeMs: number): void {
    this.#calendars.set(data, timeMs);
    if (data.policy === 'measurement') {
      decide(this.#measurement, EVERYWHERE, { value: data.value, atMs: timeMs });
    }
  }

  /** Business hours of a node: its own, or those that hold everywhere. */
  calendar(node: string): Calendar {
    return this.#calendars.of(node);
  }

  get measurement(): Measurement {
    const value = this.#measurement.get(EVERYWHERE)?.value;
    return {
      otifDate: value?.otif_date ?? DEFAULTS.otif_date,
      otifLevel: value?.otif_level ?? DEFAULTS.otif_level,
      claimsMs: (value?.claims_d ?? DEFAULTS.claims_d) * DAY_MS,
    };
  }

  snapshot(): Iterable<SnapshotPart> {
    return joined([
      this.#calendars.snapshot(),
      mapParts('policies.measurement', this.#measurement),
    ]);
  }

  restore(part: SnapshotPart): void {
    if (part.name === 'policies.calendars') this.#calendars.restore(part);
    else restoreMap(this.#measurement, part.bytes);
  }
}

function decide<V>(decisions: Map<string, Decision<V>>, scope: string, made: Decision<V>): void {
  const known = decisions.get(scope);
  if (known === undefined || known.atMs <= made.atMs) decisions.set(scope, made);
}
