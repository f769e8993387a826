/**
 * Which SKU is listed on which channel, when it cannot be sold there, and what is lost meanwhile (K14, K15).
 *
 *   first offered or sold ─▶ listed ─────────────▶ item discontinued or blocked: no more
 *                              └─ AFS ≤ 0 ─▶ stockout ─▶ AFS > 0 ─▶ …
 *
 * A stockout is what the channel was shown, minute by minute, so facts that come late do not change it. What
 * is lost is estimated by day: λ̂(hour of the week) × hours, with nothing of it sold by another SKU
 * (substitution 0 [K]). λ̂ is the forecast of the SKU times the channel's part of its recent sales.
 */
import type { Cell, SnapshotPart } from '../processor.ts';
import { amountOf, micros } from '../facts/money.ts';
import { mapParts, restoreMap } from '../facts/parts.ts';
import type { Items } from './items.ts';
import type { Moment } from './moment.ts';
import { DAY_MS } from './series.ts';
import type { WeekProfiles } from './week.ts';

const HOUR_MS = 3_600_000;
/** Channels of a SKU; what is offered on more of them is reported and not followed. */
const MOST_CHANNELS = 64;
/** Of two sales the one so much older counts half in the channel's part. */
const HALF_LIFE_MS = 28 * DAY_MS;
/** The estimate stands with an interval of 90 %. */
const Z_INTERVAL = 1.645;

interface Listing {
  readonly channel: string;
  /** Class under which the level stands; null while it does not. */
  readonly listedAs: string | null;
  readonly outAs: string | null;
  /** When the stockout began, and up to when its loss is written (ms). */
  readonly outMs: number;
  readonly writtenMs: number;
  /** Units sold, the older the less, as of an instant. */
  readonly sold: number;
  readonly soldMs: number;
  /** The last price in the house currency; null before the first. */
  readonly price: string | null;
}

/** A channel on which a SKU cannot be sold, and since when (ms). */
export interface Outage {
  readonly channel: string;
  readonly outMs: number;
}

/** What the SKU sells a day over all nodes and channels. */
export interface Rate {
  readonly dailyUnits: number;
  readonly dailyVariance: number;
}

const UNKNOWN: Omit<Listing, 'channel'> = {
  listedAs: null,
  outAs: null,
  outMs: 0,
  writtenMs: 0,
  sold: 0,
  soldMs: 0,
  price: null,
};

export class Listings {
  /** By SKU. Replaced, never changed. */
  readonly #bySku = new Map<string, readonly Listing[]>();
  readonly #items: Items;
  readonly #profiles: WeekProfiles;
  readonly #rateOf: (sku: string) => Rate;

  constructor(options: { items: Items; profiles: WeekProfiles; rateOf: (sku: string) => Rate }) {
    this.#items = options.items;
    this.#profiles = options.profiles;
    this.#rateOf = options.rateOf;
  }

  channelsOf(sku: string): string[] {
    return this.#of(sku).map(({ channel }) => channel);
  }

  /** The SKU is offered on a channel. True when that is new. */
  offered(sku: string, channel: string, { out, nowMs }: Moment): boolean {
    const listings = this.#of(sku);
    if (listings.some((listing) => listing.channel === channel)) return false;
    if (listings.length < MOST_CHANNELS) {
      this.#bySku.set(sku, [...listings, { channel, ...UNKNOWN }]);
      return true;
    }
    out.finding({
      findingId: `FEED_QUALITY/channels/sku/${sku}`,
      code: 'FEED_QUALITY',
      subtype: 'channels',
      entity: `sku/${sku}`,
      skuId: sku,
      conditionAtMs: nowMs,
      detail: `${sku} is offered on more than ${MOST_CHANNELS} channels; stockouts on ${channel} and later ones are not followed`,
      evidence: [],
    });
    return false;
  }

