/**
 * The detector of shrinkage: unexplained losses that are too many for a SKU at a node.
 *
 *   losses ─▶ history per SKU and node ─▶ every `window_h`: those with a new loss are assessed
 *        ─▶ Benjamini–Hochberg over all SKUs of all nodes (no loss: p = 1), or the CUSUM of cost
 *        ─▶ ranked by expected loss, weighed by the isolation forest ─▶ `budget` a day are paged, all stand in `anomalies`
 *
 * An episode lasts until the entity had no loss for seven days. It is told once, and again when its cost has
 * doubled. Facts that turn out wrong (a correction, units that are found) take back what does not hold without
 * them. Pure.
 */
import { micros } from '../../facts/money.ts';
import { jsonParts, mapParts, parseJson, restoreMap } from '../../facts/parts.ts';
import type { RulePolicies } from '../../facts/rule-policies.ts';
import type { Applied, Cell, Outputs, SnapshotPart } from '../../processor.ts';
import { benjaminiHochberg } from '../statistics/multiplicity.ts';
import type { Scorer } from '../model/scorer.ts';
import {
  anomalyCells,
  anomalyOf,
  CODE,
  findingOf,
  weightOf,
  type Anomaly,
  type Outcome,
} from './anomaly.ts';
import {
  assess,
  CUSUM_H,
  EPISODE_MS,
  LEAST_OCCASIONS,
  usual,
  watchedDays,
  type Assessment,
  type Peers,
} from './assess.ts';
import type { Costs } from './costs.ts';
import type { Histories, History } from './histories.ts';
import { standing, type LossEvent, type LossFact } from './losses.ts';
import type { Watched } from './watched.ts';

const HOUR_MS = 60 * 60_000;
const DAY_MS = 24 * HOUR_MS;
/** An episode is told again when its cost is this many times what was told. */
const WORSE = 2n;
/** What people called expected is silent for so long. */
const QUIET_MS = 30 * DAY_MS;

/** An anomaly that stands. Replaced, never changed. */
interface Episode {
  readonly asOfMs: number;
  readonly lastLossMs: number;
  readonly occasions: number;
  readonly limit: number;
  readonly cells: readonly Cell[];
  /** Findings that were raised of it, and the cost that the last of them told; none when it was not paged. */
  readonly findingIds: readonly string[];
  readonly told: string;
}

interface Parts {
  readonly histories: Histories;
  readonly watched: Watched;
  readonly costs: Costs;
  readonly rules: RulePolicies;
  readonly scorer: Scorer;
}

