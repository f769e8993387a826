/**
 * A number's way since the page began to watch it, for a sparkline. A point per change; the oldest
 * leave when there are too many.
 */
import type { TrailPoint } from './spark.ts';

const MAX_POINTS = 240;

export class Trail {
  #points: readonly TrailPoint[] = $state.raw([]);

  get points(): readonly TrailPoint[] {
    return this.#points;
  }

  push(point: TrailPoint): void {
    if (this.#points.at(-1)?.value === point.value) return;
    this.#points = [...this.#points, point].slice(-MAX_POINTS);
  }
}
