/**
 * The returns processor: goods and money after the sale. What came back and what became of it, what was
 * refunded, and where the margin leaks.
 *
 * Key: order. In: order lines, seller's cancellations, shipments, returns, refunds, costs, master data of
 * items, policies, corrections. Out: `returns`, `refunds`, `costs` and `durations` as signed rows,
 * and findings FLOW_VIOLATION and RETURN_UNDISPOSITIONED. Pure: the same log gives the same rows; the order in which facts come and
 * whether one was corrected or never sent makes no difference to the rows that hold in the end.
 */
import type { DataOf } from '../../contracts/events.ts';
import { POLICY_DEFAULTS } from '../../contracts/policy-defaults.ts';
import { partitionOf } from '../../contracts/subjects.ts';
import { Corrected } from '../facts/corrected.ts';
import { HouseCurrency } from '../facts/money.ts';
import { joined, jsonParts, mapParts, parseJson, restoreMap } from '../facts/parts.ts';
import { RulePolicies } from '../facts/rule-policies.ts';
import { emitDifference, type FactRow } from '../facts/signed.ts';
import type { Applied, Outputs, Processor, SnapshotPart } from '../processor.ts';
import { factOf, orderOf, type Homed } from './facts.ts';
import { Homes } from './homes.ts';
import { project, type Pending, type Projection } from './project.ts';
import { Undisposed } from './undisposed.ts';
import { UnitCosts } from './unit-costs.ts';

const STATE_VERSION = '2';
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** An order of which nothing was heard for so long is forgotten (event time): returns come within 90 days. */
const RESTED_MS = 120 * DAY_MS;
/** Orders and references that are kept at most: some 200 MB. */
const CAPACITY = 150_000;
/** Disorder explains what looks odd for so long (event time). */
const WATERMARK_MS = 10 * 60_000;
/** How long returned goods may take after their refund, until a policy says otherwise (REFERENCE §1.6). */
const RECEIPT_WINDOW_D = POLICY_DEFAULTS.measurement.refund_receipt_d;

export interface ReturnsOptions {
  /** Partitions of the order that this slice owns; all of them when absent. */
  readonly partitions?: ReadonlySet<number>;
  readonly capacity?: number;
}

