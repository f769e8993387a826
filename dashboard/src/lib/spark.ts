/** Geometry of a sparkline: steps, since stock changes at instants and holds between them. Pure. */
export interface TrailPoint {
  readonly atMs: number;
  readonly value: number;
}

export interface SparkBox {
  readonly width: number;
  readonly height: number;
  /** Right edge in time; the left one is the first point, or `leastMs` before it. */
  readonly nowMs: number;
  readonly leastMs: number;
}

/** SVG path of the points as steps; empty without points. A level line runs through the middle. */
export function stepPath(points: readonly TrailPoint[], box: SparkBox): string {
  const [first] = points;
  if (first === undefined) return '';
  const startMs = Math.min(first.atMs, box.nowMs - box.leastMs);
  const values = points.map((point) => point.value);
  const low = Math.min(...values);
  const span = Math.max(...values) - low;
  const x = (atMs: number) =>
    round((box.width * (Math.min(atMs, box.nowMs) - startMs)) / (box.nowMs - startMs));
  const y = (value: number) =>
    round(span === 0 ? box.height / 2 : box.height * (1 - (value - low) / span));

  const steps = points.slice(1).map((point) => `H${x(point.atMs)}V${y(point.value)}`);
  return `M${x(first.atMs)} ${y(first.value)}${steps.join('')}H${box.width}`;
}

const round = (value: number) => Math.round(value * 10) / 10;
