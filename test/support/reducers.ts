/**
 * Every processor as events reach it, without NATS and ClickHouse: what the door makes of an event is taken
 * in by the runtime's own reduction. Rows, findings and dead letters are collected.
 *
 *     const bench = new ReducerBench(['orders']);          // all processors when none is named
 *     bench.given(event('order.created', { … }, { at: 5 })).tick(60);
 *     bench.net('order_lines')                              // rows that hold now, sign and all left out
 */
import type {
  Cell,
  Cleared,
  Finding,
  Signal,
  SnapshotPart,
  TableName,
} from '../../processors/processor.ts';
import type { TableBlock } from '../../processors/runtime/batch.ts';
import { Batch } from '../../processors/runtime/batch.ts';
import {
  clearedEvent,
  findingEvent,
  type FindingEvent,
} from '../../processors/runtime/findings.ts';
import { decodeFrames } from '../../processors/runtime/frames.ts';
import { Reduction, type Aside } from '../../processors/runtime/reduction.ts';
import { createSlice, type Slice } from '../../processors/runtime/slices.ts';
import { captureState, type Stateful } from '../../processors/runtime/snapshots.ts';
import { TABLE_COLUMNS } from '../../processors/runtime/tables.ts';
import { SIGNED_COLUMNS } from '../../processors/facts/signed.ts';
import type { InputType } from '../../contracts/events.ts';
import { logMessages, T0, tickAt, type Given } from './given.ts';

export type Row = Record<string, Cell>;

/** Findings of findings of findings: more is a loop. */
const MAX_ROUNDS = 20;

export class ReducerBench {
  readonly slice: Slice;
  readonly findings: Finding[] = [];
  /** Findings whose condition holds no more. */
  readonly ended: Cleared[] = [];
  /** Findings on their way into the LOG. */
  #waiting: FindingEvent[] = [];
  readonly asides: Aside[] = [];
  readonly signals: Signal[] = [];
  /** What reached the LOG, in order. */
  readonly log: { readonly raw: string; readonly subject: string }[] = [];
  readonly #names: readonly string[] | undefined;
  readonly #reduction: Reduction;
  readonly #cells = new Map<TableName, (readonly Cell[])[]>();
  #batch = new Batch(0);
  #ids = 0;

  constructor(names?: readonly string[]) {
    this.#names = names;
    const specs = names?.map((name) => ({ name, lo: 0, hi: 15 })) ?? 'all';
    this.slice = createSlice(specs, { recentMovements: 100_000 });
    this.#reduction = new Reduction({
      hosted: this.slice.hosted,
      recentIds: 100_000,
      effects: {
        row: (table, cells) => {
          const copy = [...cells];
          const known = this.#cells.get(table);
          if (known === undefined) this.#cells.set(table, [copy]);
          else known.push(copy);
          this.#batch.add(table, copy);
        },
        finding: (processor, finding) => {
          this.findings.push(finding);
          this.#waiting.push(findingEvent(processor, finding));
        },
        cleared: (processor, cleared) => {
          this.ended.push(cleared);
          this.#waiting.push(clearedEvent(processor, cleared));
        },
        changed: () => undefined,
        signal: (signal) => this.signals.push(signal),
        aside: (letter) => this.asides.push(letter),
      },
    });
  }

  get nowMs(): number {
    return this.#reduction.intake.nowMs;
  }

  /** Applies events as they would come through the door. Throws when the contract refuses one. */
  given(...events: readonly Given[]): this {
    for (const one of events) {
      const id = one.id ?? `e${++this.#ids}`;
      this.feed(...logMessages(one, { id, nowMs: this.nowMs }));
    }
    return this;
  }

  /** Applies messages of the LOG. */
  feed(
    ...messages: readonly {
      readonly raw: string;
      readonly subject: string;
      readonly attachment?: Uint8Array;
    }[]
  ): this {
    for (const { attachment, raw, subject } of messages) {
      this.log.push({ raw, subject });
      this.#reduction.apply(this.log.length, subject, raw, attachment);
    }
    return this;
  }

  /**
   * Brings what was found into the LOG, as the door does: findings raised by findings, too, until there are
   * none. Cases read nothing else.
   */
  settle(): this {
    for (let round = 0; this.#waiting.length > 0; round++) {
      if (round === MAX_ROUNDS) throw new Error('findings raise findings without end');
      for (const { data, id, source, time, type } of this.#waiting.splice(0)) {
        const name = type.slice('stocktide.'.length, -'.v1'.length) as InputType;
        this.given({ name, data, id, source, at: (Date.parse(time) - T0) / 60_000 });
      }
    }
    return this;
  }

  /** Lets time pass until `minutes` after T0. */
  tick(minutes: number): this {
    return this.given(tickAt(minutes));
  }

  /** Lets time pass until an instant (ms since 1970). */
  tickTo(ms: number): this {
    return this.tick((ms - T0) / 60_000);
  }

  /** Rows of a table as they were written, with their column names. */
  rows(table: TableName): Row[] {
    const columns = TABLE_COLUMNS[table];
    return (this.#cells.get(table) ?? []).map((cells) =>
      Object.fromEntries(columns.map((column, index) => [column, cells[index] ?? null])),
    );
  }

  /**
   * Rows of a signed table that hold now: each row that was not taken back, without its signed columns.
   * Throws when a row was taken back that did not hold.
   */
  net(table: TableName): Row[] {
    const counts = new Map<string, number>();
    for (const row of this.rows(table)) {
      const sign = row['sign'];
      if (typeof sign !== 'number') throw new Error(`${table} is no signed table`);
      const bare = Object.entries(row).filter(
        ([column]) => !(SIGNED_COLUMNS as readonly string[]).includes(column),
      );
      const key = JSON.stringify(bare);
      counts.set(key, (counts.get(key) ?? 0) + sign);
    }
    return [...counts].flatMap(([key, count]) => {
      if (count < 0) throw new Error(`${table}: taken back, and never stood: ${key}`);
      const row = Object.fromEntries(JSON.parse(key) as [string, Cell][]);
      return Array.from({ length: count }, () => row);
    });
  }

  /** What would be flushed since the last call: one block a table, and a number that names it. */
  takeBlocks(): TableBlock[] {
    const blocks = this.#batch.blocks();
    this.#batch = new Batch(this.log.length);
    return blocks;
  }

  /** The same processors, stopped and started from their snapshot, with the outputs so far. */
  async restarted(): Promise<ReducerBench> {
    const bench = new ReducerBench(this.#names);
    const read = new Map<string, SnapshotPart[]>(bench.#parts().map(({ name }) => [name, []]));
    for await (const { bytes, name } of decodeFrames(captureState(this.#parts()))) {
      const slash = name.indexOf('/');
      read.get(name.slice(0, slash))?.push({ name: name.slice(slash + 1), bytes });
    }
    for (const part of bench.#parts()) part.restore(read.get(part.name) ?? []);
    bench.#ids = this.#ids;
    bench.log.push(...this.log);
    bench.findings.push(...this.findings);
    bench.ended.push(...this.ended);
    bench.#waiting = [...this.#waiting];
    bench.asides.push(...this.asides);
    for (const [table, cells] of this.#cells) bench.#cells.set(table, [...cells]);
    return bench;
  }

  #parts(): Stateful[] {
    return [this.#reduction.intake, ...this.slice.hosted.map(({ processor }) => processor)];
  }
}
