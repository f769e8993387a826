/** How far a count may be from the book and still confirm it (K12), by class of the item. */
import type { DataOf } from '../../contracts/events.ts';
import { POLICY_DEFAULTS } from '../../contracts/policy-defaults.ts';
import { jsonParts, parseJson } from '../facts/parts.ts';
import type { SnapshotPart } from '../processor.ts';

type Class = 'A' | 'B' | 'C';

/** Parts of the book, unless the measurement policy says otherwise (REFERENCE §1.2). */
const DEFAULTS: Record<Class, number> = {
  A: POLICY_DEFAULTS.measurement.count_tolerance_a,
  B: POLICY_DEFAULTS.measurement.count_tolerance_b,
  C: POLICY_DEFAULTS.measurement.count_tolerance_c,
};
/** A product such as 0.29 × 100 comes out a hair below the whole number that it is. */
const ROUNDING = 1e-9;

export class Tolerance {
  #parts = DEFAULTS;

  set({ policy, value }: DataOf<'policy.set'>): void {
    if (policy !== 'measurement') return;
    this.#parts = {
      A: value.count_tolerance_a ?? this.#parts.A,
      B: value.count_tolerance_b ?? this.#parts.B,
      C: value.count_tolerance_c ?? this.#parts.C,
    };
  }

  /** Whole units, so that small bins must match exactly; an item without a class is held to that of A. */
  unitsOf(abcClass: Class | undefined, bookUnits: number): number {
    return Math.floor(this.#parts[abcClass ?? 'A'] * bookUnits + ROUNDING);
  }

  snapshot(): Iterable<SnapshotPart> {
    return jsonParts('tolerance', [this.#parts]);
  }

  restore({ bytes }: SnapshotPart): void {
    [this.#parts = DEFAULTS] = parseJson<Record<Class, number>>(bytes);
  }
}
