/**
 * Business hours of nodes, as `calendar` policies set them. Of two decisions about one node the one with the
 * later event time holds, in whatever order they arrive. Bounds: MOST_NODES, the oldest decision goes first.
 */
import type { DataOf } from '../../contracts/events.ts';
import type { SnapshotPart } from '../processor.ts';
import { calendarOf, DEFAULT_CALENDAR, type Calendar, type CalendarValue } from './calendar.ts';
import { mapParts, restoreMap } from './parts.ts';

const MOST_NODES = 5_000;
const EVERYWHERE = '';

interface Decision {
  readonly value: CalendarValue;
  readonly atMs: number;
}

export class NodeCalendars {
  readonly #part: string;
  /** By node; '' is everywhere. */
  readonly #decisions = new Map<string, Decision>();
  /** Calendars worked out, by node. */
  readonly #worked = new Map<string, Calendar>();

  /** `part`: its name in snapshots. */
  constructor(part: string) {
    this.#part = part;
  }

  /** A policy of another kind is passed over. */
  set(data: DataOf<'policy.set'>, timeMs: number): void {
    if (data.policy !== 'calendar') return;
    const node = data.scope.node_id ?? EVERYWHERE;
    const known = this.#decisions.get(node);
    if (known !== undefined && known.atMs > timeMs) return;
    this.#decisions.delete(node);
    this.#decisions.set(node, { value: data.value, atMs: timeMs });
    this.#worked.clear();
    if (this.#decisions.size <= MOST_NODES) return;
    const [oldest] = this.#decisions.keys();
    if (oldest !== undefined) this.#decisions.delete(oldest);
  }

  /** Business hours of a node: its own, or those that hold everywhere. */
  of(node: string): Calendar {
    const found = this.#decisions.has(node) ? node : EVERYWHERE;
    let calendar = this.#worked.get(found);
    if (calendar === undefined) {
      calendar = calendarOf(this.#decisions.get(found)?.value ?? DEFAULT_CALENDAR);
      this.#worked.set(found, calendar);
    }
    return calendar;
  }

  snapshot(): Iterable<SnapshotPart> {
    return mapParts(this.#part, this.#decisions);
  }

  restore({ bytes }: SnapshotPart): void {
    restoreMap(this.#decisions, bytes);
  }
}
