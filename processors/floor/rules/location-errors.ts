/**
 * LOCATION_ERROR: a bin was not as the system has it, until a count of the bin confirms the book.
 *
 * LOCATION_ERROR_REPEAT: so many errors of one bin in the window, or so many given its picks that the rate of
 * the node's other bins makes them improbable: Gamma–Poisson (REFERENCE §5.1). It ends when the bin has been
 * without error for the window. What is improbable is decided when the error comes, by the picks so far;
 * picks that follow do not undo it.
 */
import { gammaPoissonTail } from '../../detect/statistics/tails.ts';
import { KeptFacts } from '../../facts/kept-facts.ts';
import type { Fact } from '../../facts/signed.ts';
import type { Applied, Outputs, SnapshotPart, Statistic } from '../../processor.ts';
import {
  DAY_MS,
  evidenceOf,
  locationOf,
  outlived,
  switchedOff,
  text,
  withdrawn,
  type Evidence,
  type FloorFact,
  type FloorRule,
  type Shared,
} from './facts.ts';
import { TALLY_DAYS, type Tallies } from './tallies.ts';

/** A bin is followed for so long after its last error. */
const KEPT_DAYS = 60;
const LIMITS = { entities: 50_000, facts: 50, keptMs: KEPT_DAYS * DAY_MS };
/** The prior weighs as much as one error of the node [K]. */
const PRIOR_ERRORS = 1;
/** [K]: before a node has errors of its own, one pick in 1,000 meets one. */
const PRIOR = { errors: 1, picks: 1_000 };
/** One error is no repetition, however improbable. */
const LEAST_ERRORS = 2;
/** Of fewer picks in the window there is no rate to speak of [K]: in a bin that is hardly visited any two
 * errors would be improbable. */
const LEAST_PICKS = 30;

interface ErrorFact extends Fact {
  readonly sku: string;
  readonly type: string;
  readonly evidence: Evidence;
  /** Set when the errors up to this one were improbable as it came. */
  readonly odd: Statistic | null;
}

interface Place {
  readonly node: string;
  readonly bin: string;
}

export class LocationErrors implements FloorRule {
  readonly #shared: Shared;
  readonly #tallies: Tallies;
  readonly #cleanCountMs: (place: Place) => number;
  readonly #bins = new KeptFacts<ErrorFact>('location-errors', LIMITS);

  /** `cleanCountMs` is when a bin was last counted as the book has it; −Infinity when it was not. */
  constructor(shared: Shared, tallies: Tallies, cleanCountMs: (place: Place) => number) {
    this.#shared = shared;
    this.#tallies = tallies;
    this.#cleanCountMs = cleanCountMs;
  }

  met(error: FloorFact, applied: Applied, out: Outputs): void {
    const place = { node: text(error, 'node_id'), bin: text(error, 'location_id') };
    const key = locationOf(place.node, place.bin);
    const { identity, seq, timeMs } = error;
    const bare: ErrorFact = {
      ...{ timeMs, seq, identity, odd: null },
      sku: text(error, 'sku_id'),
      type: text(error, 'reason'),
      evidence: evidenceOf(error),
    };
    const odd = this.#oddity(place, [...this.#bins.of(key), bare], timeMs);
    this.#bins.add(key, { ...bare, odd }, applied.nowMs);
    this.#judge(key, applied, out);
  }

  /** A bin was counted, or a count of it was corrected. */
  counted({ bin, node }: Place, applied: Applied, out: Outputs): void {
    const key = locationOf(node, bin);
    if (this.#bins.has(key)) this.#judge(key, applied, out);
  }

  drop(identity: number, applied: Applied, out: Outputs): void {
    const key = this.#bins.drop(identity);
    if (key === undefined) return;
    const ended = withdrawn(applied);
    this.#shared.episodes.ended(errorKey(key, identity), ended, out);
    this.#judge(key, applied, out);
  }

  onHour(applied: Applied, out: Outputs): void {
    const { episodes } = this.#shared;
    for (const key of episodes.keys(REPEAT))
      this.#judgeRepeat(key.slice(REPEAT.length), applied, out);
    for (const { facts, key: bin } of this.#bins.expire(applied.nowMs)) {
      const ended = outlived(applied, KEPT_DAYS);
      for (const { identity } of facts) episodes.ended(errorKey(bin, identity), ended, out);
      episodes.ended(`${REPEAT}${bin}`, ended, out);
    }
  }

  snapshot(): Iterable<SnapshotPart> {
    return this.#bins.snapshot();
  }

  restore(part: SnapshotPart): void {
    this.#bins.restore(part);
  }

  #judge(bin: string, applied: Applied, out: Outputs): void {
    for (const error of this.#bins.of(bin)) this.#judgeError(bin, error, applied, out);
    this.#judgeRepeat(bin, applied, out);
  }

  #judgeError(entity: string, error: ErrorFact, applied: Applied, out: Outputs): void {
    const { episodes, policies } = this.#shared;
    const place = placeOf(entity);
    const key = errorKey(entity, error.identity);
    const setting = policies.of('LOCATION_ERROR', { node: place.node, sku: error.sku });
    if (!setting.enabled) return episodes.ended(key, switchedOff(applied), out);
    const cleanMs = this.#cleanCountMs(place);
    if (cleanMs >= error.timeMs) {
      const detail = `A count of ${place.bin} confirmed the book`;
      return episodes.ended(key, { atMs: cleanMs, detail }, out);
    }
    episodes.holds(
      key,
      {
        code: 'LOCATION_ERROR',
        subtype: error.type,
        entity,
        ...named(place, error),
        conditionAtMs: error.timeMs,
        detail: `${place.bin} is not as recorded: ${error.type.replace('_', ' ')}`,
        rule: setting,
        evidence: [error.evidence],
      },
      applied,
      out,
    );
  }

