/** What the rules of the floor read of a written row, and what they share. */
import type { Fact } from '../../facts/signed.ts';
import type { Ended, Episodes } from '../../facts/episodes.ts';
import { amountOf, micros, type HouseCurrency } from '../../facts/money.ts';
import type { RulePolicies } from '../../facts/rule-policies.ts';
import type { Applied, Cell, Outputs, SnapshotPart } from '../../processor.ts';
import type { Items } from '../items.ts';
import { cellOf, type FloorRow } from '../tables.ts';

export const HOUR_MS = 60 * 60_000;
export const DAY_MS = 24 * HOUR_MS;

/** An event that stands behind a fact. */
export interface Evidence {
  readonly source: string;
  readonly id: string;
}

/** A written row of `floor_events`, as the rules read it. */
export interface FloorFact extends Fact {
  readonly cells: readonly Cell[];
}

/** What all rules of the floor share. */
export interface Shared {
  readonly policies: RulePolicies;
  readonly episodes: Episodes;
  readonly items: Items;
  readonly house: HouseCurrency;
}

/** Something that judges again when facts come and go. */
export interface FloorRule {
  /** Drops the fact of a corrected event, if it has it. */
  drop(identity: number, applied: Applied, out: Outputs): void;
  /** Once an hour of event time: what ends by itself, and what is forgotten. */
  onHour(applied: Applied, out: Outputs): void;
}

/** A piece of the state. */
export interface Section {
  snapshot(): Iterable<SnapshotPart>;
  restore(part: SnapshotPart): void;
}

type Column = keyof FloorRow;

export const text = ({ cells }: FloorFact, column: Column): string =>
  String(cellOf(cells, column) ?? '');

export const number = ({ cells }: FloorFact, column: Column): number =>
  Number(cellOf(cells, column));

export const evidenceOf = (fact: FloorFact): Evidence => ({
  source: text(fact, 'source'),
  id: text(fact, 'event_id'),
});

/** Cost of a unit in the house currency, by the row itself; null when it states none. */
export const unitCostOf = (fact: FloorFact): string | null =>
  cellOf(fact.cells, 'costed') === 1 ? text(fact, 'unit_cost') : null;

/** Value of units at the cost of the item master; undefined when there is none in the house currency. */
export function valueOf(sku: string, units: number, { house, items }: Shared): string | undefined {
  const item = items.get(sku);
  if (item === undefined || !house.counts(item.currency ?? undefined)) return undefined;
  return worth(item.unitCost, units);
}

/** Units times their cost, without sign. */
export const worth = (unitCost: string, units: number): string =>
  amountOf(micros(unitCost) * BigInt(Math.abs(units)));

/** A decimal string as a number, to compare it with a parameter. */
export const asNumber = (amount: string): number => Number(amount);

export const positionOf = (sku: string, node: string) => `sku/${sku}/node/${node}`;
export const locationOf = (node: string, bin: string) => `location/${node}/${bin}`;

/** `{ amount }` where there is one. */
export const amounted = (amount: string | undefined): { readonly amount?: string } =>
  amount === undefined ? {} : { amount };

/** What a condition ends with when a correction left nothing of it. */
export const withdrawn = ({ nowMs }: Applied): Ended => ({
  atMs: nowMs,
  detail: 'The events that it rested on were corrected',
});

export const switchedOff = ({ nowMs }: Applied): Ended => ({
  atMs: nowMs,
  detail: 'A policy switched the rule off',
});

export const outlived = ({ nowMs }: Applied, days: number): Ended => ({
  atMs: nowMs,
  detail: `Nothing more was heard of it for ${days} days; it is followed no longer`,
});
