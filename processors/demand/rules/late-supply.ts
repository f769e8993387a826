/**
 * INBOUND_LATE of the kind that cannot wait (REFERENCE §4.2): supply is late, or will be, and the position is
 * projected to run out before it can be used. Raised about the PO or ASN whose lateness the supply processor
 * watches, so that the case is one, and SEV2 from then on.
 */
import type { RuleSetting } from '../../facts/rule-policies.ts';
import { parameter, type RulePolicies } from '../../facts/rule-policies.ts';
import type { OpenSupply } from '../../stock/open-supply.ts';
import type { Condition } from './held-conditions.ts';
import { worth } from './look.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Supply of a position, and when it can be used (ms). */
export interface Awaited extends OpenSupply {
  readonly usableMs: number;
}

export interface Shelf {
  readonly sku: string;
  readonly node: string;
  readonly unitCost: string | null;
  /** Projected stockout at mean demand (ms); null for none within a year. */
  readonly outMs: number | null;
  readonly lostUnits: number;
  readonly supply: readonly Awaited[];
}

export function lateSupply(rules: RulePolicies, shelf: Shelf, nowMs: number): Condition[] {
  const { outMs, supply } = shelf;
  if (outMs === null) return [];
  return supply.flatMap((awaited) => {
    if (awaited.usableMs <= outMs) return [];
    const setting = rules.of('INBOUND_LATE', { supplier: awaited.supplier });
    const entity = setting.enabled ? lateEntity(awaited, setting, nowMs) : null;
    return entity === null ? [] : [conditionOf(shelf, { ...awaited, outMs }, entity, setting)];
  });
}

/** What is late of it: past its date and grace, or an ASN that is expected after its PO was promised. */
function lateEntity(
  { expectedMs, kind, order, ref }: Awaited,
  setting: RuleSetting,
  nowMs: number,
): string | null {
  const graceMs =
    kind === 'asn'
      ? parameter(setting, 'asn_grace_h') * HOUR_MS
      : parameter(setting, 'po_grace_d') * DAY_MS;
  if (nowMs > expectedMs + graceMs) return `${kind}/${ref}`;
  return order !== null && expectedMs > order.promisedMs ? `po/${order.po}` : null;
}

function conditionOf(
  { lostUnits, node, sku, unitCost }: Shelf,
  { outMs, ref, supplier, usableMs }: Awaited & { readonly outMs: number },
  entity: string,
  setting: RuleSetting,
): Condition {
  const units = Math.ceil(lostUnits);
  const day = (ms: number) => new Date(ms).toISOString().slice(0, 16);
  return {
    code: 'INBOUND_LATE',
    subtype: 'stockout',
    ...{ entity, part: `sku/${sku}/node/${node}` },
    ...{ skuId: sku, nodeId: node, supplierId: supplier },
    ...{ setting, holdMs: 0, units, amount: worth(unitCost, units), floor: 'SEV2', evidence: [] },
    detail: `${sku} at ${node} will run out by ${day(outMs)}Z, before ${ref} can be used (${day(usableMs)}Z)`,
    end: `${sku} at ${node} lasts until ${ref} can be used, or ${ref} is not late`,
  };
}
