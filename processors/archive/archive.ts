/**
 * The archive: every event of the LOG as a row of `events`, so that data teams can read it and the state
 * of any processor can be rebuilt when the LOG no longer reaches back. Findings, policies and the item
 * master get tables of their own besides. Keeps no state. Pure.
 */
import type { Applied, Outputs, Processor } from '../processor.ts';

export function createArchive(): Processor {
  return {
    name: 'archive',
    stateVersion: '1',
    apply,
    size: () => 0,
    snapshot: () => [],
    restore: () => undefined,
  };
}

function apply(applied: Applied, out: Outputs): void {
  const { event, raw, seq } = applied;
  const keys: Record<string, unknown> = event.data;
  out.row('events', [
    seq,
    event.source,
    event.id,
    event.type,
    event.time,
    event.ingestedtime,
    text(keys['sku_id']),
    text(keys['order_id']),
    text(keys['node_id']),
    text(keys['supplier_id']),
    text(keys['channel_id']),
    raw,
  ]);
  switch (event.type) {
    case 'stocktide.finding.raised.v1': {
      const { data } = event;
      out.row('findings', [
        data.finding_id,
        data.code,
        data.subtype ?? '',
        data.processor,
        data.entity,
        data.sku_id ?? '',
        data.node_id ?? '',
        data.order_id ?? '',
        data.channel_id ?? '',
        data.condition_at,
        event.time,
        data.units ?? 0,
        data.detail,
        JSON.stringify(data.evidence),
        seq,
        'raised',
        data.supplier_id ?? '',
        data.location_id ?? '',
        data.amount ?? '0',
        data.orders_at_risk ?? 0,
        data.rule_version ?? 0,
        data.statistic === undefined ? '' : JSON.stringify(data.statistic),
      ]);
      return;
    }
    case 'stocktide.finding.cleared.v1': {
      const { data } = event;
      out.row('findings', [
        data.finding_id,
        data.code,
        data.subtype ?? '',
        data.processor,
        data.entity,
        data.sku_id ?? '',
        data.node_id ?? '',
        data.order_id ?? '',
        '',
        data.cleared_at,
        event.time,
        0,
        data.detail,
        '[]',
        seq,
        'cleared',
        data.supplier_id ?? '',
        '',
        '0',
        0,
        0,
        '',
      ]);
      return;
    }
    case 'stocktide.policy.set.v1': {
      const { actor, policy, reason, scope, value } = event.data;
      const [where, what] = [JSON.stringify(scope), JSON.stringify(value)];
      out.row('policy_events', [policy, where, what, actor, reason, event.time, seq]);
      return;
    }
    case 'stocktide.item.upserted.v1': {
      const { data } = event;
      out.row('items', [
        data.sku_id,
        data.description ?? '',
        data.gtin,
        data.uom,
        data.pack_qty,
        data.abc_class,
        data.unit_cost,
        data.currency ?? '',
        data.status,
        event.time,
        seq,
      ]);
      return;
    }
    default:
      return;
  }
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '');
