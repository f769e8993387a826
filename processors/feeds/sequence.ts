/**
 * Numbers that a source leaves out of its sequence (the envelope's `sequence`). A gap closes when the
 * missing event comes late. The lines of a document share its number.
 *
 *   seen  1 2 3 · · 6 7      highest 7, missing [4, 5], gaps 2
 *   then  5                  missing [4, 4], gaps 1
 */

/** Stretches of missing numbers that are remembered; numbers of the oldest ones stay missing for good. */
const MAX_STRETCHES = 64;

export interface SavedSequence {
  readonly highest: string | null;
  readonly missing: readonly (readonly [string, string])[];
  readonly gaps: number;
}

export class Sequence {
  #highest: bigint | null;
  #missing: { from: bigint; to: bigint }[];
  #gaps: number;

  constructor({ gaps, highest, missing }: SavedSequence = { highest: null, missing: [], gaps: 0 }) {
    this.#highest = highest === null ? null : BigInt(highest);
    this.#missing = missing.map(([from, to]) => ({ from: BigInt(from), to: BigInt(to) }));
    this.#gaps = gaps;
  }

  /** Numbers left out so far. */
  get gaps(): number {
    return this.#gaps;
  }

  see(sequence: string): void {
    const number = BigInt(sequence);
    const highest = this.#highest;
    if (highest !== null && number <= highest) {
      this.#close(number);
      return;
    }
    this.#highest = number;
    if (highest === null || number === highest + 1n) return;
    this.#gaps += Number(number - highest - 1n);
    this.#missing.push({ from: highest + 1n, to: number - 1n });
    if (this.#missing.length > MAX_STRETCHES) this.#missing.shift();
  }

  saved(): SavedSequence {
    return {
      highest: this.#highest === null ? null : String(this.#highest),
      missing: this.#missing.map(({ from, to }) => [String(from), String(to)]),
      gaps: this.#gaps,
    };
  }

  #close(number: bigint): void {
    const at = this.#missing.findIndex(({ from, to }) => from <= number && number <= to);
    const stretch = this.#missing[at];
    if (stretch === undefined) return;
    const { from, to } = stretch;
    const rest = [
      { from, to: number - 1n },
      { from: number + 1n, to },
    ].filter((part) => part.from <= part.to);
    this.#missing.splice(at, 1, ...rest);
    this.#gaps -= 1;
  }
}