  #judgeRepeat(entity: string, applied: Applied, out: Outputs): void {
    const { episodes, policies } = this.#shared;
    const place = placeOf(entity);
    const key = `${REPEAT}${entity}`;
    const setting = policies.of('LOCATION_ERROR_REPEAT', { node: place.node });
    if (!setting.enabled) return episodes.ended(key, switchedOff(applied), out);
    const errors = this.#bins.of(entity);
    const windowMs = (setting.parameters['window_d'] ?? 0) * DAY_MS;
    const repeat = repeatOf(errors, windowMs, setting.parameters['count'] ?? Infinity);
    const last = errors.at(-1);
    if (repeat === null || last === undefined) {
      return episodes.ended(key, withdrawn(applied), out);
    }
    if (applied.nowMs - last.timeMs >= windowMs) {
      const detail = `${place.bin} has been without error since ${new Date(last.timeMs).toISOString()}`;
      return episodes.ended(key, { atMs: last.timeMs + windowMs, detail }, out);
    }
    const { began, odd, recent } = repeat;
    episodes.holds(
      key,
      {
        code: 'LOCATION_ERROR_REPEAT',
        entity,
        ...named(place, last),
        conditionAtMs: began.timeMs,
        detail: `${recent.length} errors of ${place.bin} in ${setting.parameters['window_d']} days`,
        rule: setting,
        ...(odd === null ? {} : { statistic: odd }),
        evidence: recent.map(({ evidence }) => evidence),
      },
      applied,
      out,
    );
  }

  /** The figure behind the errors of a bin up to `atMs`, when they are improbable given its picks. */
  #oddity(place: Place, errors: readonly ErrorFact[], atMs: number): Statistic | null {
    const { parameters } = this.#shared.policies.of('LOCATION_ERROR_REPEAT', { node: place.node });
    const days = Math.min(TALLY_DAYS, Math.ceil(parameters['window_d'] ?? 0));
    const limit = parameters['rate_p'] ?? 0;
    const x = errors.filter(({ timeMs }) => timeMs <= atMs && timeMs > atMs - days * DAY_MS).length;
    if (x < LEAST_ERRORS) return null;
    const { bin, others } = this.#tallies.within(place, days, atMs);
    const n = bin.picks;
    if (n < LEAST_PICKS) return null;
    const rate = (others.errors + PRIOR.errors) / (others.picks + PRIOR.picks);
    const p = gammaPoissonTail(x, { a: PRIOR_ERRORS, b: PRIOR_ERRORS / rate, n });
    if (p >= limit) return null;
    const name = 'Gamma–Poisson tail of location errors';
    return { name, value: x, expected: n * rate, limit, p };
  }
}

const REPEAT = 'LOCATION_ERROR_REPEAT/';

const errorKey = (bin: string, identity: number) => `LOCATION_ERROR/${bin}/${identity}`;

/** Of `location/<node>/<bin>`; a bin may have slashes in its name. */
function placeOf(entity: string): Place {
  const [, node = '', ...bin] = entity.split('/');
  return { node, bin: bin.join('/') };
}

const named = ({ bin, node }: Place, { sku }: ErrorFact) => ({
  ...(sku === '' ? {} : { skuId: sku }),
  nodeId: node,
  locationId: bin,
});

interface Repeat {
  /** The error with which it began. */
  readonly began: ErrorFact;
  readonly odd: Statistic | null;
  /** Errors of the window that ends with the last one. */
  readonly recent: readonly ErrorFact[];
}

/** The repetition that the last error belongs to; null when there is none. */
function repeatOf(errors: readonly ErrorFact[], windowMs: number, count: number): Repeat | null {
  let began: ErrorFact | null = null;
  let odd: Statistic | null = null;
  errors.forEach((error, index) => {
    const before = errors[index - 1];
    if (before !== undefined && error.timeMs - before.timeMs >= windowMs) began = null;
    if (began !== null) return;
    const isOften = withinWindow(errors, index, windowMs).length >= count;
    if (isOften || error.odd !== null) [began, odd] = [error, error.odd];
  });
  if (began === null) return null;
  return { began, odd, recent: withinWindow(errors, errors.length - 1, windowMs) };
}

function withinWindow(errors: readonly ErrorFact[], index: number, windowMs: number): ErrorFact[] {
  const atMs = errors[index]?.timeMs ?? 0;
  return errors.slice(0, index + 1).filter(({ timeMs }) => timeMs > atMs - windowMs);
}
