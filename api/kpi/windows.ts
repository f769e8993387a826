/**
 * What a question about KPIs asks for in time: a named window that ends now, or from … to. Pure; whatever
 * is wrong with it is a problem that names the field, its value and what would be right.
 *
 * A window that is read by the day (long ones, and all of a SKU) consists of whole days in UTC, the last
 * of which may not be over.
 */
import { KPI_WINDOWS, type KpiWindowName } from '../../contracts/kpi.ts';
import { ProblemError } from '../../platform/http/problem.ts';
import { DAY_MS, rollupOf, startOfDay, type KpiWindow } from './query.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** Most points of a series. */
export const MAX_POINTS = 1000;
/** Points of a series when no step is asked for: at most so many. */
const USUAL_POINTS = 30;

const LENGTH_MS: Readonly<Record<KpiWindowName, number>> = {
  '1h': HOUR_MS,
  '1d': DAY_MS,
  '7d': 7 * DAY_MS,
  '28d': 28 * DAY_MS,
};
/** Steps that people think in. */
const STEPS_MS = [1, 5, 15, 30]
  .map((n) => n * MINUTE_MS)
  .concat(
    [1, 3, 6, 12].map((n) => n * HOUR_MS),
    [1, 7, 28, 91, 364].map((n) => n * DAY_MS),
  );

export interface AskedWindow {
  readonly window?: KpiWindowName | undefined;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly step?: string | undefined;
}

/** A window with its steps, and the window of the same length before it. */
export interface ReadWindow {
  readonly name: KpiWindowName | null;
  readonly previousFromMs: number;
  readonly fromMs: number;
  readonly toMs: number;
  readonly stepMs: number;
  readonly rollup: NonNullable<KpiWindow['rollup']>;
}

/** The window that a question asks for. Throws a ProblemError. */
export function windowOf(asked: AskedWindow, nowMs: number, bySku: boolean): ReadWindow {
  const { fromMs, name, toMs } = boundsOf(asked, nowMs);
  const wantedStepMs = asked.step === undefined ? undefined : stepOf(asked.step);
  const rollup = bySku ? 'day' : rollupOf({ fromMs, toMs });
  const window = rollup === 'day' ? wholeDays({ name, fromMs, toMs }, bySku) : { fromMs, toMs };
  const lengthMs =
    rollup === 'day' ? roundedUp(window.toMs - window.fromMs, DAY_MS) : toMs - fromMs;
  const stepMs = wantedStepMs ?? usualStep(lengthMs);
  const points = Math.ceil(lengthMs / stepMs);
  if (points > MAX_POINTS) {
    const least = STEPS_MS.find((ms) => lengthMs / ms <= MAX_POINTS) ?? lengthMs;
    throw problem('step-too-small', 'The step is too small for the window', {
      field: 'step',
      value: asked.step,
      detail: `it makes ${points} points; ${stepText(least)} makes ${Math.ceil(lengthMs / least)}`,
      allowed: `a step of which the window has at most ${MAX_POINTS}`,
    });
  }
  return {
    name,
    previousFromMs: window.fromMs - lengthMs,
    ...window,
    stepMs: rollup === 'day' ? roundedUp(stepMs, DAY_MS) : stepMs,
    rollup,
  };
}

/** The named window that ends at `nowMs`, for the live topic. */
export const namedWindow = (name: KpiWindowName, nowMs: number) =>
  windowOf({ window: name }, nowMs, false);

interface Bounds {
  readonly fromMs: number;
  readonly toMs: number;
}

function boundsOf(asked: AskedWindow, nowMs: number): Bounds & { name: KpiWindowName | null } {
  const { from, to, window } = asked;
  if (from === undefined && to === undefined) {
    const name = window ?? '1d';
    // What happens now belongs to a window that ends now.
    return { name, fromMs: nowMs + 1 - LENGTH_MS[name], toMs: nowMs + 1 };
  }
  if (window !== undefined && from !== undefined && to !== undefined) {
    throw problem('two-windows', 'There are two windows', {
      field: 'window',
      value: window,
      detail: 'window and from … to exclude each other',
      allowed: 'window with one of from and to at most, or from and to without it',
    });
  }
  const lengthMs = LENGTH_MS[window ?? '1d'];
  const toMs =
    to !== undefined
      ? Date.parse(to)
      : from !== undefined && window !== undefined
        ? Date.parse(from) + lengthMs
        : nowMs + 1;
  const fromMs = from !== undefined ? Date.parse(from) : toMs - lengthMs;
  if (fromMs >= toMs) {
    throw problem('empty-window', 'The window is empty', {
      field: 'from',
      value: from,
      detail: `from is not before to, which is ${new Date(toMs).toISOString()}`,
      allowed: 'an instant before to; to is now when it is not given',
    });
  }
  return { name: null, fromMs, toMs };
}

/** A named window of n days has n of them, with the one that is not over; one from … to is widened. */
function wholeDays(
  { fromMs, name, toMs }: Bounds & { name: string | null },
  bySku: boolean,
): Bounds {
  const laterMs = roundedUp(fromMs, DAY_MS);
  return {
    fromMs: name !== null && laterMs < toMs ? laterMs : startOfDay(fromMs),
    toMs: bySku ? roundedUp(toMs, DAY_MS) : toMs,
  };
}

//                15m   6h   1d
const STEP = /^([1-9]\d{0,5})(m|h|d)$/;
const UNIT_MS = { m: MINUTE_MS, h: HOUR_MS, d: DAY_MS } as const;

function stepOf(step: string): number {
  const [, count = '', unit = ''] = STEP.exec(step) ?? [];
  if (unit in UNIT_MS) return Number(count) * UNIT_MS[unit as keyof typeof UNIT_MS];
  throw problem('bad-step', 'The step is not a length of time', {
    field: 'step',
    value: step,
    detail: 'a step is a whole number of minutes, hours or days',
    allowed: 'a number and m, h or d, such as 15m, 6h or 1d',
  });
}

const usualStep = (lengthMs: number) =>
  STEPS_MS.find((ms) => lengthMs / ms <= USUAL_POINTS) ??
  roundedUp(lengthMs / USUAL_POINTS, DAY_MS);

const roundedUp = (ms: number, unitMs: number) => Math.ceil(ms / unitMs) * unitMs;

function stepText(ms: number): string {
  if (ms % DAY_MS === 0) return `${ms / DAY_MS}d`;
  return ms % HOUR_MS === 0 ? `${ms / HOUR_MS}h` : `${ms / MINUTE_MS}m`;
}

/** A value of `window` in words, for descriptions. */
export const WINDOW_HINT = `One of ${KPI_WINDOWS.join(', ')}; it ends now, or begins at from, or ends at to`;

function problem(
  kind: string,
  title: string,
  rest: { field: string; value: string | undefined; detail: string; allowed: string },
): ProblemError {
  return new ProblemError({ status: 400, kind, title, ...rest });
}
