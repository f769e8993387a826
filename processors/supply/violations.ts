/**
 * Inbound that does not follow from what came before it: a receipt that names neither PO nor ASN, one of a
 * PO or an ASN that nobody has heard of, more than was ordered. It is applied as it is; what is still so
 * after the watermark, when events out of order can no longer explain it, is reported once.
 */
import type { Finding, SnapshotPart } from '../processor.ts';
import { mapParts, restoreMap } from '../facts/parts.ts';
import { unitsOf } from './facts.ts';
import { factsOf, type Family } from './family.ts';
import { orderOf } from './lines.ts';

/** How long disorder may explain it (event time). */
export const WATERMARK_MS = 10 * 60_000;

export interface Violation {
  readonly subtype:
    | 'blind_receipt'
    | 'unknown_po'
    | 'unknown_asn'
    | 'change_before_issue'
    | 'receipt_before_po'
    | 'unexpected_sku'
    | 'over_receipt'
    | 'asn_over_po';
  readonly units: number;
  readonly detail: string;
}

/** What is wrong with a family as it is known now. */
export function violationsOf(family: Family): Violation[] {
  switch (family.root.kind) {
    case 'receipt':
      return blind(family);
    case 'asn':
      return withoutPo(family);
    case 'po':
      return ofPo(family);
    default:
      return family.root.kind satisfies never;
  }
}

function blind({ receipts, root, sku }: Family): Violation[] {
  const units = unitsOf(receipts);
  if (receipts.length === 0) return [];
  const detail = `receipt ${root.id} brought ${units} units of ${sku} and names neither PO nor ASN`;
  return [{ subtype: 'blind_receipt', units, detail }];
}

function withoutPo({ asns, receipts, root, sku }: Family): Violation[] {
  const [asn] = asns;
  const units = unitsOf(receipts);
  if (receipts.length === 0) return [];
  const announced = asn?.announced ?? null;
  if (announced === null) {
    const known = root.head.some(({ kind }) => kind === 'named');
    const detail = `${units} units of ${sku} were received with ASN ${root.id}, which ${known ? 'has no such line' : 'was never announced'}`;
    return [{ subtype: known ? 'unexpected_sku' : 'unknown_asn', units, detail }];
  }
  return over(units, announced, `ASN ${root.id} announced`, sku);
}

function ofPo(family: Family): Violation[] {
  const { asns, receipts, root, sku } = family;
  const order = orderOf(factsOf(root, sku));
  const received = unitsOf(receipts);
  const [first] = receipts;
  if (order === null) {
    if (first === undefined) return [];
    const known = root.head.some(({ kind }) => kind === 'named');
    const detail = `${received} units of ${sku} were received for PO ${root.id}, which ${known ? 'has no such line' : 'is unknown'}`;
    return [{ subtype: known ? 'unexpected_sku' : 'unknown_po', units: received, detail }];
  }
  const violations: Violation[] = [];
  if (!factsOf(root, sku).some(({ kind }) => kind === 'issued')) {
    const detail = `a change of PO ${root.id} orders ${order.units} units of ${sku}, and no such order is known`;
    violations.push({ subtype: 'change_before_issue', units: order.units, detail });
  }
  violations.push(...over(received, order.units, `PO ${root.id} ordered`, sku));
  if (first !== undefined && first.timeMs < order.issuedMs) {
    const detail = `${first.units} units of ${sku} were received ${hours(order.issuedMs - first.timeMs)} h before PO ${root.id} was issued`;
    violations.push({ subtype: 'receipt_before_po', units: first.units, detail });
  }
  let announced = 0;
  for (const asn of asns) announced += asn.announced ?? 0;
  if (announced > order.units) {
    const detail = `ASNs of PO ${root.id} announce ${announced} units of ${sku}, ${announced - order.units} more than the ${order.units} ordered`;
    violations.push({ subtype: 'asn_over_po', units: announced - order.units, detail });
  }
  return violations;
}

function over(received: number, expected: number, who: string, sku: string): Violation[] {
  const units = received - expected;
  if (units <= 0) return [];
  const detail = `${received} units of ${sku} were received, ${units} more than the ${expected} that ${who}`;
  return [{ subtype: 'over_receipt', units, detail }];
}

const hours = (ms: number) => Math.round(ms / 360_000) / 10;

/** Why a family was suspected: the first event after which something was wrong. */
interface Suspect {
  readonly sinceMs: number;
  readonly source: string;
  readonly id: string;
}

/** Families that wait for the watermark, the longest first. */
export class Suspects {
  readonly #suspects = new Map<string, Suspect>();

  note(key: string, suspect: Suspect): void {
    if (!this.#suspects.has(key)) this.#suspects.set(key, suspect);
  }

  /** Those whose wait is over. */
  *due(nowMs: number): Generator<[key: string, suspect: Suspect]> {
    for (const [key, suspect] of this.#suspects) {
      if (nowMs - suspect.sinceMs < WATERMARK_MS) return;
      this.#suspects.delete(key);
      yield [key, suspect];
    }
  }

  snapshot(): Iterable<SnapshotPart> {
    return mapParts('suspects', this.#suspects);
  }

  restore({ bytes }: SnapshotPart): void {
    restoreMap(this.#suspects, bytes);
  }
}

export function findingOf(
  family: Family,
  { detail, subtype, units }: Violation,
  { id, sinceMs, source }: Suspect,
): Finding {
  const { root, sku, supplier } = family;
  const node = family.receipts[0]?.node;
  return {
    findingId: `FLOW_VIOLATION/${subtype}/${root.kind}/${root.id}/${sku}`,
    code: 'FLOW_VIOLATION',
    subtype,
    entity: `${root.kind}/${root.id}/sku/${sku}`,
    skuId: sku,
    ...(node === undefined ? {} : { nodeId: node }),
    ...(supplier === '' ? {} : { supplierId: supplier }),
    conditionAtMs: sinceMs,
    units,
    detail: `${detail}; applied as it is`,
    evidence: [{ source, id }],
  };
}
