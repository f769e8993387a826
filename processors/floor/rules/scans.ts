/**
 * UNSCANNABLE_ITEM: so many failed scans of a SKU at one bin within a day, or at a node within a week. It ends
 * after so many clean picks of the SKU at the node since the last failure: what is picked was scanned. A
 * failure that names no SKU is nobody's.
 */
import { KeptFacts } from '../../facts/kept-facts.ts';
import type { Fact } from '../../facts/signed.ts';
import type { Applied, Outputs, SnapshotPart } from '../../processor.ts';
import {
  DAY_MS,
  evidenceOf,
  number,
  outlived,
  positionOf,
  switchedOff,
  text,
  withdrawn,
  type Evidence,
  type FloorFact,
  type FloorRule,
  type Shared,
} from './facts.ts';

/** Far more than a week; clean picks alone do not keep a SKU. */
const KEPT_DAYS = 45;
/** Failures and the clean picks since the last one; beyond it the oldest go. */
const LIMITS = { entities: 50_000, facts: 200, keptMs: KEPT_DAYS * DAY_MS };
const AT_LOCATION_MS = DAY_MS;
const AT_NODE_MS = 7 * DAY_MS;

interface ScanFact extends Fact {
  readonly kind: 'failed' | 'clean';
  readonly sku: string;
  readonly node: string;
  readonly bin: string;
  readonly evidence: Evidence | null;
}

export class Scans implements FloorRule {
  readonly #shared: Shared;
  readonly #positions = new KeptFacts<ScanFact>('scans', LIMITS);

  constructor(shared: Shared) {
    this.#shared = shared;
  }

  failed(scan: FloorFact, applied: Applied, out: Outputs): void {
    if (text(scan, 'sku_id') !== '') this.#add('failed', scan, applied, out);
  }

  picked(pick: FloorFact, applied: Applied, out: Outputs): void {
    if (this.#positions.size === 0 || number(pick, 'qty') === 0) return;
    const key = keyOf(text(pick, 'sku_id'), text(pick, 'node_id'));
    // While nothing is raised there is nothing that clean picks could end.
    if (this.#shared.episodes.get(key) !== undefined) this.#add('clean', pick, applied, out);
  }

  drop(identity: number, applied: Applied, out: Outputs): void {
    const key = this.#positions.drop(identity);
    if (key !== undefined) this.#judge(key, applied, out);
  }

  onHour(applied: Applied, out: Outputs): void {
    for (const { key } of this.#positions.expire(applied.nowMs)) {
      this.#shared.episodes.ended(key, outlived(applied, KEPT_DAYS), out);
    }
  }

  snapshot(): Iterable<SnapshotPart> {
    return this.#positions.snapshot();
  }

  restore(part: SnapshotPart): void {
    this.#positions.restore(part);
  }

  #add(kind: ScanFact['kind'], fact: FloorFact, applied: Applied, out: Outputs): void {
    const [sku, node] = [text(fact, 'sku_id'), text(fact, 'node_id')];
    const { identity, seq, timeMs } = fact;
    const evidence = kind === 'failed' ? evidenceOf(fact) : null;
    const key = keyOf(sku, node);
    this.#positions.add(
      key,
      { timeMs, seq, identity, kind, sku, node, bin: text(fact, 'location_id'), evidence },
      applied.nowMs,
    );
    this.#judge(key, applied, out);
  }

  #judge(key: string, applied: Applied, out: Outputs): void {
    const { episodes, policies } = this.#shared;
    const facts = this.#positions.of(key);
    const failures = facts.filter(({ kind }) => kind === 'failed');
    const last = failures.at(-1);
    if (last === undefined) return episodes.ended(key, withdrawn(applied), out);
    const { node, sku } = last;
    const setting = policies.of('UNSCANNABLE_ITEM', { sku, node });
    if (!setting.enabled) return episodes.ended(key, switchedOff(applied), out);
    const { at_location = Infinity, at_node = Infinity, clean_scans = 0 } = setting.parameters;
    const spell = spellOf(failures, { at_location, at_node });
    if (spell === null) return episodes.ended(key, withdrawn(applied), out);
    const clean = facts.filter(({ kind, timeMs }) => kind === 'clean' && timeMs > last.timeMs);
    const closing = clean[clean_scans - 1];
    if (closing !== undefined) {
      const detail = `${clean_scans} picks of ${sku} have scanned since`;
      episodes.ended(key, { atMs: closing.timeMs, detail }, out);
      // What scans again begins anew.
      return this.#positions.forget(key);
    }
    const { recent, where } = spell;
    episodes.holds(
      key,
      {
        code: 'UNSCANNABLE_ITEM',
        subtype: where,
        entity: positionOf(sku, node),
        ...{ skuId: sku, nodeId: node, conditionAtMs: last.timeMs },
        ...(where === 'location' ? { locationId: last.bin } : { floor: 'SEV3' as const }),
        detail: `${recent.length} scans of ${sku} failed ${where === 'location' ? `at ${last.bin} within a day` : `in ${node} within a week`}`,
        rule: setting,
        evidence: recent.flatMap(({ evidence }) => evidence ?? []),
      },
      applied,
      out,
    );
  }
}

const keyOf = (sku: string, node: string) => `UNSCANNABLE_ITEM/${sku}/${node}`;

interface Spell {
  readonly where: 'location' | 'node';
  readonly recent: readonly ScanFact[];
}

/** The latest failures that are too many for their bin or, worse, for their node; null when none are. */
function spellOf(
  failures: readonly ScanFact[],
  limits: { at_location: number; at_node: number },
): Spell | null {
  let found: Spell | null = null;
  failures.forEach((last, index) => {
    const before = failures.slice(0, index + 1);
    const atNode = before.filter(({ timeMs }) => timeMs > last.timeMs - AT_NODE_MS);
    const atBin = atNode.filter(
      ({ bin, timeMs }) => bin === last.bin && timeMs > last.timeMs - AT_LOCATION_MS,
    );
    if (atNode.length >= limits.at_node) found = { where: 'node', recent: atNode };
    else if (atBin.length >= limits.at_location && found?.where !== 'node') {
      found = { where: 'location', recent: atBin };
    }
  });
  return found;
}
