/** Facts of exception case x1: a short pick of SKU A at node dc, unless a test says otherwise. */
import type { CaseRecord } from '../../contracts/case-record.ts';
import type { InputDataOf } from '../../contracts/events.ts';
import { event, type Given } from './given.ts';

type Envelope = Partial<Pick<Given, 'at' | 'id' | 'source'>>;
type Opening = Partial<InputDataOf<'exception.opened'>>;

const about = { exception_id: 'x1', code: 'SHORT_PICK', entity: 'sku/A/node/dc' };

export const opened = (it: Opening = {}, envelope: Envelope = {}): Given =>
  event(
    'exception.opened',
    { ...about, sku_id: 'A', node_id: 'dc', severity: 'SEV1', ...it },
    envelope,
  );

export const acknowledged = (
  it: Partial<InputDataOf<'exception.acknowledged'>> = {},
  envelope: Envelope = {},
): Given => event('exception.acknowledged', { ...about, actor: 'ana', ...it }, envelope);

export const resolved = (
  it: Partial<InputDataOf<'exception.resolved'>> = {},
  envelope: Envelope = {},
): Given => event('exception.resolved', { ...about, root_cause: 'PHANTOM_STOCK', ...it }, envelope);

/** An open case of the engine, as it stands. */
export function caseRecord(caseId: string, more: Partial<CaseRecord> = {}): CaseRecord {
  return {
    ...{ caseId, code: 'OVERSELL', subtype: '', title: 'Oversell', entity: 'sku/A/node/dc-01' },
    ...{ skuId: 'A', nodeId: 'dc-01', orderId: '', channelId: '', supplierId: '', locationId: '' },
    ...{ actor: '', status: 'open', severity: 'SEV3', floor: null, team: 'order management' },
    ...{ assignee: null, detail: '', exposure: { units: 10, amount: '10.00', orders: 0 } },
    ...{ conditionAtMs: 0, openedAtMs: 0, ackDueMs: 100, resolveDueMs: 1000 },
    ...{ acknowledgedAtMs: null, closedAtMs: null, snoozedUntilMs: null, clearSinceMs: null },
    ...{ verifyAtMs: null, openings: 1, escalations: [], conditions: [], evidence: [] },
    ...{ ruleVersion: 0, parameters: null, statistic: null, parentId: null, rootCause: null },
    ...{ resolution: null, verdict: null, touchedMs: 0 },
    ...more,
  };
}
