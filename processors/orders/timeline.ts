/**
 * The stages of an order over time. Pure.
 *
 *   lines' steps ─▶ moves: how many lines came to or left which rank, by instant
 *                                  │ walked together with the order's own facts
 *                                  ▼
 *   created ▸ on_hold ▸ released ▸ allocated ▸ picking ▸ picked ▸ packed │ shipped ▸ delivered
 *                        open work                                       │ or cancelled: closed
 *
 * An order is where the least advanced of its open lines is, and on hold while any hold stands. It closes
 * when no line is open. Steps may be skipped (a feed without picks) and taken back (a void).
 *
 * Moves are sums over the lines, so a line that changes costs its own steps and one walk over the order's
 * instants, not a look at each of its 500 lines.
 */
import type { Calendar } from '../facts/calendar.ts';
import {
  RANK,
  RANKS,
  type CreatedFact,
  type Move,
  type OrderFact,
  type SlaClass,
  type Stage,
  type Stay,
} from './facts.ts';

/** Puts a line's steps in the place of its earlier ones. */
export function replaceSteps(
  moves: Move[],
  before: readonly number[],
  after: readonly number[],
): void {
  if (sameNumbers(before, after)) return;
  addSteps(moves, before, -1);
  addSteps(moves, after, 1);
}

function sameNumbers(a: readonly number[], b: readonly number[]): boolean {
  if (a.length !== b.length) return false;
  for (let index = 0; index < a.length; index++) if (a[index] !== b[index]) return false;
  return true;
}

function addSteps(moves: Move[], steps: readonly number[], sign: 1 | -1): void {
  let from = -1;
  for (let index = 0; index < steps.length; index += 2) {
    const rank = steps[index + 1] as number;
    addMove(moves, steps[index] as number, { from, to: rank, sign });
    from = rank;
  }
}

function addMove(
  moves: Move[],
  atMs: number,
  { from, sign, to }: { from: number; to: number; sign: 1 | -1 },
): void {
  let index = moves.length;
  while (index > 0 && (moves[index - 1] as Move).atMs > atMs) index -= 1;
  const known = moves[index - 1];
  const same = known !== undefined && known.atMs === atMs;
  const lines = same ? [...known.lines] : new Array<number>(RANKS).fill(0);
  if (from >= 0) lines[from] = (lines[from] ?? 0) - sign;
  lines[to] = (lines[to] ?? 0) + sign;
  if (!same) moves.splice(index, 0, { atMs, lines });
  else if (lines.every((count) => count === 0)) moves.splice(index - 1, 1);
  else moves[index - 1] = { atMs, lines };
}

/** Business hours of a node, by what the calendar policies say. */
export interface Calendars {
  calendar(node: string): Calendar;
}

export interface Walk {
  readonly created: CreatedFact;
  readonly facts: readonly OrderFact[];
  readonly moves: readonly Move[];
  /** When the last of it was delivered; null while something is not. */
  readonly deliveredMs: number | null;
  /** Promised delivery: what is due once it is shipped. */
  readonly deliverDueMs: number;
  /** Node, when neither the order nor its release names one. */
  readonly fallbackNode: string;
  readonly calendars: Calendars;
}

const NEVER = Number.POSITIVE_INFINITY;

/** The stays of an order, the first from when it was ordered. */
export function staysOf(walk: Walk): Stay[] {
  const { created, deliveredMs, facts, moves } = walk;
  const place = new Place(walk);
  const startMs = created.timeMs;
  let fact = 0;
  let move = 0;
  let delivery = deliveredMs ?? NEVER;
  for (;;) {
    const atMs = Math.min(facts[fact]?.timeMs ?? NEVER, moves[move]?.atMs ?? NEVER, delivery);
    if (atMs === NEVER) break;
    for (; moves[move]?.atMs === atMs; move++) place.moveLines((moves[move] as Move).lines);
    for (; facts[fact]?.timeMs === atMs; fact++) place.learn(facts[fact] as OrderFact);
    if (delivery === atMs) {
      place.delivered = true;
      delivery = NEVER;
    }
    const nextMs = Math.min(facts[fact]?.timeMs ?? NEVER, moves[move]?.atMs ?? NEVER, delivery);
    // What is said to have happened before the order counts from its beginning.
    if (nextMs > startMs) place.stand(Math.max(atMs, startMs));
  }
  return place.stays;
}

/** Where the order is while its facts are walked through. */
class Place {
  readonly stays: Stay[] = [];
  delivered = false;
  readonly #walk: Walk;
  readonly #counts = new Array<number>(RANKS).fill(0);
  readonly #holds = new Map<string, boolean>();
  #released = false;
  #picking = false;
  #node: string;
  #clockMs: number;
  #dueMs: number;
  #pausedMs: number | null = null;

  constructor(walk: Walk) {
    this.#walk = walk;
    this.#node = walk.created.node;
    this.#clockMs = walk.created.timeMs;
    this.#dueMs = walk.created.shipByMs;
  }

  moveLines(lines: readonly number[]): void {
    for (let rank = 0; rank < RANKS; rank++) {
      this.#counts[rank] = (this.#counts[rank] ?? 0) + (lines[rank] ?? 0);
    }
  }

