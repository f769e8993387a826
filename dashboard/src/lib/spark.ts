/** Geometry of a sparkline: steps, since stock changes at instants and holds between them. Pure. */
export interface TrailPoint {
  readonly atMs: number;
  readonly value: number;
}

export interface SparkBox {
  readonly width: number;
  readonly height: number;
  /** End of the line in time. */
  readonly nowMs: number;
  /** Time that fills the width at least: until then the line grows from the left. */
  readonly leastMs: number;
}

/** SVG path of the points as steps; empty without points. A level line runs through the middle. */
export function stepPath(points: readonly TrailPoint[], box: SparkBox): string {
  const [first] = points;
  const last = points.at(-1);
  if (first === undefined || last === undefined) return '';
  // The page's clock ticks once a second, so that a point can be ahead of it.
  const endMs = Math.max(box.nowMs, last.atMs);
  const spanMs = Math.max(box.leastMs, endMs - first.atMs);
  const values = points.map((point) => point.value);
  const low = Math.min(...values);
  const range = Math.max(...values) - low;

  const x = (atMs: number) => round((box.width * (atMs - first.atMs)) / spanMs);
  const y = (value: number) =>
    round(range === 0 ? box.height / 2 : box.height * (1 - (value - low) / range));
  const steps = points.slice(1).map((point) => `H${x(point.atMs)}V${y(point.value)}`);
  return `M0 ${y(first.value)}${steps.join('')}H${x(endMs)}`;
}

const round = (value: number) => Math.round(value * 10) / 10;
