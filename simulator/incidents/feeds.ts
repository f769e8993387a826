/** Incidents of feeds: channels that are told the wrong thing, sources that are silent or do not add up. */
import { DAY, HOUR, MINUTE } from '../calendar.ts';
import { PARTNER, SOURCES, type Sku, type Source } from '../catalogue.ts';
import { cadenceMs, mayBeSold, partnerSnapshot, publish, sendSnapshot } from '../feeds.ts';
import { pool, type World } from '../world.ts';
import type { Act } from './inject.ts';
import { begins, draftOf, engage, PETTY_CENTS, PETTY_UNITS, type Kind } from './kinds.ts';

const CHANNEL = 'web';

function conflict(subtype: 'overstated' | 'understated' | 'stale'): Kind {
  return {
    code: 'CHANNEL_CONFLICT',
    inject(world, occasion) {
      const { nearMiss } = occasion;
      const minutes = { overstated: 45, understated: nearMiss ? 15 : 60, stale: nearMiss ? 8 : 60 };
      const eventMs = world.stretch(minutes[subtype] * MINUTE);
      // A small brand tells its channels of something every half hour or so.
      const lastsMs = subtype === 'stale' && !nearMiss ? Math.max(6 * HOUR, eventMs) : eventMs;
      const fits = (sku: Sku) =>
        mayBeSold(world, sku, CHANNEL) >= 20 && (subtype !== 'stale' || isCheapToFind(world, sku));
      const sku = engage(world, lastsMs + DAY, fits);
      if (sku === null) return false;
      const truth = mayBeSold(world, sku, CHANNEL);
      const beyond = nearMiss ? 1 : Math.max(8, Math.ceil(truth * 0.4));
      const told = { overstated: truth + beyond, understated: 0, stale: truth }[subtype];
      const key = `${sku.id} ${CHANNEL}`;
      world.state.frozen[key] = world.nowMs + lastsMs + HOUR;
      world.state.published[key] = told;
      const published = publish(world, { sku: sku.id, channel: CHANNEL, units: told });
      begins(world, {
        draft: draftOf(occasion, {
          code: 'CHANNEL_CONFLICT',
          subtype,
          entity: { type: 'sku-channel', id: `${sku.id}/${CHANNEL}` },
          sku_id: sku.id,
          channel_id: CHANNEL,
          size: subtype === 'stale' ? minutes.stale : Math.abs(told - truth),
          size_unit: subtype === 'stale' ? 'minutes' : 'units',
        }),
        fromMs: world.nowMs,
        evidence: [published],
        rest: [
          ...(subtype === 'stale' ? [findSome(world, sku)] : []),
          {
            atMs: Math.round(world.nowMs + lastsMs),
            act: { do: 'tell the truth', sku: sku.id, channel: CHANNEL },
          },
        ],
      });
      return true;
    },
  };
}

/** Units found on the shelf that a channel is not told of: beyond what it may be off by, and nobody's approval. */
const foundOf = (world: World, sku: Sku) => Math.ceil(0.1 * pool(world, sku)) + 12;

const isCheapToFind = (world: World, sku: Sku) => {
  const units = foundOf(world, sku);
  return units <= PETTY_UNITS && units * sku.costCents <= PETTY_CENTS;
};

/** After the channel was told, so that what it was told is not so any more. */
function findSome(world: World, sku: Sku): { atMs: number; act: Act } {
  const units = foundOf(world, sku);
  const atMs = Math.round(world.nowMs + world.stretch(2 * MINUTE));
  return { atMs, act: { do: 'adjust', sku: sku.id, units, reason: 'correction' } };
}

/** A source is not heard for some of its cadences; then everything comes at once. */
function silence(sources: readonly Source[], family?: 'silent_feed'): Kind {
  return {
    code: 'FEED_STALE',
    ...(family === undefined ? {} : { family }),
    inject(world, occasion) {
      const source = world.rng.pick(sources);
      if (world.state.silent[source] !== undefined) return false;
      // The last word before it, and the first after it, are up to a cadence away: a near miss is shorter.
      const cadences = occasion.nearMiss ? 0.2 : family === undefined ? world.rng.int(3, 12) : 72;
      const lastsMs = world.stretch(cadences * cadenceMs(world.profile.tempo));
      const untilMs = Math.round(world.nowMs + lastsMs);
      world.state.silent[source] = untilMs;
      begins(world, {
        draft: draftOf(occasion, {
          code: 'FEED_STALE',
          ...(family === undefined ? {} : { family }),
          entity: { type: 'feed', id: SOURCES[source] },
          ...(source === PARTNER ? { node_id: PARTNER } : {}),
          size: cadences,
          size_unit: 'cadences',
        }),
        fromMs: world.nowMs,
        evidence: [],
        rest: [{ atMs: untilMs, act: { do: 'hear again', source } }],
      });
      return true;
    },
  };
}

/** A file whose control total is not the sum of its rows; the right one follows. */
const controlTotal: Kind = {
  code: 'FEED_QUALITY',
  inject(world, occasion) {
    if (world.state.silent[PARTNER] !== undefined) return false;
    const snapshot = { ...partnerSnapshot(world, 60), missing: [] };
    const wrongBy = occasion.nearMiss ? 0 : world.rng.int(1, 40);
    const sent = sendSnapshot(world, snapshot, wrongBy);
    begins(world, {
      draft: draftOf(occasion, {
        code: 'FEED_QUALITY',
        subtype: 'control_total',
        entity: { type: 'feed', id: SOURCES[PARTNER] },
        node_id: PARTNER,
        size: wrongBy,
        size_unit: 'units',
      }),
      fromMs: world.nowMs,
      evidence: [sent],
      rest: [{ atMs: world.nowMs + 20 * MINUTE, act: { do: 'resend', snapshot } }],
    });
    return true;
  },
};

export const FEED_INCIDENTS: Readonly<Record<string, Kind>> = {
  'overstated channel': conflict('overstated'),
  'understated channel': conflict('understated'),
  'stale channel': conflict('stale'),
  'silent feed': silence(['carriers', 'market-b', 'suppliers', 'returns']),
  'silent partner': silence([PARTNER], 'silent_feed'),
  'wrong control total': controlTotal,
};
