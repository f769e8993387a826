/**
 * Order lines that are owed units, by position: whom a shortage concerns. An index over the lines, so that
 * the question does not search all of them.
 */
import type { OrderLine, Records } from './records.ts';

export interface OpenLine {
  /** `order line`. */
  readonly key: string;
  readonly units: number;
  /** Promised dispatch (ms). */
  readonly shipByMs: number;
}

export class OpenDemand {
  readonly #lines: Records<OrderLine>;
  /** Keys of lines with open demand. */
  readonly #byRow = new Map<number, Set<string>>();

  constructor(lines: Records<OrderLine>) {
    this.#lines = lines;
  }

  /** Notes whether a line that has a position is owed something. */
  note(key: string, { demand, row }: OrderLine): void {
    const keys = this.#byRow.get(row);
    if (demand > 0) {
      if (keys === undefined) this.#byRow.set(row, new Set([key]));
      else keys.add(key);
      return;
    }
    keys?.delete(key);
    if (keys?.size === 0) this.#byRow.delete(row);
  }

  /** Open lines of a position, the first promised first. */
  of(row: number): OpenLine[] {
    const lines: OpenLine[] = [];
    for (const key of this.#byRow.get(row) ?? []) {
      const line = this.#lines.get(key);
      if (line !== undefined) lines.push({ key, units: line.demand, shipByMs: line.shipByMs });
    }
    return lines.sort((a, b) => a.shipByMs - b.shipByMs || (a.key < b.key ? -1 : 1));
  }

  /** Finds the open lines again after a restore. */
  restored(): void {
    for (const [key, line] of this.#lines.entries) {
      if (line.row >= 0 && line.demand > 0) this.note(key, line);
    }
  }
}
