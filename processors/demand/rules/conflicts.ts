/**
 * CHANNEL_CONFLICT (REFERENCE §4.2): a channel is told something else than what there is.
 *
 *   overstated    published > AFS + max(units, share × AFS): it sells what is not there
 *   stale         AFS moved by more than that, and the channel was not told within so many of its cadences
 *   understated   published 0, and there is plenty: it does not sell what is there
 *
 * A channel's cadence is learned from when it publishes anything at all. Publishing on change is as good as
 * publishing on a schedule: the clock of `stale` runs from when AFS moved, not from the last publication; and
 * a channel that is told something every second is not stale before it would be overstated.
 * Bounds: what was told is kept by SKU and channel, like the publications themselves; MOST_CHANNELS cadences.
 */
import type { ChannelAfs } from '../../../contracts/atp.ts';
import { Cadence, type SavedCadence } from '../../facts/cadence.ts';
import { joined, jsonParts, mapParts, parseJson, restoreMap } from '../../facts/parts.ts';
import { parameter, type RulePolicies, type RuleSetting } from '../../facts/rule-policies.ts';
import type { SnapshotPart } from '../../processor.ts';
import type { Publication } from '../../stock/published.ts';
import type { Condition } from './held-conditions.ts';
import { MINUTE_MS, worth, type Look } from './look.ts';

/** Channels whose cadence is learned; a later one is never stale. */
const MOST_CHANNELS = 1_000;

/** What a channel could sell when it was told last. */
interface Told {
  /** Of the publication (ms). */
  readonly atMs: number;
  readonly afs: number;
}

export class Conflicts {
  readonly #rules: RulePolicies;
  readonly #cadences = new Map<string, Cadence>();
  /** By `sku channel`. Replaced, never changed. */
  readonly #told = new Map<string, Told>();

  constructor(rules: RulePolicies) {
    this.#rules = rules;
  }

  /** The channel has published something. */
  published(channel: string, nowMs: number): void {
    const cadence = this.#cadences.get(channel);
    if (cadence !== undefined) cadence.heard(nowMs);
    else if (this.#cadences.size < MOST_CHANNELS) {
      const heard = { firstMs: nowMs, lastMs: nowMs, silences: [] };
      this.#cadences.set(channel, new Cadence(heard));
    }
  }

  /** Conflicts of a SKU, given what each channel may sell and was told. */
  of(
    look: Look,
    channels: readonly ChannelAfs[],
    publications: readonly Publication[],
  ): Condition[] {
    return publications.flatMap((told) => {
      const channel = channels.find((one) => one.channel_id === told.channel);
      return channel === undefined ? [] : this.#conflicts(look, channel.afs, told);
    });
  }

  snapshot(): Iterable<SnapshotPart> {
    const cadences = [...this.#cadences].map(([channel, cadence]) => [channel, cadence.saved()]);
    return joined([jsonParts('conflicts.cadences', cadences), mapParts('conflicts', this.#told)]);
  }

  restore({ bytes, name }: SnapshotPart): void {
    if (name === 'conflicts') return restoreMap(this.#told, bytes);
    for (const [channel, saved] of parseJson<[string, SavedCadence]>(bytes)) {
      this.#cadences.set(channel, new Cadence(saved));
    }
  }

  #conflicts(look: Look, afs: number, told: Publication): Condition[] {
    const moved = this.#hasMoved(look.sku, afs, told);
    const excess = told.units - afs;
    // As it should be: most of what is looked at.
    if (excess === 0) return [];
    const setting = this.#rules.of('CHANNEL_CONFLICT', { sku: look.sku, channel: told.channel });
    if (!setting.enabled) return [];
    const of = (name: string) => parameter(setting, name);
    const conflict = conflictOf(look, afs, told, setting);
    const found: Condition[] = [];
    const tolerated = Math.max(of('units'), of('share') * afs);
    if (excess > tolerated) {
      const holdMs = of('overstated_min') * MINUTE_MS;
      found.push({ ...conflict('overstated', excess), holdMs });
    }
    if (!look.active) return found;
    if (told.units === 0 && afs >= of('understated_units')) {
      const holdMs = of('understated_min') * MINUTE_MS;
      found.push({ ...conflict('understated', afs), holdMs });
    }
    if (!moved || Math.abs(excess) <= tolerated) return found;
    const cadenceMs = this.#cadences.get(told.channel)?.learnedMs() ?? null;
    if (cadenceMs !== null) {
      const owedMs = of('stale_cadences') * cadenceMs;
      const holdMs = Math.max(owedMs, of('overstated_min') * MINUTE_MS);
      found.push({ ...conflict('stale', Math.abs(excess)), holdMs });
    }
    return found;
  }

  /** True when AFS is another one than when the channel was told. */
  #hasMoved(sku: string, afs: number, { atMs, channel }: Publication): boolean {
    const key = `${sku} ${channel}`;
    const before = this.#told.get(key);
    if (before?.atMs === atMs) return afs !== before.afs;
    this.#told.set(key, { atMs, afs });
    return false;
  }
}

const SUBTYPES = {
  overstated: { floor: 'SEV2', words: 'more than there is' },
  stale: { floor: 'SEV2', words: 'what is not so any more' },
  understated: { floor: 'SEV3', words: 'nothing' },
} as const;

function conflictOf(
  { sinceMs, sku, touch, unitCost }: Look,
  afs: number,
  { channel, id, source, units: published }: Publication,
  setting: RuleSetting,
) {
  return (subtype: keyof typeof SUBTYPES, units: number) => ({
    code: 'CHANNEL_CONFLICT' as const,
    subtype,
    entity: `channel/${channel}/sku/${sku}`,
    skuId: sku,
    channelId: channel,
    setting,
    sinceMs,
    units,
    amount: worth(unitCost, units),
    floor: SUBTYPES[subtype].floor,
    detail: `${channel} is told ${SUBTYPES[subtype].words} of ${sku}: ${published} units are published, ${afs} are for sale`,
    end: `what ${channel} is told of ${sku} is no longer ${subtype}`,
    evidence: [{ source, id }, ...touch.filter((one) => one.id !== id || one.source !== source)],
  });
}
