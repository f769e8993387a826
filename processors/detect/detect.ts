/**
 * The detectors: anomalies that no single event shows.
 *
 * Key: none, for what is tested together spans all nodes. In: losses of stock, what shows which SKUs a node
 * has, costs, policies, verdicts of people, corrections, trained models. Out: findings within the alert budget,
 * signed rows of `anomalies`, a row of `models` for each model. Pure: the same log gives the same findings (law 2).
 */
import { Corrected } from '../facts/corrected.ts';
import { HouseCurrency } from '../facts/money.ts';
import { joined } from '../facts/parts.ts';
import { RulePolicies } from '../facts/rule-policies.ts';
import type { Applied, Outputs, Processor, SnapshotPart } from '../processor.ts';
import { Activity, type Stated } from './model/activity.ts';
import { Scorer } from './model/scorer.ts';
import { CODE } from './shrinkage/anomaly.ts';
import { Costs } from './shrinkage/costs.ts';
import { Histories } from './shrinkage/histories.ts';
import { lossOf } from './shrinkage/losses.ts';
import { Shrinkage } from './shrinkage/shrinkage.ts';
import { Watched } from './shrinkage/watched.ts';

const STATE_VERSION = '2';

export function createDetect(): Processor {
  const house = new HouseCurrency();
  const costs = new Costs();
  const corrected = new Corrected();
  const rules = new RulePolicies();
  const histories = new Histories();
  const watched = new Watched();
  const activity = new Activity();
  const scorer = new Scorer(activity);
  const shrinkage = new Shrinkage({ histories, watched, costs, rules, scorer });
  const costOf = (sku: string, stated?: Stated) =>
    stated?.unitCost === undefined
      ? Number(costs.get(sku) ?? 0)
      : house.counts(stated.currency)
        ? Number(stated.unitCost)
        : 0;

  function apply(applied: Applied, out: Outputs): void {
    shrinkage.onTime(applied, out);
    const { event, nowMs, timeMs } = applied;
    switch (event.type) {
      case 'stocktide.clock.ticked.v1':
        corrected.onTime(nowMs);
        return;
      case 'stocktide.item.upserted.v1':
        if (house.counts(event.data.currency)) costs.set(event.data, timeMs);
        return;
      case 'stocktide.policy.set.v1':
        house.set(event.data);
        rules.set(event.data, applied);
        return;
      case 'stocktide.event.corrected.v1':
        for (const identity of corrected.note(event.data, nowMs)) {
          shrinkage.dropped(identity);
          activity.drop(identity);
        }
        return;
      case 'stocktide.model.trained.v1':
        if (event.data.purpose === 'shrinkage') scorer.trained(event.data, applied, out);
        return;
      case 'stocktide.case.commanded.v1': {
        if (event.data.command !== 'judge' || event.data.verdict === 'true') return;
        const entity = entityOfCase(event.data.case_id);
        if (entity !== null) shrinkage.judged(entity, event.data.verdict, timeMs);
        return;
      }
      case 'stocktide.pick.completed.v1':
      case 'stocktide.pick.shorted.v1':
        watched.see(event.data.sku_id, event.data.node_id, timeMs);
        if (!corrected.voids(applied)) activity.take(applied, costOf);
        return;
      case 'stocktide.location.error.recorded.v1':
        if (!corrected.voids(applied)) activity.take(applied, costOf);
        return;
      case 'stocktide.putaway.completed.v1':
        watched.see(event.data.sku_id, event.data.node_id, timeMs);
        return;
      case 'stocktide.inventory.adjusted.v1':
      case 'stocktide.inventory.counted.v1':
      case 'stocktide.inventory.state.changed.v1': {
        watched.see(event.data.sku_id, event.data.node_id, timeMs);
        if (corrected.voids(applied)) return;
        activity.take(applied, costOf);
        const loss = lossOf(applied, (currency) => house.counts(currency));
        if (loss !== null) shrinkage.lost(loss);
        return;
      }
      default:
        return;
    }
  }

  const sections: Readonly<Record<string, (part: SnapshotPart) => void>> = {
    currency: (part) => house.restore(part),
    costs: (part) => costs.restore(part),
    corrected: (part) => corrected.restore(part),
    rules: (part) => rules.restore(part),
    histories: (part) => histories.restore(part),
    watched: (part) => watched.restore(part),
    ...Object.fromEntries(
      [shrinkage, activity, scorer]
        .flatMap((part) => Object.entries(part.sections))
        .map(([name, restore]) => [name, ({ bytes }: SnapshotPart) => restore(bytes)]),
    ),
  };

  return {
    name: 'detect',
    stateVersion: STATE_VERSION,
    apply,
    size: () => histories.size,
    // The copies are taken here; the parts are made of them as they are read.
    snapshot: () =>
      joined([
        ...[house, costs, corrected, rules, histories, watched].map((part) => part.snapshot()),
        ...[shrinkage, activity, scorer].flatMap((part) => part.snapshot()),
      ]),
    restore: (parts) => {
      for (const part of parts) {
        const restore = sections[part.name];
        if (restore === undefined) throw new Error(`the detect processor has no part ${part.name}`);
        restore(part);
      }
    },
  };
}

/** Entity of one of our cases, `<code>/<entity>/<sequence>`; null for other cases. */
function entityOfCase(caseId: string): string | null {
  if (!caseId.startsWith(`${CODE}/`)) return null;
  return caseId.slice(CODE.length + 1, caseId.lastIndexOf('/'));
}