  /** The SKU was ordered on a channel that it is offered on. */
  sold(
    sku: string,
    channel: string,
    sale: { units: number; atMs: number; price: string | null },
  ): void {
    this.#change(sku, channel, (listing) => ({
      ...listing,
      sold: Math.max(0, soldAsOf(listing, sale.atMs) + sale.units),
      soldMs: Math.max(listing.soldMs, sale.atMs),
      price: sale.price ?? listing.price,
    }));
  }

  /** Says what changed by the end of a minute, given the AFS of each channel. */
  observe(
    sku: string,
    afs: readonly { readonly channel_id: string; readonly afs: number }[],
    minute: Moment & { readonly atMs: number },
  ): void {
    const active = this.#items.isActive(sku);
    const abcClass = this.#items.abcClass(sku);
    const sellable = new Map(afs.map((channel) => [channel.channel_id, channel.afs]));
    for (const { channel } of this.#of(sku)) {
      const isOut = active && (sellable.get(channel) ?? 0) <= 0;
      const next = { listedAs: active ? abcClass : null, outAs: isOut ? abcClass : null };
      this.#change(sku, channel, (listing) => this.#turn(sku, listing, next, minute));
    }
  }

  /** Where the SKU cannot be sold, as observed last. */
  outagesOf(sku: string): Outage[] {
    return this.#of(sku)
      .filter(({ outAs }) => outAs !== null)
      .map(({ channel, outMs }) => ({ channel, outMs }));
  }

  /** Writes what stockouts that go on have cost until an instant. */
  settle(sku: string, atMs: number, moment: Moment): void {
    for (const { channel, outAs, writtenMs } of this.#of(sku)) {
      if (outAs === null || writtenMs >= atMs) continue;
      this.#change(sku, channel, (listing) => {
        this.#writeLoss(sku, listing, { atMs, goesOn: true }, moment);
        return { ...listing, writtenMs: atMs };
      });
    }
  }

  snapshot(): Iterable<SnapshotPart> {
    return mapParts('listings', this.#bySku);
  }

  restore({ bytes }: SnapshotPart): void {
    restoreMap(this.#bySku, bytes);
  }

  #of(sku: string): readonly Listing[] {
    return this.#bySku.get(sku) ?? [];
  }

  #change(sku: string, channel: string, change: (listing: Listing) => Listing): void {
    const listings = this.#of(sku);
    const at = listings.findIndex((listing) => listing.channel === channel);
    const listing = listings[at];
    if (listing === undefined) return;
    const changed = change(listing);
    if (changed !== listing) this.#bySku.set(sku, listings.with(at, changed));
  }

  #turn(
    sku: string,
    listing: Listing,
    next: Pick<Listing, 'listedAs' | 'outAs'>,
    minute: Moment & { readonly atMs: number },
  ): Listing {
    if (next.listedAs === listing.listedAs && next.outAs === listing.outAs) return listing;
    const { atMs } = minute;
    const level = { sku, channel: listing.channel, atMs };
    writeLevel({ ...level, measure: 'listed', from: listing.listedAs, to: next.listedAs }, minute);
    writeLevel({ ...level, measure: 'stockout', from: listing.outAs, to: next.outAs }, minute);
    if (listing.outAs === null) return { ...listing, ...next, outMs: atMs, writtenMs: atMs };
    if (next.outAs === null) this.#writeLoss(sku, listing, { atMs, goesOn: false }, minute);
    return { ...listing, ...next };
  }

  /** Writes the loss since it was last written, day by day (UTC). */
  #writeLoss(
    sku: string,
    listing: Listing,
    until: { readonly atMs: number; readonly goesOn: boolean },
    moment: Moment,
  ): void {
    for (let fromMs = listing.writtenMs; fromMs < until.atMs;) {
      const toMs = Math.min(until.atMs, (Math.floor(fromMs / DAY_MS) + 1) * DAY_MS);
      const goesOn = until.goesOn || toMs < until.atMs;
      this.#writePiece(sku, listing, { fromMs, toMs, goesOn }, moment);
      fromMs = toMs;
    }
  }

  #writePiece(
    sku: string,
    listing: Listing,
    piece: { readonly fromMs: number; readonly toMs: number; readonly goesOn: boolean },
    { nowMs, out, seq }: Moment,
  ): void {
    const { fromMs, goesOn, toMs } = piece;
    const { channel, price } = listing;
    const rate = this.#rateOf(sku);
    const part = this.#partOf(sku, listing, nowMs);
    const dailyUnits = rate.dailyUnits * part;
    const days = this.#meanDays(channel, piece, nowMs);
    const lost = rounded(dailyUnits * days);
    const spread = Z_INTERVAL * Math.sqrt(rate.dailyVariance * part * days);
    const cost = this.#items.unitCost(sku);
    const cells: Cell[] = [
      ...[sku, channel, this.#items.abcClass(sku)],
      ...[listing.outMs, fromMs, toMs, (toMs - fromMs) / HOUR_MS, goesOn ? 1 : 0],
      ...[rounded(dailyUnits), lost, rounded(Math.max(0, lost - spread)), rounded(lost + spread)],
      ...[
        price ?? '0',
        cost ?? '0',
        worth(price, lost),
        price === null ? '0' : worth(margin(price, cost), lost),
      ],
    ];
    out.row('stockouts', [...cells, nowMs, seq]);
  }

  /** The length of a stretch in mean days of the channel: a busy hour is longer than a quiet one. */
  #meanDays(
    channel: string,
    { fromMs, toMs }: { fromMs: number; toMs: number },
    nowMs: number,
  ): number {
    let days = 0;
    for (let atMs = fromMs; atMs < toMs;) {
      const endMs = Math.min(toMs, (Math.floor(atMs / HOUR_MS) + 1) * HOUR_MS);
      days += ((endMs - atMs) / DAY_MS) * this.#profiles.hourIndex(channel, atMs, nowMs);
      atMs = endMs;
    }
    return days;
  }

  /** The channel's part of what the SKU sells. */
  #partOf(sku: string, listing: Listing, nowMs: number): number {
    let all = 0;
    for (const each of this.#of(sku)) all += soldAsOf(each, nowMs);
    return all === 0 ? 0 : soldAsOf(listing, nowMs) / all;
  }
}

/** What was sold until `soldMs`, as it counts at a later instant. */
function soldAsOf({ sold, soldMs }: Listing, atMs: number): number {
  return sold * 0.5 ** (Math.max(0, atMs - soldMs) / HALF_LIFE_MS);
}

/** A level falls where it stood and rises where it stands, when that differs. */
function writeLevel(
  change: {
    readonly measure: 'listed' | 'stockout';
    readonly sku: string;
    readonly channel: string;
    readonly atMs: number;
    readonly from: string | null;
    readonly to: string | null;
  },
  { nowMs, out, seq }: Moment,
): void {
  const { atMs, channel, from, measure, sku, to } = change;
  if (from === to) return;
  const row = (dim: string, value: number) =>
    out.row('levels', [measure, atMs, '', channel, '', dim, sku, '', value, 1, nowMs, seq]);
  if (from !== null) row(from, -1);
  if (to !== null) row(to, 1);
}

const rounded = (value: number) => Math.round(value * 1e6) / 1e6;

/** Money of units that are not whole, to the micro-unit. */
function worth(amount: string | null, units: number): string {
  if (amount === null) return '0';
  return amountOf((micros(amount) * BigInt(Math.round(units * 1e6))) / 1_000_000n);
}

const margin = (price: string, cost: string | null) =>
  amountOf(micros(price) - micros(cost ?? '0'));
