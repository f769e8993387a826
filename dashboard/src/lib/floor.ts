/** Bins of a node as a map: zones and aisles read from their ids, and the trouble of each. Pure. */
import type { FloorLocation } from '../../../contracts/floor-views.ts';

/** What a map is coloured by. */
export const TROUBLES = {
  all: 'All trouble',
  counts_off: 'Counts off',
  short_picks: 'Short picks',
  location_errors: 'Location errors',
  failed_scans: 'Failed scans',
} as const;
export type Trouble = keyof typeof TROUBLES;

export const troubleOf = (bin: FloorLocation, trouble: Trouble): number =>
  trouble === 'all'
    ? bin.counts_off + bin.short_picks + bin.location_errors + bin.failed_scans
    : bin[trouble];

export interface Place {
  readonly zone: string;
  readonly aisle: string;
  readonly bay: string;
  readonly level: string;
}

/**
 * Where a bin is, by its id: `A03-07-2` is aisle A03 of zone A, bay 07, level 2; `R-A03-07-2` the same in
 * zone R. An id of fewer parts is a bay of its first part; one of a single part stands for itself.
 */
export function placeOf(bin: string): Place {
  const parts = bin.split(/[-_./ ]+/).filter(Boolean);
  const [first = bin] = parts;
  const isZone = parts.length > 1 && !/\d/.test(first);
  const [aisle = bin, bay = '', ...rest] = isZone ? parts.slice(1) : parts;
  const letters = /^\D+/.exec(aisle)?.[0] ?? '';
  return {
    zone: isZone ? first : letters,
    aisle: isZone ? `${first}-${aisle}` : aisle,
    bay,
    level: rest.join('-'),
  };
}

export interface Aisle {
  readonly name: string;
  readonly zone: string;
  /** Bays along it, in order. */
  readonly bays: readonly string[];
  /** Levels from the top, each with a bin or null for each bay. */
  readonly levels: readonly {
    readonly name: string;
    readonly bins: readonly (FloorLocation | null)[];
  }[];
  readonly trouble: number;
}

const inOrder = new Intl.Collator('en', { numeric: true }).compare;

/** Aisles in the order of their names; several bins in one place show as the one with most trouble. */
export function aislesOf(bins: readonly FloorLocation[], trouble: Trouble): Aisle[] {
  const byAisle = new Map<string, { place: Place; bin: FloorLocation }[]>();
  for (const bin of bins) {
    const place = placeOf(bin.location_id);
    const own = byAisle.get(place.aisle);
    if (own === undefined) byAisle.set(place.aisle, [{ place, bin }]);
    else own.push({ place, bin });
  }
  return [...byAisle]
    .sort(([a], [b]) => inOrder(a, b))
    .map(([name, own]) => {
      const names = (of: (place: Place) => string) =>
        [...new Set(own.map(({ place }) => of(place)))].sort(inOrder);
      const bays = names(({ bay }) => bay);
      const most = new Map<string, FloorLocation>();
      for (const { bin, place } of own) {
        const key = `${place.bay} ${place.level}`;
        const known = most.get(key);
        if (known === undefined || troubleOf(bin, trouble) > troubleOf(known, trouble))
          most.set(key, bin);
      }
      return {
        ...{ name, zone: own[0]?.place.zone ?? '', bays },
        levels: names(({ level }) => level)
          .reverse()
          .map((level) => ({
            name: level,
            bins: bays.map((bay) => most.get(`${bay} ${level}`) ?? null),
          })),
        trouble: own.reduce((sum, { bin }) => sum + troubleOf(bin, trouble), 0),
      };
    });
}

/** What happened at a bin, in words. */
export function binText(bin: FloorLocation): string {
  const said = [
    [bin.counts_off, 'counts off'],
    [bin.short_picks, 'short picks'],
    [bin.location_errors, 'location errors'],
    [bin.failed_scans, 'failed scans'],
  ] as const;
  const trouble = said.filter(([count]) => count > 0).map(([count, what]) => `${count} ${what}`);
  const rest = `${bin.picks} picks, ${bin.counts} counts`;
  return `${bin.location_id}: ${trouble.length === 0 ? 'no trouble' : trouble.join(', ')}; ${rest}`;
}

/** Bins that went wrong more than once in the window, the worst first. */
export function repeatedOf(bins: readonly FloorLocation[]): FloorLocation[] {
  return bins
    .filter((bin) => troubleOf(bin, 'all') > 1)
    .sort(
      (a, b) => troubleOf(b, 'all') - troubleOf(a, 'all') || inOrder(a.location_id, b.location_id),
    );
}
