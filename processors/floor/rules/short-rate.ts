/**
 * SHORT_PICK, subtype rate: a bin comes out short far more often than its node does. The number of short
 * picks among the picks of two weeks is beta-binomial (REFERENCE §5.1) around the rate of the node's other
 * bins. Judged at each short pick; it ends when the two weeks are ordinary again, looked at once an hour.
 */
import { betaBinomialTail } from '../../detect/statistics/tails.ts';
import type { Applied, Outputs } from '../../processor.ts';
import { locationOf, switchedOff, text, evidenceOf, type FloorFact, type Shared } from './facts.ts';
import type { Tallies } from './tallies.ts';

/** [K]: as long as the window of repeated location errors. */
const WINDOW_DAYS = 14;
/** Picks that the rate of the node is worth (REFERENCE §5.1: 200 where it is not estimated). */
const STRENGTH = 200;
/** [K]: what a node is taken to come out short before it has picks of its own: one in 200. */
const PRIOR = { shorts: 1, picks: 200 };
/** One short pick is no rate. */
const LEAST_SHORTS = 2;

const PREFIX = 'SHORT_PICK.rate/';

interface Place {
  readonly node: string;
  readonly bin: string;
}

export class ShortRate {
  readonly #shared: Shared;
  readonly #tallies: Tallies;

  constructor(shared: Shared, tallies: Tallies) {
    this.#shared = shared;
    this.#tallies = tallies;
  }

  shorted(pick: FloorFact, applied: Applied, out: Outputs): void {
    const place = { node: text(pick, 'node_id'), bin: text(pick, 'location_id') };
    this.#judge(place, pick, applied, out);
  }

  onHour(applied: Applied, out: Outputs): void {
    const { episodes } = this.#shared;
    for (const key of episodes.keys(PREFIX)) {
      const { locationId = '', nodeId = '' } = episodes.get(key) ?? {};
      this.#judge({ node: nodeId, bin: locationId }, null, applied, out);
    }
  }

  /** Without a pick it only ends, or goes on. */
  #judge(place: Place, pick: FloorFact | null, applied: Applied, out: Outputs): void {
    const { episodes, policies } = this.#shared;
    const { bin, node } = place;
    const { nowMs } = applied;
    const setting = policies.of('SHORT_PICK', { node });
    const key = `${PREFIX}${node}/${bin}`;
    if (!setting.enabled) return episodes.ended(key, switchedOff(applied), out);
    const { bin: own, others } = this.#tallies.within(place, WINDOW_DAYS, nowMs);
    const rate = (others.shorts + PRIOR.shorts) / (others.picks + PRIOR.picks);
    const beta = { n: own.picks, a: STRENGTH * rate, b: STRENGTH * (1 - rate) };
    const p = betaBinomialTail(own.shorts, beta);
    const limit = setting.parameters['rate_p'] ?? 0;
    if (own.shorts < LEAST_SHORTS || p >= limit) {
      const detail = `${own.shorts} of ${own.picks} picks in ${WINDOW_DAYS} days came out short: no more than usual`;
      return episodes.ended(key, { atMs: nowMs, detail }, out);
    }
    if (pick === null) return;
    episodes.holds(
      key,
      {
        code: 'SHORT_PICK',
        subtype: 'rate',
        entity: locationOf(node, bin),
        ...{ nodeId: node, locationId: bin, conditionAtMs: pick.timeMs },
        detail: `${own.shorts} of ${own.picks} picks in ${WINDOW_DAYS} days came out short; ${(100 * rate).toFixed(2)} % do elsewhere in ${node}`,
        rule: setting,
        statistic: {
          ...{ name: 'beta-binomial tail of short picks', value: own.shorts },
          ...{ expected: own.picks * rate, limit, p },
        },
        evidence: [evidenceOf(pick)],
      },
      applied,
      out,
    );
  }
}
