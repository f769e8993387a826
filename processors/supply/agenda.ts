/** What is to be looked at when, on event time, to the minute. */
import type { SnapshotPart } from '../processor.ts';
import { jsonParts, parseJson } from '../facts/parts.ts';

const MINUTE_MS = 60_000;
/** A longer leap of time is cheaper to take by sorting what is on the agenda than minute by minute. */
const MAX_STEPS = 10_000;

export class Agenda {
  readonly #minutes = new Map<number, Set<string>>();
  /** All up to this minute has been looked at. */
  #minute = 0;

  /** Puts it on the agenda for the first minute that begins after the instant, or for the next one. */
  add(key: string, atMs: number): void {
    const minute = Math.max(Math.floor(atMs / MINUTE_MS), this.#minute) + 1;
    const keys = this.#minutes.get(minute);
    if (keys === undefined) this.#minutes.set(minute, new Set([key]));
    else keys.add(key);
  }

  /** What has come up by now, the earliest first; it is on the agenda no more. */
  due(nowMs: number): string[] {
    const now = Math.floor(nowMs / MINUTE_MS);
    if (now <= this.#minute) return [];
    const keys: string[] = [];
    for (const minute of this.#minutesUntil(now)) {
      const those = this.#minutes.get(minute);
      if (those === undefined) continue;
      keys.push(...those);
      this.#minutes.delete(minute);
    }
    this.#minute = now;
    return keys;
  }

  #minutesUntil(now: number): number[] {
    if (now - this.#minute <= MAX_STEPS) {
      return Array.from({ length: now - this.#minute }, (_, index) => this.#minute + 1 + index);
    }
    return [...this.#minutes.keys()].filter((minute) => minute <= now).sort((a, b) => a - b);
  }

  snapshot(): Iterable<SnapshotPart> {
    const copies = Array.from(this.#minutes, ([minute, keys]) => [minute, [...keys]]);
    return jsonParts('agenda', [this.#minute, ...copies]);
  }

  restore({ bytes }: SnapshotPart): void {
    for (const saved of parseJson<number | [number, string[]]>(bytes)) {
      if (typeof saved === 'number') this.#minute = saved;
      else this.#minutes.set(saved[0], new Set(saved[1]));
    }
  }
}