export class Shrinkage {
  readonly #parts: Parts;
  /** Entities with a loss since the last closing window, in the order of the log. */
  readonly #lost = new Set<string>();
  /** Entities of which a fact was dropped or made good since then. */
  readonly #mended = new Set<string>();
  readonly #episodes = new Map<string, Episode>();
  /** Until when an entity is silent. */
  readonly #quiet = new Map<string, number>();
  /** Anomalies that were paged on the day (UTC). */
  #day = { day: 0, paged: 0 };
  #lastMs = 0;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  lost(loss: LossEvent): void {
    const entity = this.#parts.histories.add(loss);
    if (loss.fact.units > 0) this.#lost.add(entity);
    else this.#mended.add(entity);
    // A count that has been booked is a loss no more.
    if (loss.fact.kind === 'count booked') this.#mended.add(entity);
  }

  /** A fact did not happen. */
  dropped(identity: number): void {
    const entity = this.#parts.histories.drop(identity);
    if (entity !== undefined) this.#mended.add(entity);
  }

  /**
   * People said that the entity's losses are no incident: from now on they count as what is usual. Known and
   * fine, they are not told of for a while either.
   */
  judged(entity: string, verdict: 'false' | 'expected', atMs: number): void {
    this.#parts.histories.mark(entity, () => false);
    if (verdict === 'expected') this.#quiet.set(entity, atMs + QUIET_MS);
  }

  /** Closes the window that `nowMs` has left, if any. */
  onTime(applied: Applied, out: Outputs): void {
    const { nowMs } = applied;
    const windowMs = this.#parameter('window_h') * HOUR_MS;
    const window = Math.floor(this.#lastMs / windowMs);
    if (Math.floor(nowMs / windowMs) === window) return;
    const asOfMs = (window + 1) * windowMs;
    this.#lastMs = nowMs;
    this.#retract(applied, out);
    this.#close(asOfMs, applied, out);
    this.#end(applied, out);
    this.#parts.histories.onTime(nowMs);
    for (const [entity, untilMs] of this.#quiet) if (nowMs >= untilMs) this.#quiet.delete(entity);
  }

  #parameter(name: string): number {
    return this.#parts.rules.of(CODE).parameters[name] as number;
  }

  /** Takes back what does not hold any more, now that facts are known to be otherwise. */
  #retract(applied: Applied, out: Outputs): void {
    const peers = this.#peers(applied.nowMs);
    for (const entity of this.#mended) {
      const episode = this.#episodes.get(entity);
      if (episode === undefined) continue;
      const history = this.#parts.histories.get(entity);
      const left = history && this.#assess(history, episode.asOfMs, peers);
      if (left !== undefined && isUnusual(left, episode.limit)) continue;
      if (left !== undefined && left.occasions >= episode.occasions) continue;
      this.#episodes.delete(entity);
      this.#parts.histories.mark(entity, () => false);
      this.#write(episode.cells, -1, applied, out);
      this.#clear(entity, episode, 'the losses behind it are explained or did not happen', {
        ...{ applied, out },
      });
    }
    this.#mended.clear();
  }

  #close(asOfMs: number, applied: Applied, out: Outputs): void {
    if (this.#lost.size === 0) return;
    const { costs, histories, rules, scorer, watched } = this.#parts;
    const peers = this.#peers(asOfMs);
    const tested = [...this.#lost].flatMap((entity) => {
      const history = histories.get(entity);
      if (history === undefined || history.facts.length === 0) return [];
      if (!rules.of(CODE, { sku: history.sku, node: history.node }).enabled) return [];
      return [{ entity, history, assessment: this.#assess(history, asOfMs, peers) }];
    });
    this.#lost.clear();
    const ps = tested.map(({ assessment }) => assessment.p);
    const q = this.#parameter('q');
    const tests = Math.max(watched.size, ps.length);
    const limit = (Math.max(1, benjaminiHochberg(ps, q, tests)) * q) / tests;
    const anomalies = tested
      .filter(({ assessment }) => isUnusual(assessment, limit))
      .map(({ assessment, entity, history }) => {
        const costOf = (loss: LossFact) => loss.unitCost ?? costs.get(history.sku);
        const { node, sku } = history;
        const unitCost = Number(costs.get(sku) ?? 0);
        const scored = scorer.score({ sku, node }, { asOfMs, unitCost });
        return anomalyOf(entity, { sku, node }, { assessment, asOfMs, limit, costOf, scored });
      })
      .sort((a, b) => weightOf(b) - weightOf(a) || (a.entity < b.entity ? -1 : 1));
    anomalies.forEach((anomaly, index) => this.#found(anomaly, index + 1, applied, out));
  }

  #found(anomaly: Anomaly, rank: number, applied: Applied, out: Outputs): void {
    const { asOfMs, assessment, entity, limit, amount } = anomaly;
    const before = this.#episodes.get(entity);
    const known = before !== undefined && before.findingIds.length > 0;
    const outcome = known ? 'paged' : this.#outcome(anomaly, applied.nowMs);
    const tells = outcome === 'paged' && (!known || isWorse(amount, before.told));
    if (outcome === 'paged' && !known) this.#day.paged += 1;
    const cells = anomalyCells(anomaly, { rank, outcome });
    if (before !== undefined) this.#write(before.cells, -1, applied, out);
    this.#write(cells, 1, applied, out);
    let findingIds = before?.findingIds ?? [];
    if (tells) {
      const { parameters, version } = this.#parts.rules.of(CODE, {
        sku: anomaly.sku,
        node: anomaly.node,
      });
      const finding = findingOf(anomaly, { version, parameters });
      out.finding(finding);
      findingIds = [...findingIds, finding.findingId];
    }
    this.#episodes.set(entity, {
      ...{ asOfMs, limit, cells, findingIds },
      lastLossMs: assessment.losses.at(-1)?.timeMs ?? asOfMs,
      occasions: assessment.occasions,
      told: tells ? amount : (before?.told ?? '0'),
    });
    const ids = new Set(assessment.losses.map(({ identity }) => identity));
    this.#parts.histories.mark(entity, (fact) => fact.anomalous === true || ids.has(fact.identity));
  }

  #outcome({ amount, entity }: Anomaly, nowMs: number): Outcome {
    if ((this.#quiet.get(entity) ?? 0) > nowMs) return 'expected';
    if (Number(amount) < this.#parameter('amount')) return 'petty';
    const day = Math.floor(nowMs / DAY_MS);
    if (this.#day.day !== day) this.#day = { day, paged: 0 };
    return this.#day.paged < this.#parameter('budget') ? 'paged' : 'budget';
  }

  /** Ends episodes without a loss for long enough. Their rows stand: they were anomalies. */
  #end(applied: Applied, out: Outputs): void {
    for (const [entity, episode] of this.#episodes) {
      if (applied.nowMs - episode.lastLossMs < EPISODE_MS) continue;
      this.#episodes.delete(entity);
      this.#clear(entity, episode, 'no unusual loss for seven days', { applied, out });
    }
  }

  #clear(
    entity: string,
    { findingIds }: Episode,
    detail: string,
    { applied, out }: { applied: Applied; out: Outputs },
  ): void {
    for (const findingId of findingIds) {
      out.cleared({ findingId, code: CODE, entity, clearedAtMs: applied.nowMs, detail });
    }
  }

  #write(cells: readonly Cell[], sign: 1 | -1, { nowMs, seq }: Applied, out: Outputs): void {
    out.row('anomalies', [...cells, sign, nowMs, seq]);
  }

  #assess({ facts, node, sku }: History, asOfMs: number, peers: NodePeers): Assessment {
    const losses = standing(facts);
    const ofNode = peers.get(node) ?? { losses: 0, squares: 0, skus: 1, days: 0 };
    const own = usual(losses, asOfMs).length;
    return assess(losses, {
      asOfMs,
      peers: {
        ...ofNode,
        losses: ofNode.losses - own,
        squares: ofNode.squares - own * own,
        skus: Math.max(0, ofNode.skus - 1),
      },
      costOf: (loss) => Number(loss.unitCost ?? this.#parts.costs.get(sku) ?? 1),
    });
  }

  /** Losses, SKUs and days of each node with a loss. */
  #peers(asOfMs: number): NodePeers {
    const sums = new Map<string, { losses: number; squares: number }>();
    for (const [, { facts, node }] of this.#parts.histories.all()) {
      const count = usual(standing(facts), asOfMs).length;
      const { losses, squares } = sums.get(node) ?? { losses: 0, squares: 0 };
      sums.set(node, { losses: losses + count, squares: squares + count * count });
    }
    return new Map(
      [...sums].map(([node, ofNode]) => {
        const { sinceMs, skus } = this.#parts.watched.of(node) ?? { sinceMs: asOfMs, skus: 1 };
        return [node, { ...ofNode, skus, days: watchedDays(sinceMs, asOfMs) }];
      }),
    );
  }

  snapshot(): Iterable<SnapshotPart>[] {
    const state: State = {
      ...{ lost: [...this.#lost], mended: [...this.#mended] },
      ...{ day: { ...this.#day }, lastMs: this.#lastMs },
    };
    return [
      jsonParts('windows', [state]),
      mapParts('episodes', this.#episodes),
      mapParts('quiet', this.#quiet),
    ];
  }

  readonly sections: Readonly<Record<string, (bytes: Uint8Array) => void>> = {
    windows: (bytes) => {
      const [state] = parseJson<State>(bytes);
      if (state === undefined) return;
      for (const entity of state.lost) this.#lost.add(entity);
      for (const entity of state.mended) this.#mended.add(entity);
      this.#day = state.day;
      this.#lastMs = state.lastMs;
    },
    episodes: (bytes) => restoreMap(this.#episodes, bytes),
    quiet: (bytes) => restoreMap(this.#quiet, bytes),
  };
}

interface State {
  readonly lost: readonly string[];
  readonly mended: readonly string[];
  readonly day: { day: number; paged: number };
  readonly lastMs: number;
}

type NodePeers = ReadonlyMap<string, Peers>;

const isUnusual = ({ cusum, occasions, p }: Assessment, limit: number) =>
  occasions >= LEAST_OCCASIONS && (p <= limit || cusum > CUSUM_H);

const isWorse = (amount: string, told: string) => micros(amount) >= WORSE * micros(told);
