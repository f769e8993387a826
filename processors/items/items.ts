/**
 * The items processor: rules about the master data.
 *
 *   DUPLICATE_SKU  one valid GTIN stands on several active SKUs of the same unit of measure and pack. It ends
 *                  when all but one are merged, discontinued or blocked, or differ in their pack.
 *
 * Key: none; whether two SKUs share a GTIN only one who knows them all can say. In: items, policies,
 * corrections. Out: findings. Of versions of an item the one with the latest event time holds. Pure.
 */
import type { DataOf } from '../../contracts/events.ts';
import { Corrected } from '../facts/corrected.ts';
import { Episodes } from '../facts/episodes.ts';
import { KeptFacts } from '../facts/kept-facts.ts';
import { joined, jsonParts, parseJson } from '../facts/parts.ts';
import { RulePolicies } from '../facts/rule-policies.ts';
import type { Fact } from '../facts/signed.ts';
import type { Applied, Outputs, Processor, SnapshotPart } from '../processor.ts';
import { isValidGtin } from './gtin.ts';

const STATE_VERSION = '1';
const HOUR_MS = 60 * 60_000;
/** SKUs that are remembered, and versions of each that a correction may bring back. */
const LIMITS = { entities: 200_000, facts: 4, keptMs: Infinity };

interface Version extends Fact {
  /** Empty when there is none, or it is not valid. */
  readonly gtin: string;
  /** Unit of measure and units in the pack. */
  readonly pack: string;
  readonly isActive: boolean;
  readonly evidence: { readonly source: string; readonly id: string };
}

export function createItems(): Processor {
  const versions = new KeptFacts<Version>('versions', LIMITS);
  const episodes = new Episodes();
  const policies = new RulePolicies();
  const corrected = new Corrected();
  /** SKUs that have each GTIN now; follows from the versions. */
  const bearers = new Map<string, Set<string>>();
  let hour = 0;

  function apply(applied: Applied, out: Outputs): void {
    onTime(applied, out);
    const { event, nowMs } = applied;
    switch (event.type) {
      case 'stocktide.item.upserted.v1': {
        if (corrected.voids(applied)) return;
        const { sku_id: sku } = event.data;
        change(sku, () => versions.add(sku, versionOf(event.data, applied), nowMs), applied, out);
        return;
      }
      case 'stocktide.event.corrected.v1':
        for (const identity of corrected.note(event.data, nowMs)) {
          const sku = versions.keyOf(identity);
          if (sku !== undefined) change(sku, () => versions.drop(identity), applied, out);
        }
        return;
      case 'stocktide.policy.set.v1':
        policies.set(event.data, applied);
        return;
      default:
        return;
    }
  }

  /** Lets an item change, and judges the GTINs that it had and has. */
  function change(sku: string, act: () => void, applied: Applied, out: Outputs): void {
    const before = gtinOf(sku);
    act();
    const after = gtinOf(sku);
    if (before !== after) {
      forget(before, sku);
      remember(after, sku);
    }
    if (before !== after && before !== '') judge(before, applied, out);
    if (after !== '') judge(after, applied, out);
  }

  function remember(gtin: string, sku: string): void {
    if (gtin === '') return;
    const known = bearers.get(gtin);
    if (known === undefined) bearers.set(gtin, new Set([sku]));
    else known.add(sku);
  }

  function forget(gtin: string, sku: string): void {
    const known = bearers.get(gtin);
    known?.delete(sku);
    if (known?.size === 0) bearers.delete(gtin);
  }

  function judge(gtin: string, applied: Applied, out: Outputs): void {
    const key = `DUPLICATE_SKU/${gtin}`;
    const twins = twinsOf([...(bearers.get(gtin) ?? [])].sort());
    const setting = policies.of('DUPLICATE_SKU');
    const [last] = twins.toSorted((a, b) => b.version.timeMs - a.version.timeMs);
    if (last === undefined || !setting.enabled) {
      const detail = `No two active SKUs of one pack share ${gtin}`;
      episodes.ended(key, { atMs: applied.timeMs, detail }, out);
      return;
    }
    const skus = twins.map(({ sku }) => sku);
    episodes.holds(
      key,
      {
        ...{ code: 'DUPLICATE_SKU', entity: `gtin/${gtin}`, skuId: last.sku },
        conditionAtMs: last.version.timeMs,
        detail: `${gtin} stands on ${skus.length} active SKUs of one pack: ${skus.join(', ')}`,
        ...{ rule: setting, evidence: twins.map(({ version }) => version.evidence) },
      },
      applied,
      out,
    );
  }

  /** Those of the SKUs that are active and of the same pack as another one; none when there are no two. */
  function twinsOf(skus: readonly string[]): { sku: string; version: Version }[] {
    const active = skus.flatMap((sku) => {
      const version = versions.of(sku).at(-1);
      return version?.isActive === true ? [{ sku, version }] : [];
    });
    const sameAs = (pack: string) => active.filter(({ version }) => version.pack === pack).length;
    return active.filter(({ version }) => sameAs(version.pack) > 1);
  }

  const gtinOf = (sku: string) => versions.of(sku).at(-1)?.gtin ?? '';

  /** Housekeeping once an hour of event time. */
  function onTime(applied: Applied, out: Outputs): void {
    const thisHour = Math.floor(applied.nowMs / HOUR_MS);
    if (thisHour === hour) return;
    hour = thisHour;
    corrected.onTime(applied.nowMs);
    for (const { facts, key: sku } of versions.expire(applied.nowMs)) {
      const gtin = facts.at(-1)?.gtin ?? '';
      forget(gtin, sku);
      if (gtin !== '') judge(gtin, applied, out);
    }
  }

  const sections: Record<string, Section> = {
    hour: {
      snapshot: () => jsonParts('hour', [hour]),
      restore: ({ bytes }) => {
        [hour = 0] = parseJson<number>(bytes);
      },
    },
    versions,
    episodes,
    rules: policies,
    corrected,
  };

  return {
    name: 'items',
    stateVersion: STATE_VERSION,
    apply,
    size: () => versions.size,
    snapshot: () => joined(Object.values(sections).map((section) => section.snapshot())),
    restore: (parts) => {
      for (const part of parts) {
        const section = sections[part.name];
        if (section === undefined) throw new Error(`the items processor has no part ${part.name}`);
        section.restore(part);
      }
      for (const sku of versions.keys()) remember(gtinOf(sku), sku);
    },
  };
}

interface Section {
  snapshot(): Iterable<SnapshotPart>;
  restore(part: SnapshotPart): void;
}

function versionOf(data: DataOf<'item.upserted'>, applied: Applied): Version {
  const { event, identity, seq, timeMs } = applied;
  return {
    ...{ timeMs, seq, identity },
    gtin: isValidGtin(data.gtin) ? data.gtin : '',
    pack: `${data.uom}/${data.pack_qty}`,
    isActive: data.status === 'active',
    evidence: { source: event.source, id: event.id },
  };
}
