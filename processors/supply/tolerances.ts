/** How far a PO line may come from its due date and be on time: the measurement policy, −2/+0 days (K20 [K]). */
import type { DataOf } from '../../contracts/events.ts';
import { POLICY_DEFAULTS } from '../../contracts/policy-defaults.ts';
import type { SnapshotPart } from '../processor.ts';
import { jsonParts, parseJson } from '../facts/parts.ts';
import type { Tolerance } from './lines.ts';

type Measurement = Extract<DataOf<'policy.set'>, { policy: 'measurement' }>['value'];

const DAY_MS = 24 * 60 * 60_000;

interface State extends Tolerance {
  /** Event time of the decision about either; of two decisions the later one holds. */
  readonly earlyAtMs: number;
  readonly lateAtMs: number;
}

export class Tolerances {
  #state: State = {
    earlyMs: POLICY_DEFAULTS.measurement.po_early_d * DAY_MS,
    lateMs: POLICY_DEFAULTS.measurement.po_late_d * DAY_MS,
    earlyAtMs: Number.MIN_SAFE_INTEGER,
    lateAtMs: Number.MIN_SAFE_INTEGER,
  };

  get current(): Tolerance {
    return this.#state;
  }

  /** What holds once a decision is taken; a field that it leaves out stays as it is. */
  after(value: Measurement, timeMs: number): State {
    const { po_early_d: early, po_late_d: late } = value;
    const state = this.#state;
    return {
      ...state,
      ...(early !== undefined && timeMs >= state.earlyAtMs
        ? { earlyMs: early * DAY_MS, earlyAtMs: timeMs }
        : {}),
      ...(late !== undefined && timeMs >= state.lateAtMs
        ? { lateMs: late * DAY_MS, lateAtMs: timeMs }
        : {}),
    };
  }

  set(value: Measurement, timeMs: number): void {
    this.#state = this.after(value, timeMs);
  }

  snapshot(): Iterable<SnapshotPart> {
    return jsonParts('tolerances', [this.#state]);
  }

  restore({ bytes }: SnapshotPart): void {
    const [saved] = parseJson<State>(bytes);
    if (saved !== undefined) this.#state = saved;
  }
}
