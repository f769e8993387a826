/**
 * The floor processor: what happens in a warehouse apart from the goods' own movements: picks and shorts,
 * failed scans, counts, moves between bins, location errors, labour, adjustments and other losses.
 *
 * Key: node. In: the events of the floor, the item master and the policies that it measures with, claims of
 * customers, what relieves short lines, corrections. Out: signed rows of `floor_events`, one for each event
 * and one for each line that was picked wrong; findings of its rules (rules/), and for costs in another
 * currency. Pure: the same log gives the same rows (law 2).
 */
import { Corrected } from '../facts/corrected.ts';
import { HouseCurrency } from '../facts/money.ts';
import { joined, jsonParts, parseJson } from '../facts/parts.ts';
import type { Applied, Cell, Outputs, Processor } from '../processor.ts';
import { Items } from './items.ts';
import { PickErrors } from './pick-errors.ts';
import { rowOf } from './rows.ts';
import type { Section } from './rules/facts.ts';
import { FloorRules } from './rules/rules.ts';
import { cellOf, floorCells } from './tables.ts';
import { Tolerance } from './tolerance.ts';
import { WrittenRows } from './written.ts';

const STATE_VERSION = '2';

export function createFloor(): Processor {
  const items = new Items();
  const tolerance = new Tolerance();
  const house = new HouseCurrency();
  const written = new WrittenRows((identity, cells) => pickErrors.unwritten(identity, cells));
  const pickErrors = new PickErrors(written);
  const corrected = new Corrected();
  const known = { items, tolerance, house };
  const rules = new FloorRules(known, (order) => pickErrors.writtenPicks(order));
  let second = 0;

  function apply(applied: Applied, out: Outputs): void {
    onTime(applied, out);
    const { event, timeMs } = applied;
    switch (event.type) {
      case 'stocktide.item.upserted.v1':
        items.set(event.data, timeMs);
        return;
      case 'stocktide.policy.set.v1':
        tolerance.set(event.data);
        house.set(event.data);
        rules.setPolicy(event.data, applied);
        return;
      case 'stocktide.event.corrected.v1':
        for (const identity of corrected.note(event.data, applied.nowMs)) {
          takeBack(identity, applied, out);
        }
        return;
      case 'stocktide.return.line.authorized.v1':
        if (!corrected.voids(applied)) pickErrors.claimed(event.data, applied, out);
        return;
      case 'stocktide.order.line.allocated.v1':
        if (!corrected.voids(applied)) rules.allocated(event.data, applied, out);
        return;
      case 'stocktide.order.line.cancelled.v1':
        if (!corrected.voids(applied)) rules.cancelled(event.data, applied, out);
        return;
      case 'stocktide.case.commanded.v1':
        rules.commanded(event.data, applied, out);
        return;
      case 'stocktide.receipt.line.received.v1':
      case 'stocktide.quality.inspected.v1':
      case 'stocktide.return.dispositioned.v1':
        if (!corrected.voids(applied)) rules.handled(applied, out);
        return;
      case 'stocktide.pick.started.v1':
      case 'stocktide.pick.completed.v1':
      case 'stocktide.pick.shorted.v1':
      case 'stocktide.scan.failed.v1':
      case 'stocktide.location.error.recorded.v1':
      case 'stocktide.inventory.counted.v1':
      case 'stocktide.inventory.moved.v1':
      case 'stocktide.inventory.adjusted.v1':
      case 'stocktide.inventory.state.changed.v1':
      case 'stocktide.labour.recorded.v1':
        if (!corrected.voids(applied)) {
          write(applied, out);
          rules.handled(applied, out);
        }
        return;
      default:
        // Every other type of the catalogue is no business of the floor.
        return;
    }
  }

  /** Housekeeping once a second of event time. */
  function onTime(applied: Applied, out: Outputs): void {
    const { nowMs } = applied;
    const thisSecond = Math.floor(nowMs / 1_000);
    if (thisSecond === second) return;
    second = thisSecond;
    written.onTime(nowMs);
    pickErrors.onTime(nowMs);
    corrected.onTime(nowMs);
    rules.onTime(applied, out);
  }

  function write(applied: Applied, out: Outputs): void {
    const row = rowOf(applied, known);
    if (row === null) return;
    const { identity, nowMs } = applied;
    const cells = floorCells(row);
    written.add(identity, cells, nowMs);
    emit(cells, 1, applied, out);
    if (row.kind === 'pick') pickErrors.picked({ identity, cells }, applied, out);
    if (row.kind !== undefined) rules.written(row.kind, cells, applied, out);
    if (row.unit_cost !== undefined && row.costed === 0) flagCurrency(applied, row, out);
  }

  function takeBack(identity: number, applied: Applied, out: Outputs): void {
    const cells = written.take(identity);
    rules.takenBack(identity, cells, applied, out);
    if (cells === undefined) return pickErrors.dropClaim(identity, applied, out);
    emit(cells, -1, applied, out);
    if (cellOf(cells, 'kind') === 'pick') pickErrors.dropPick({ identity, cells }, applied, out);
  }

  function flagCurrency(
    { event, timeMs }: Applied,
    row: ReturnType<typeof rowOf>,
    out: Outputs,
  ): void {
    const { currency = '', node_id = '', qty = 0, sku_id = '' } = row ?? {};
    out.finding({
      findingId: `FLOW_VIOLATION/currency/${event.source}/${event.id}`,
      code: 'FLOW_VIOLATION',
      subtype: 'currency',
      entity: `sku/${sku_id}/node/${node_id}`,
      skuId: sku_id,
      nodeId: node_id,
      conditionAtMs: timeMs,
      detail: `The cost of ${sku_id} is in ${currency}; sums are in ${house.code} and leave it out`,
      units: qty,
      evidence: [{ source: event.source, id: event.id }],
    });
  }

  const sections: Record<string, Section> = {
    second: {
      snapshot: () => jsonParts('second', [second]),
      restore: ({ bytes }) => {
        [second = 0] = parseJson<number>(bytes);
      },
    },
    items,
    tolerance,
    currency: house,
    written,
    claimed: pickErrors,
    corrected,
    ...rules.sections(),
  };

  return {
    name: 'floor',
    stateVersion: STATE_VERSION,
    apply,
    size: () => written.size,
    // The copies are taken here; the parts are made of them as they are read.
    snapshot: () => joined(Object.values(sections).map((section) => section.snapshot())),
    restore: (parts) => {
      for (const part of parts) {
        const section = sections[part.name];
        if (section === undefined) throw new Error(`the floor processor has no part ${part.name}`);
        section.restore(part);
      }
      pickErrors.restored();
    },
  };
}

function emit(cells: readonly Cell[], sign: 1 | -1, { nowMs, seq }: Applied, out: Outputs): void {
  out.row('floor_events', [...cells, sign, nowMs, seq]);
}
