/**
 * Which (source, id) the door has seen of late, and the hash of what they carried: tells a repeat, which
 * is harmless, from a conflict, which is a producer's mistake.
 *
 * Two generations of open-addressed tables in typed arrays: when the young one is full it becomes the
 * old one, so that between `maxIds / 2` and `maxIds` ids are remembered, at 24 to 48 bytes each and with
 * nothing for the garbage collector. What it forgets, the runtime catches (DESIGN §3).
 */

/** - `new`: not remembered; - `same`: seen with this hash; - `conflict`: seen with another hash. */
export type Claim = 'new' | 'same' | 'conflict';

export interface RecentIds {
  /** Remembers an identity (contracts/hash.ts) with the hash of its payload; says what it knew of it. */
  claim(hi: number, lo: number, hash: number): Claim;
  /** The event did not reach the log after all: the next claim may bring any hash. */
  forget(hi: number, lo: number): void;
  /** Ids remembered now. */
  readonly size: number;
}

/** Hash of an identity whose payload is not known. */
const UNKNOWN = 0;
/** Words of a slot: two of the identity, one of the hash. */
const WORDS = 3;

export function createRecentIds(maxIds: number): RecentIds {
  const perGeneration = Math.max(1, Math.floor(maxIds / 2));
  let young = createTable(perGeneration);
  let old = createTable(perGeneration);

  const remember = (hi: number, lo: number, hash: number) => {
    if (young.count === perGeneration) {
      [young, old] = [old, young];
      young.clear();
    }
    young.put(hi, lo, hash);
  };

  return {
    claim(hi, lo, hash) {
      const known = young.get(hi, lo) ?? old.get(hi, lo) ?? UNKNOWN;
      if (known !== UNKNOWN) return known === hash ? 'same' : 'conflict';
      remember(hi, lo, hash);
      return 'new';
    },
    forget(hi, lo) {
      remember(hi, lo, UNKNOWN);
    },
    get size() {
      return young.count + old.count;
    },
  };
}

interface Table {
  readonly count: number;
  get(hi: number, lo: number): number | undefined;
  put(hi: number, lo: number, hash: number): void;
  clear(): void;
}

/** A table for `maxEntries`, never more than half full, so that a probe is short. */
function createTable(maxEntries: number): Table {
  const slots = 2 ** Math.ceil(Math.log2(maxEntries * 2));
  const words = new Uint32Array(slots * WORDS);
  let count = 0;

  /** Index of the identity's slot, or of the free one where it would go. An all-zero slot is free. */
  const find = (hi: number, lo: number): number => {
    let slot = lo & (slots - 1);
    for (;;) {
      const at = slot * WORDS;
      const isFree = words[at] === 0 && words[at + 1] === 0;
      if (isFree || (words[at] === hi && words[at + 1] === lo)) return at;
      slot = (slot + 1) & (slots - 1);
    }
  };
  const isTaken = (at: number) => words[at] !== 0 || words[at + 1] !== 0;

  return {
    get count() {
      return count;
    },
    get(hi, lo) {
      const at = find(hi, lo);
      return isTaken(at) ? words[at + 2] : undefined;
    },
    put(hi, lo, hash) {
      const at = find(hi, lo);
      if (!isTaken(at)) count++;
      words[at] = hi;
      words[at + 1] = lo;
      words[at + 2] = hash;
    },
    clear() {
      words.fill(0);
      count = 0;
    },
  };
}
