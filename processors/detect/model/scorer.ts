/**
 * The shrinkage model in the stream: the one that was accepted last, and the scores that it gives. A model whose
 * bytes are missing, damaged or not what this detector reads is refused, and the last good one stays.
 */
import type { DataOf } from '../../../contracts/events.ts';
import { jsonParts, parseJson } from '../../facts/parts.ts';
import type { Applied, Cell, Outputs, SnapshotPart } from '../../processor.ts';
import type { Activity } from './activity.ts';
import { featuresOf } from './features.ts';
import { ModelError, readModel, scoreRow, type Model, type Score } from './model.ts';

/** A score and the model that gave it. */
export interface Scored extends Score {
  readonly modelId: string;
}

const CODE = 'MODEL_REFUSED';
const ENTITY = 'model/shrinkage';

export class Scorer {
  readonly #activity: Activity;
  #known: { readonly id: string; readonly model: Model; readonly bytes: Uint8Array } | null = null;
  /** The refusal that stands. */
  #refusal: string | null = null;

  constructor(activity: Activity) {
    this.#activity = activity;
  }

  trained(data: DataOf<'model.trained'>, applied: Applied, out: Outputs): void {
    const fault = this.#take(data, applied.attachment);
    out.row('models', cellsOf(data, fault, applied));
    if (fault !== null) return this.#refused(data, fault, applied, out);
    if (this.#refusal === null) return;
    const detail = `model ${data.model_id} was accepted`;
    const findingId = this.#refusal;
    out.cleared({ findingId, code: CODE, entity: ENTITY, clearedAtMs: applied.nowMs, detail });
    this.#refusal = null;
  }

  /** Null while there is no model, or nothing is known of the SKU at the node. */
  score(
    place: { sku: string; node: string },
    { asOfMs, unitCost }: { asOfMs: number; unitCost: number },
  ): Scored | null {
    if (this.#known === null) return null;
    const recent = this.#activity.of(place, asOfMs);
    if (recent === null) return null;
    const { daysSinceCount, sums } = recent;
    const row = featuresOf(sums, { daysSinceCount, unitCost });
    return { ...scoreRow(this.#known.model, row), modelId: this.#known.id };
  }

  /** What is wrong with it; null when it is the model from now on. */
  #take({ model_id: id }: DataOf<'model.trained'>, bytes: Uint8Array | undefined): string | null {
    if (bytes === undefined) return 'its bytes are missing, or are not those that the hash is of';
    try {
      this.#known = { id, model: readModel(bytes), bytes };
      return null;
    } catch (error) {
      if (error instanceof ModelError) return error.message;
      throw error;
    }
  }

  #refused(
    { model_id: id }: DataOf<'model.trained'>,
    fault: string,
    { event, seq, timeMs }: Applied,
    out: Outputs,
  ): void {
    const stays = this.#known === null ? 'there is none yet' : `${this.#known.id} stays`;
    // One case, however many are refused: it is told of again, and ends with the next good one.
    this.#refusal ??= `${CODE}/${id}/${seq}`;
    out.finding({
      findingId: this.#refusal,
      code: CODE,
      entity: ENTITY,
      conditionAtMs: timeMs,
      detail: `Model ${id} is refused: ${fault}; of the models before it ${stays}`,
      evidence: [{ source: event.source, id: event.id }],
    });
  }

  snapshot(): Iterable<SnapshotPart>[] {
    const state: State = { id: this.#known?.id ?? null, refusal: this.#refusal };
    const bytes = this.#known?.bytes;
    return [
      jsonParts('model', [state]),
      ...(bytes === undefined ? [] : [[{ name: 'model-bytes', bytes }]]),
    ];
  }

  readonly sections: Readonly<Record<string, (bytes: Uint8Array) => void>> = {
    model: (bytes) => {
      const [state] = parseJson<State>(bytes);
      this.#refusal = state?.refusal ?? null;
      this.#restoredId = state?.id ?? null;
    },
    'model-bytes': (bytes) => {
      // A copy: the bytes belong to the reader of the snapshot.
      const own = Uint8Array.from(bytes);
      this.#known = { id: this.#restoredId ?? '', model: readModel(own), bytes: own };
    },
  };
  /** Id of the model whose bytes are the next part of the snapshot. */
  #restoredId: string | null = null;
}

interface State {
  readonly id: string | null;
  readonly refusal: string | null;
}

/** Cells of `models`. */
function cellsOf(
  data: DataOf<'model.trained'>,
  fault: string | null,
  { nowMs, seq, timeMs }: Applied,
): Cell[] {
  return [
    data.model_id,
    data.purpose,
    data.sha256,
    data.size_bytes,
    data.features.join(', '),
    data.rows,
    data.seed,
    Date.parse(data.trained_from),
    Date.parse(data.trained_to),
    data.actor,
    data.reason,
    fault === null ? 'accepted' : 'refused',
    fault ?? '',
    timeMs,
    nowMs,
    seq,
  ];
}
