/**
 * What a processor is: a pure reducer over the LOG with the answers and the snapshot of its state.
 *
 * `apply` has no clock, no randomness and no I/O (law 2). Time is data: `nowMs` is the highest event
 * time seen so far. The runtime (processors/runtime) is the shell that feeds it and carries its outputs.
 */
import type { FindingCode } from '../contracts/events/control.ts';
import type { LogEvent, LogType } from '../contracts/events.ts';
import type { Severity, Team } from '../contracts/rules.ts';
import type { TABLE_COLUMNS } from './runtime/tables.ts';

/** A table of ClickHouse that a processor writes (each folder's tables.ts). */
export type TableName = keyof typeof TABLE_COLUMNS;

/** A cell: what JSONCompactEachRow takes. */
export type Cell = string | number | null;

/** One message of the LOG as a processor sees it. */
export interface Applied {
  /** Sequence in the LOG. */
  readonly seq: number;
  readonly name: LogType;
  readonly event: LogEvent;
  /** Event time (ms since 1970). */
  readonly timeMs: number;
  /** Highest event time seen, this event included (ms since 1970). */
  readonly nowMs: number;
  /** Of (source, id): `identityOf` of contracts/hash.ts. */
  readonly identity: number;
  /** The message as it stands in the LOG. */
  readonly raw: string;
  /** Bytes that the event names by their hash, which they have; absent when they are missing or damaged. */
  readonly attachment?: Uint8Array;
}

/** Something that someone should know; the runtime brings it into the LOG as `finding.raised`. */
export interface Finding {
  /** Deterministic: the same log raises the same ids. */
  readonly findingId: string;
  readonly code: FindingCode;
  readonly subtype?: string;
  /** What it concerns. Code, subtype and entity tell which raising a clearing belongs to. */
  readonly entity: string;
  readonly skuId?: string;
  readonly nodeId?: string;
  readonly orderId?: string;
  readonly channelId?: string;
  readonly supplierId?: string;
  readonly locationId?: string;
  /** Whose act it is about; pseudonymous. */
  readonly actor?: string;
  /** Whose case it is, where that is not the owner of the rule. */
  readonly team?: Team;
  readonly conditionAtMs: number;
  readonly detail: string;
  readonly units?: number;
  /** Money at risk (decimal string, house currency). */
  readonly amount?: string;
  readonly ordersAtRisk?: number;
  /** The least severity that the rule gives it, beyond what its exposure does. */
  readonly floor?: Severity;
  /** Under which policy it was raised; defaults when absent. */
  readonly rule?: {
    readonly version: number;
    readonly parameters: Readonly<Record<string, number>>;
  };
  readonly statistic?: Statistic;
  /** `<CODE> <entity>` of what caused it, when it is a symptom. */
  readonly parent?: string;
  readonly evidence: readonly { source: string; id: string }[];
}

/** The figure behind a statistical finding. */
export interface Statistic {
  readonly name: string;
  readonly value: number;
  readonly expected: number;
  readonly limit: number;
  readonly p?: number;
}

/** The condition of an earlier finding holds no more; into the LOG as `finding.cleared`. */
export interface Cleared {
  /** Id of the finding that it ends. */
  readonly findingId: string;
  readonly code: FindingCode;
  readonly subtype?: string;
  readonly entity: string;
  readonly skuId?: string;
  readonly nodeId?: string;
  readonly orderId?: string;
  readonly supplierId?: string;
  readonly clearedAtMs: number;
  readonly detail: string;
}

/** Where the outputs of `apply` go. */
export interface Outputs {
  row(table: TableName, cells: readonly Cell[]): void;
  finding(finding: Finding): void;
  /** Ends a finding that was raised. */
  cleared(cleared: Cleared): void;
  /** The ATP of the SKU may have changed. */
  changed(sku: string): void;
  /** Tells whoever listens on SIGNALS; a repeat under the same id is dropped there. */
  signal(signal: Signal): void;
}

/** News of a case, for screens and notifiers. */
export interface Signal {
  /** `sig.<kind>.…` */
  readonly subject: string;
  /** Deterministic. */
  readonly id: string;
  readonly data: object;
}

/** A named piece of a snapshot. */
export interface SnapshotPart {
  readonly name: string;
  readonly bytes: Uint8Array;
}

export interface Processor {
  readonly name: string;
  /** Differs when the state's form or meaning does: another one's snapshot is rebuilt, not read. */
  readonly stateVersion: string;
  apply(applied: Applied, out: Outputs): void;
  /** Entries of the state, for metrics (positions). */
  size(): number;
  /**
   * The state at this instant. What it yields stays that state even when `apply` runs between two
   * parts, so that the runtime can write it without holding up the loop.
   */
  snapshot(): Iterable<SnapshotPart>;
  restore(parts: Iterable<SnapshotPart>): void;
}