  learn(fact: OrderFact): void {
    switch (fact.kind) {
      case 'created':
      case 'claimed':
        return;
      case 'promised':
        if (keepsPromise(fact, this.#dueMs)) this.#dueMs = fact.shipByMs;
        return;
      case 'held':
        this.#holds.set(fact.hold, fact.pauses);
        return this.#pause(fact.timeMs);
      case 'freed':
        this.#holds.delete(fact.hold);
        return this.#pause(fact.timeMs);
      case 'released':
        this.#released = true;
        this.#node = fact.node;
        return;
      case 'picking':
        this.#picking = true;
        if (this.#node === '') this.#node = fact.node;
        return;
      default:
        fact satisfies never;
    }
  }

  /** Notes the stay that begins at this instant, when anything about it differs from the one before. */
  stand(atMs: number): void {
    const { channel, sla } = this.#walk.created;
    const stage = this.#stage();
    const last = this.stays.at(-1);
    const isOpen = !CLOSED.has(stage);
    const node = last?.stage === stage ? last.node : this.#node || this.#walk.fallbackNode;
    const stay: Stay = {
      stage,
      fromMs: atMs,
      enteredMs: last?.stage === stage ? last.enteredMs : atMs,
      clockMs: this.#clockMs,
      dueMs: isOpen ? this.#dueMs : this.#walk.deliverDueMs,
      pausedMs: isOpen ? this.#pausedMs : null,
      node,
      channel,
      sla,
      calendar: sla === 'wholesale' ? this.#walk.calendars.calendar(node).text : '',
    };
    if (last !== undefined && continues(last, stay)) return;
    this.stays.push(stay);
  }

  #stage(): Stage {
    const counts = this.#counts;
    let rank = 0;
    while (rank < RANK.shipped && counts[rank] === 0) rank += 1;
    if (rank === RANK.shipped) {
      if ((counts[RANK.shipped] ?? 0) > 0) return this.delivered ? 'delivered' : 'shipped';
      if ((counts[RANK.cancelled] ?? 0) > 0) return 'cancelled';
      // None of its lines has come yet.
      rank = RANK.created;
    }
    if (this.#holds.size > 0) return 'on_hold';
    return STAGE_OF[rank]?.({ released: this.#released, picking: this.#picking }) ?? 'created';
  }

  /** The clock stops with the first hold of the customer's making and goes on after the last. */
  #pause(atMs: number): void {
    const pauses = [...this.#holds.values()].includes(true);
    if (pauses && this.#pausedMs === null) this.#pausedMs = Math.max(atMs, this.#clockMs);
    if (pauses || this.#pausedMs === null) return;
    const clock = clockOf(this.#walk.created.sla, this.#walk.calendars.calendar(this.#node));
    const pauseMs =
      clock.businessMs(Math.max(atMs, this.#pausedMs)) - clock.businessMs(this.#pausedMs);
    this.#clockMs = moved(clock, this.#clockMs, pauseMs);
    this.#dueMs = moved(clock, this.#dueMs, pauseMs);
    this.#pausedMs = null;
  }
}

/** A promise that was already broken when another was made stays broken. */
export const keepsPromise = (fact: { readonly timeMs: number }, dueMs: number): boolean =>
  fact.timeMs <= dueMs;

export const CLOSED: ReadonlySet<Stage> = new Set(['shipped', 'delivered', 'cancelled']);

type Known = { readonly released: boolean; readonly picking: boolean };
/** The stage of an order whose least advanced open line has this rank. */
const STAGE_OF: readonly ((known: Known) => Stage)[] = [
  ({ released }) => (released ? 'released' : 'created'),
  ({ picking, released }) => (picking ? 'picking' : released ? 'released' : 'created'),
  ({ picking }) => (picking ? 'picking' : 'allocated'),
  () => 'picking',
  () => 'picked',
  () => 'packed',
];

/** Whether a stay goes on as it was, rather than giving way to another. */
function continues(a: Stay, b: Stay): boolean {
  return (
    a.stage === b.stage &&
    a.clockMs === b.clockMs &&
    a.dueMs === b.dueMs &&
    a.pausedMs === b.pausedMs &&
    a.calendar === b.calendar
  );
}

type Clock = Pick<Calendar, 'businessMs' | 'instantOf'>;
const ALWAYS: Clock = { businessMs: (atMs) => atMs, instantOf: (ms) => ms };

/** Wholesale promises count business time, the others all time (REFERENCE §1.5). */
export const clockOf = (sla: SlaClass, calendar: Calendar): Clock =>
  sla === 'wholesale' ? calendar : ALWAYS;

function moved(clock: Clock, atMs: number, pauseMs: number): number {
  return pauseMs === 0 ? atMs : clock.instantOf(clock.businessMs(atMs) + pauseMs);
}

/** Whether two stays say the same; where one of them ends is the next one's to say. */
export function equalStays(a: Stay | undefined, b: Stay | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return (
    a.stage === b.stage &&
    a.fromMs === b.fromMs &&
    a.enteredMs === b.enteredMs &&
    a.clockMs === b.clockMs &&
    a.dueMs === b.dueMs &&
    a.pausedMs === b.pausedMs &&
    a.node === b.node &&
    a.channel === b.channel &&
    a.sla === b.sla &&
    a.calendar === b.calendar
  );
}