export function createReturns(options: ReturnsOptions = {}): Processor {
  const { capacity = CAPACITY, partitions } = options;
  const homes = new Homes(capacity);
  const corrected = new Corrected();
  const house = new HouseCurrency();
  const unitCosts = new UnitCosts();
  const rules = new RulePolicies();
  const undisposed = new Undisposed({ rules, unitCost: (sku) => unitCosts.get(sku) });
  /** Units that time alone changes, and when. */
  const wakes = new Map<string, number>();
  /** Units that look odd, and until when disorder may explain it; the first one first. */
  const checks = new Map<string, number>();
  let nowMs = 0;
  let nextWakeMs = Number.POSITIVE_INFINITY;
  let receiptWindowMs = RECEIPT_WINDOW_D * DAY_MS;

  /** A reference that no order names belongs to the slice of its own hash. */
  const owns = (unit: string) =>
    partitions === undefined || partitions.has(partitionOf(orderOf(unit) || unit));

  const known = {
    unitCost: (sku: string) => unitCosts.get(sku),
    inHouse: (currency: string | undefined) => house.counts(currency),
    get receiptWindowMs() {
      return receiptWindowMs;
    },
  };

  function apply(applied: Applied, out: Outputs): void {
    // Housekeeping once a second of event time.
    if (Math.floor(applied.nowMs / 1_000) > Math.floor(nowMs / 1_000)) onTime(applied, out);
    nowMs = applied.nowMs;
    const { event } = applied;
    switch (event.type) {
      case 'stocktide.item.upserted.v1':
        if (!corrected.voids(applied)) itemUpserted(event.data);
        return;
      case 'stocktide.policy.set.v1':
        if (!corrected.voids(applied)) policySet(event.data, applied, out);
        return;
      case 'stocktide.event.corrected.v1':
        return correct(event.data, applied, out);
      default: {
        const homed = factOf(applied, known);
        if (homed === null || !isOurs(homed) || corrected.voids(applied)) return;
        homes.makeRoom(homed.home);
        return change(homed, () => homes.add(homed), applied, out);
      }
    }
  }

  /** Of orders of other slices, only what they name is kept: whose a reference is. */
  function isOurs({ fact, home }: Homed): boolean {
    if (orderOf(home) === '' || owns(home)) return true;
    return fact.kind === 'authorised' || fact.kind === 'shipped';
  }

  function itemUpserted({ currency, sku_id: sku, unit_cost: cost }: DataOf<'item.upserted'>): void {
    if (house.counts(currency)) unitCosts.set(sku, cost);
  }

  function policySet(data: DataOf<'policy.set'>, applied: Applied, out: Outputs): void {
    house.set(data);
    rules.set(data, applied);
    undisposed.ruleSet(data, applied, out);
    if (data.policy !== 'measurement' || data.value.refund_receipt_d === undefined) return;
    receiptWindowMs = data.value.refund_receipt_d * DAY_MS;
  }

  function correct(data: DataOf<'event.corrected'>, applied: Applied, out: Outputs): void {
    for (const identity of corrected.note(data, nowMs)) {
      const homed = homes.find(identity);
      if (homed !== null) change(homed, () => homes.remove(homed), applied, out);
    }
  }

  /** Lets a fact come or go, and writes what that changes of every unit that it touches. */
  function change(homed: Homed, act: () => void, applied: Applied, out: Outputs): void {
    const keys = homes.touchedBy(homed);
    const units = new Set(keys.flatMap((key) => homes.unitsOf(key)));
    const before = [...units].flatMap((unit) => rowsOf(unit));
    act();
    for (const unit of keys.flatMap((key) => homes.unitsOf(key))) units.add(unit);
    for (const key of keys) homes.settle(key, nowMs);
    settle(units, before, applied, out);
  }

  /** Rows that were written of a unit. */
  function rowsOf(unit: string): readonly FactRow[] {
    return projectionOf(unit, homes.get(unit).settledMs).rows;
  }

  function projectionOf(unit: string, atMs: number): Projection {
    return project(unit, owns(unit) ? homes.factsOf(unit) : [], atMs);
  }

  function settle(
    units: ReadonlySet<string>,
    before: readonly FactRow[],
    applied: Pick<Applied, 'seq' | 'nowMs'>,
    out: Outputs,
  ): void {
    const after: FactRow[] = [];
    const waiting = new Map<string, readonly Pending[]>();
    for (const unit of units) {
      homes.settle(unit, applied.nowMs);
      const { pending, rows, violations, wakeMs } = projectionOf(unit, applied.nowMs);
      waiting.set(unit, pending);
      after.push(...rows);
      wake(unit, wakeMs);
      checks.delete(unit);
      if (violations.length > 0) checks.set(unit, applied.nowMs + WATERMARK_MS);
    }
    emitDifference(before, after, applied, out);
    undisposed.follow(waiting, applied, out);
  }

  function wake(unit: string, atMs: number | null): void {
    if (atMs === null) {
      wakes.delete(unit);
    } else {
      wakes.set(unit, atMs);
      nextWakeMs = Math.min(nextWakeMs, atMs);
    }
  }

  function onTime(applied: Applied, out: Outputs): void {
    corrected.onTime(applied.nowMs);
    if (applied.nowMs >= nextWakeMs) {
      const due = [...wakes].filter(([, atMs]) => atMs <= applied.nowMs);
      for (const [unit] of due) settle(new Set([unit]), rowsOf(unit), applied, out);
      nextWakeMs = earliest(wakes);
    }
    for (const [unit, atMs] of checks) {
      if (atMs > applied.nowMs) break;
      checks.delete(unit);
      report(unit, applied.nowMs, out);
    }
    undisposed.onTime(applied, out);
    const isNewHour = Math.floor(applied.nowMs / HOUR_MS) > Math.floor(nowMs / HOUR_MS);
    if (isNewHour || homes.size > capacity) forget(applied, out);
  }

  function forget(applied: Applied, out: Outputs): void {
    homes.forget(applied.nowMs - RESTED_MS, (unit) => {
      wakes.delete(unit);
      checks.delete(unit);
      undisposed.follow(new Map([[unit, []]]), applied, out);
    });
  }

  /** Says what still looks odd of a unit, once each. */
  function report(unit: string, atMs: number, out: Outputs): void {
    const { raised } = homes.get(unit);
    const fresh = new Set<string>();
    for (const violation of projectionOf(unit, atMs).violations) {
      const { detail, fact, node, sku, subtype, units } = violation;
      const key = `${subtype}/${fact.identity}`;
      if (raised.includes(key) || fresh.has(key)) continue;
      fresh.add(key);
      const order = orderOf(unit);
      out.finding({
        findingId: `FLOW_VIOLATION/returns/${subtype}/${fact.source}/${fact.id}`,
        code: 'FLOW_VIOLATION',
        subtype,
        entity: unit.replace('|', '/'),
        ...(sku === '' ? {} : { skuId: sku }),
        ...(node === '' ? {} : { nodeId: node }),
        ...(order === '' ? {} : { orderId: order }),
        conditionAtMs: fact.timeMs,
        detail,
        ...(units === 0 ? {} : { units }),
        evidence: [{ source: fact.source, id: fact.id }],
      });
    }
    if (fresh.size > 0) homes.raise(unit, [...fresh]);
  }

  function restore(parts: Iterable<SnapshotPart>): void {
    for (const part of parts) {
      if (part.name === 'homes') homes.restore(part);
      else if (part.name === 'corrected') corrected.restore(part);
      else if (part.name === 'currency') house.restore(part);
      else if (part.name === 'unitcosts') unitCosts.restore(part);
      else if (part.name === 'rules') rules.restore(part);
      else if (part.name === 'undisposed') undisposed.restore(part);
      else if (part.name === 'wakes') restoreMap(wakes, part.bytes);
      else if (part.name === 'checks') restoreMap(checks, part.bytes);
      else if (part.name === 'head') restoreHead(part);
      else throw new Error(`the returns processor has no part ${part.name}`);
    }
    nextWakeMs = earliest(wakes);
  }

  function restoreHead({ bytes }: SnapshotPart): void {
    const [head] = parseJson<{ nowMs: number; receiptWindowMs: number }>(bytes);
    nowMs = head?.nowMs ?? 0;
    receiptWindowMs = head?.receiptWindowMs ?? RECEIPT_WINDOW_D * DAY_MS;
  }

  return {
    name: 'returns',
    stateVersion: STATE_VERSION,
    apply,
    size: () => homes.size,
    // The copies are taken here; the parts are made of them as they are read.
    snapshot: () =>
      joined([
        jsonParts('head', [{ nowMs, receiptWindowMs }]),
        homes.snapshot(),
        corrected.snapshot(),
        house.snapshot(),
        unitCosts.snapshot(),
        rules.snapshot(),
        undisposed.snapshot(),
        mapParts('wakes', wakes),
        mapParts('checks', checks),
      ]),
    restore,
  };
}

function earliest(wakes: ReadonlyMap<string, number>): number {
  let earliestMs = Number.POSITIVE_INFINITY;
  for (const atMs of wakes.values()) earliestMs = Math.min(earliestMs, atMs);
  return earliestMs;
}
