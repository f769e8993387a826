/**
 * The supply processor: what was ordered from suppliers, announced by them and received, line by line.
 *
 * Key: supplier. In: POs, ASNs, ETA changes, arrivals, receipts, and what becomes of received goods. Out:
 * signed rows of `po_lines`, `asn_lines`, `receipts` and `durations` (K18–K24), and FLOW_VIOLATION for
 * inbound that does not follow from what came before it. Pure; order of arrival, repeats and corrections
 * make no difference (facts/signed.ts).
 *
 * An open line is never forgotten: overdue supply stays where it is seen. What is settled is forgotten
 * KEEP_MS after it was last touched; a fact that comes even later starts the document anew, and is reported
 * as one of a document that is unknown.
 *
 * Slices: every slice gets the headers of all POs and ASNs (runtime/slices.ts), so each knows whose supplier
 * a document is of. Only the owner of that supplier writes its rows; one without a supplier is owned by the
 * slice of ''.
 */
import type { DataOf } from '../../contracts/events.ts';
import { identityOf } from '../../contracts/hash.ts';
import { partitionOf } from '../../contracts/subjects.ts';
import { Corrected } from '../facts/corrected.ts';
import { joined, jsonParts, parseJson } from '../facts/parts.ts';
import { emitDifference, type FactRow } from '../facts/signed.ts';
import type { Applied, Outputs, Processor, SnapshotPart } from '../processor.ts';
import { Documents, type Document, type DocumentKind } from './documents.ts';
import { InboundRules } from './inbound-rules.ts';
import {
  isAnnounced,
  isOrdered,
  isReceived,
  lastOf,
  type HeadFact,
  type LineFact,
  type StepFact,
} from './facts.ts';
import { factsOf, Family, skusOf } from './family.ts';
import { rowsOf } from './lines.ts';
import { isReceiptError, receiptNamed, ReceiverErrors } from './receiver-errors.ts';
import { isSettled, KEEP_MS } from './settled.ts';
import { Standing } from './standing.ts';
import { Steps } from './steps.ts';
import { Tolerances } from './tolerances.ts';
import { findingOf, Suspects, violationsOf } from './violations.ts';

/** Most documents that are kept; beyond it the longest untouched is forgotten, and said to be. */
const MAX_DOCUMENTS = 500_000;

export interface SupplyOptions {
  /** Partitions of the supplier that this slice owns; all of them when absent. */
  readonly partitions?: ReadonlySet<number>;
  readonly maxDocuments?: number;
}

const NO_ROWS: readonly FactRow[] = [];

interface Section {
  snapshot(): Iterable<SnapshotPart>;
  restore(part: SnapshotPart): void;
}

export function createSupply(options: SupplyOptions = {}): Processor {
  const { maxDocuments = MAX_DOCUMENTS, partitions } = options;
  const documents = new Documents();
  const steps = new Steps();
  const standing = new Standing();
  const suspects = new Suspects();
  const corrected = new Corrected();
  const errors = new ReceiverErrors();
  const tolerances = new Tolerances();
  const owns = (supplier: string) => partitions?.has(partitionOf(supplier)) ?? true;
  const family = (root: Document, sku: string) => new Family(root, sku, documents, steps);
  const rules = new InboundRules({ documents, family, owns });
  let nowMs = 0;
  let applied: Applied;
  let out: Outputs;

  function apply(next: Applied, outputs: Outputs): void {
    applied = next;
    out = outputs;
    rules.begin(next, outputs);
    if (Math.floor(next.nowMs / 1_000) > Math.floor(nowMs / 1_000)) onTime(next.nowMs);
    nowMs = next.nowMs;
    if (corrected.voids(next)) voided(next);
    else applyEvent(next);
  }

  function applyEvent({ event }: Applied): void {
    switch (event.type) {
      case 'stocktide.purchaseorder.issued.v1':
      case 'stocktide.purchaseorder.changed.v1': {
        const { node_id: node = '', po_id: po, supplier_id: supplier = '' } = event.data;
        if (supplier !== '' || node !== '') head('po', po, { ...named, supplier, node });
        return;
      }
      case 'stocktide.purchaseorder.line.issued.v1':
        return ordered('issued', event.data);
      case 'stocktide.purchaseorder.line.changed.v1':
        return ordered('changed', event.data);
      case 'stocktide.purchaseorder.line.acknowledged.v1': {
        const { po_id: po, promised_at: promisedAt, qty: units, sku_id: sku, status } = event.data;
        const promisedMs = Date.parse(promisedAt);
        const rejected = status === 'rejected';
        const document = documents.touch('po', po, nowMs);
        return line(document, sku, {
          ...stamp(),
          kind: 'acknowledged',
          units,
          promisedMs,
          rejected,
        });
      }
      case 'stocktide.asn.received.v1':
        return announced(event.data);
      case 'stocktide.asn.line.received.v1': {
        const { asn_id: asn, po_id: po, qty: units, sku_id: sku } = event.data;
        const document = documents.touch('asn', asn, nowMs);
        if (po !== undefined) documents.link(document, documents.touch('po', po, nowMs));
        return line(document, sku, { ...stamp(), kind: 'announced', units });
      }
      case 'stocktide.inbound.eta.changed.v1': {
        const etaMs = Date.parse(event.data.eta_at);
        return head('asn', event.data.asn_id, { kind: 'expected', etaMs });
      }
      case 'stocktide.inbound.arrived.v1': {
        const { asn_id: asn, dock_at: dockAt, po_id: po } = event.data;
        const fact = { kind: 'arrived', dockMs: Date.parse(dockAt) } as const;
        if (asn !== undefined) head('asn', asn, fact);
        else if (po !== undefined) head('po', po, fact);
        return;
      }
      case 'stocktide.receipt.line.received.v1':
        return received(event.data);
      case 'stocktide.receipt.closed.v1': {
        const { asn_id: asn, closed_at: closedAt, receipt_id: receipt } = event.data;
        rules.closed(receipt);
        if (asn !== undefined) head('asn', asn, { kind: 'closed', closedMs: Date.parse(closedAt) });
        return;
      }
      case 'stocktide.putaway.completed.v1': {
        const { qty: units, receipt_id: receipt, sku_id: sku } = event.data;
        if (receipt !== undefined) step(receipt, sku, { ...stamp(), kind: 'put_away', units });
        return;
      }
      case 'stocktide.quality.inspected.v1': {
        const { qty_fail: fail, qty_pass: pass, receipt_id: receipt, sku_id: sku } = event.data;
        if (receipt !== undefined)
          step(receipt, sku, { ...stamp(), kind: 'inspected', pass, fail });
        return;
      }
      case 'stocktide.inventory.adjusted.v1': {
        const { note, raw_code: code, sku_id: sku } = event.data;
        const receipt = isReceiptError(code) ? receiptNamed(note, event.correlationid) : null;
        if (receipt !== null) {
          step(receipt, sku, { ...stamp(), kind: 'receiver_error', recounted: true });
        }
        return;
      }
      case 'stocktide.policy.set.v1':
        rules.decided(event.data);
        return decided(event.data);
      case 'stocktide.event.corrected.v1':
        return correct(event.data);
      default:
        // Every other type of the catalogue says nothing of inbound supply.
        return;
    }
  }

  const named = { kind: 'named', supplier: '', node: '', po: '' } as const;
  const stamp = () => ({ timeMs: applied.timeMs, seq: applied.seq, identity: applied.identity });

  function ordered(
    kind: 'issued' | 'changed',
    data: DataOf<'purchaseorder.line.issued'> | DataOf<'purchaseorder.line.changed'>,
  ): void {
    const { due_at: dueAt, po_id: po, qty: units, sku_id: sku } = data;
    const document = documents.touch('po', po, nowMs);
    const unitCost = 'unit_cost' in data ? (data.unit_cost ?? null) : null;
    line(document, sku, { ...stamp(), kind, units, dueMs: Date.parse(dueAt), unitCost });
  }

  /** One event, two facts of its header: who it is of, and when it is expected. */
  function announced(data: DataOf<'asn.received'>): void {
    const { asn_id: asn, node_id: node, po_id: po = '', supplier_id: supplier = '' } = data;
    const document = documents.touch('asn', asn, nowMs);
    if (po !== '') documents.link(document, documents.touch('po', po, nowMs));
    const etaMs = Date.parse(data.eta_at);
    const roots = documents.affectedBy(document);
    changeAll(roots, () => {
      documents.addHead(document, { ...stamp(), ...named, supplier, node, po });
      documents.addHead(document, { ...stamp(), kind: 'expected', etaMs });
    });
    expected(document, roots, etaMs);
  }

  /** An ASN may be late after its ETA; its PO is at risk as soon as the ETA is after the due date. */
  function expected(asn: Document, roots: ReadonlySet<Document>, etaMs: number): void {
    rules.dated([asn], etaMs);
    rules.dated([...roots].filter((root) => root !== asn));
  }

  function received(data: DataOf<'receipt.line.received'>): void {
    const { asn_id: asn = '', po_id: po = '', receipt_id: receipt, sku_id: sku } = data;
    const holder = documentOf(po, asn, receipt);
    if (po !== '' && asn !== '') documents.link(holder, documents.touch('asn', asn, nowMs));
    steps.received(receipt, sku, holder.key, nowMs);
    rules.received(receipt, holder, sku);
    line(holder, sku, {
      ...stamp(),
      kind: 'received',
      receipt,
      asn,
      supplier: data.supplier_id ?? '',
      node: data.node_id,
      units: data.qty_received,
      expected: data.qty_expected ?? null,
      condition: data.condition_code,
    });
  }

  /** The document that a receipt line belongs to: its PO, else its ASN, else the receipt itself. */
  function documentOf(po: string, asn: string, receipt: string): Document {
    if (po !== '') return documents.touch('po', po, nowMs);
    if (asn !== '') return documents.touch('asn', asn, nowMs);
    return documents.touch('receipt', receipt, nowMs);
  }

  type Unstamped<F> = F extends unknown ? Omit<F, 'timeMs' | 'seq' | 'identity'> : never;

  function head(kind: DocumentKind, id: string, fact: Unstamped<HeadFact>): void {
    const document = documents.touch(kind, id, nowMs);
    const roots = documents.affectedBy(document);
    changeAll(roots, () => {
      documents.addHead(document, { ...stamp(), ...fact });
    });
    if (fact.kind === 'expected') expected(document, roots, fact.etaMs);
  }

  function line(document: Document, sku: string, fact: LineFact): void {
    const roots = documents.affectedBy(document);
    const families = change(roots, sku, () => {
      if (!documents.addLine(document, sku, fact)) full(document, sku);
    });
    // An answer of the supplier orders nothing and brings nothing.
    if (fact.kind === 'acknowledged') return;
    for (const known of families) suspect(known);
    if (isOrdered(fact)) rules.dated([document], fact.dueMs);
    if (isAnnounced(fact)) rules.dated([document], lastOf(document.head, 'expected')?.etaMs);
    rules.changed(roots, families);
  }

  function step(receipt: string, sku: string, fact: StepFact): void {
    const families = change(rootsOf(receipt, sku), sku, () => {
      if (steps.add(receipt, sku, fact, nowMs)) return;
      flag({ kind: 'receipt', id: receipt }, sku, 'steps_full', `SKU ${sku} has too many steps`);
    });
    if (fact.kind === 'receiver_error') rules.changed([], families);
  }

  /** Roots whose rows show the goods of a receipt. */
  function rootsOf(receipt: string, sku: string): Set<Document> {
    const roots = new Set<Document>();
    for (const key of steps.documentsOf(receipt, sku)) {
      const document = documents.byKey(key);
      if (document !== undefined) roots.add(documents.rootOf(document));
    }
    return roots;
  }

  /** Makes a change of one SKU, emits what it does to the rows of the roots, and gives their families. */
  function change(roots: ReadonlySet<Document>, sku: string, make: () => void): Family[] {
    const before: FactRow[] = [];
    for (const root of roots) addStanding(before, root, sku);
    make();
    const after: FactRow[] = [];
    const families: Family[] = [];
    for (const root of roots) {
      if (documents.rootOf(root) !== root) continue;
      const known = family(root, sku);
      if (addProjected(after, known)) families.push(known);
    }
    emitDifference(before, after, applied, out);
    return families;
  }

  /** Makes a change of whole documents, which may give an ASN another root. */
  function changeAll(roots: ReadonlySet<Document>, make: () => void): void {
    const families: Family[] = [];
    const before = bySku(roots, addStanding);
    make();
    const after = bySku(roots, (rows, root, sku) => {
      const known = family(root, sku);
      if (addProjected(rows, known)) families.push(known);
    });
    for (const [sku, rows] of before) emitDifference(rows, after.get(sku) ?? [], applied, out);
    for (const [sku, rows] of after) {
      if (!before.has(sku)) emitDifference([], rows, applied, out);
    }
    rules.changed(roots, families);
  }

  /** Rows of the roots by SKU: one that moves from one root to another has not changed. */
  function bySku(
    roots: ReadonlySet<Document>,
    add: (rows: FactRow[], root: Document, sku: string) => void,
  ): Map<string, FactRow[]> {
    const rows = new Map<string, FactRow[]>();
    for (const root of roots) {
      // An ASN of a PO stands in the rows of the PO.
      if (documents.rootOf(root) !== root) continue;
      for (const sku of skusOf(root, documents)) {
        const own = rows.get(sku) ?? [];
        rows.set(sku, own);
        add(own, root, sku);
      }
    }
    return rows;
  }

  /** Adds the rows that a family was last said to stand for. */
  function addStanding(rows: FactRow[], root: Document, sku: string): void {
    if (documents.rootOf(root) !== root) return;
    for (const row of standing.take(root, sku) ?? projected(family(root, sku))) rows.push(row);
  }

  /** Adds the rows that a family stands for now; false for one of another slice. */
  function addProjected(rows: FactRow[], known: Family): boolean {
    const now = projected(known);
    standing.keep(known.root, known.sku, now);
    for (const row of now) rows.push(row);
    return now !== NO_ROWS;
  }

  const projected = (known: Family) =>
    owns(known.supplier) ? rowsOf(known, tolerances.current) : NO_ROWS;

  /** An event that comes after it was declared wrong: its receipt line was booked wrong all the same. */
  function voided({ event, identity }: Applied): void {
    if (event.type !== 'stocktide.receipt.line.received.v1') return;
    if (errors.has(identity)) markWrong(event.data.receipt_id, event.data.sku_id);
  }

  function correct(data: DataOf<'event.corrected'>): void {
    const { id, source } = data.corrects;
    const wrong = data.reason === 'incorrect_data';
    if (wrong) errors.note(identityOf(source, id), nowMs);
    for (const identity of corrected.note(data, nowMs)) {
      dropStep(identity);
      const found = documents.find(identity);
      if (found !== undefined) dropFact(identity, found, wrong);
    }
  }

  function dropStep(identity: number): void {
    const place = steps.find(identity);
    if (place === undefined) return;
    const families = change(rootsOf(place.receipt, place.sku), place.sku, () => {
      steps.drop(identity);
    });
    rules.changed([], families);
  }

  function dropFact(
    identity: number,
    found: { document: Document; sku: string | null },
    wrong: boolean,
  ): void {
    const { document, sku } = found;
    const facts = sku === null ? [] : factsOf(document, sku);
    const fact = facts.find((one) => one.identity === identity);
    const roots = documents.affectedBy(document);
    if (sku === null) {
      changeAll(roots, () => {
        documents.drop(identity, found);
      });
      rules.dated(roots);
    } else {
      const families = change(roots, sku, () => {
        documents.drop(identity, found);
      });
      rules.dated(roots);
      rules.changed(roots, families);
      if (fact !== undefined && isReceived(fact)) {
        for (const known of families) rules.rejudge(known, fact.receipt);
      }
    }
    if (wrong && sku !== null && fact !== undefined && isReceived(fact)) {
      markWrong(fact.receipt, sku);
    }
  }

  function markWrong(receipt: string, sku: string): void {
    step(receipt, sku, { ...stamp(), kind: 'receiver_error', recounted: false });
  }

  /** The new tolerance holds for every line, so that one window never mixes two of them. */
  function decided(data: DataOf<'policy.set'>): void {
    if (data.policy !== 'measurement') return;
    for (const root of documents.all()) {
      for (const sku of root.kind === 'po' ? skusOf(root, documents) : []) {
        const known = family(root, sku);
        if (!owns(known.supplier)) continue;
        const before = standing.take(root, sku) ?? rowsOf(known, tolerances.current);
        const after = rowsOf(known, tolerances.after(data.value, applied.timeMs));
        standing.keep(root, sku, after);
        emitDifference(before, after, applied, out);
      }
    }
    tolerances.set(data.value, applied.timeMs);
  }

  function suspect(known: Family): void {
    if (unreported(known).length === 0) return;
    const { id, source } = applied.event;
    suspects.note(`${known.root.key} ${known.sku}`, { sinceMs: nowMs, source, id });
  }

  const unreported = (known: Family) =>
    violationsOf(known).filter(
      ({ subtype }) => !known.root.raised.includes(`${subtype} ${known.sku}`),
    );

  function onTime(atMs: number): void {
    corrected.onTime(atMs);
    errors.onTime(atMs);
    rules.onTime(atMs);
    steps.onTime(atMs);
    for (const [key, why] of suspects.due(atMs)) {
      // Ids hold no white space: kind, id, SKU.
      const [kind = '', id = '', sku = ''] = key.split(' ');
      const root = documents.byKey(`${kind} ${id}`);
      if (root === undefined || documents.rootOf(root) !== root) continue;
      const known = family(root, sku);
      if (!owns(known.supplier)) continue;
      for (const violation of unreported(known)) {
        root.raised.push(`${violation.subtype} ${sku}`);
        out.finding(findingOf(known, violation, why));
      }
    }
    forgetSettled(atMs);
  }

  /** Looks at what has not been touched for long: settled, it is forgotten; open, it is looked at again. */
  function forgetSettled(atMs: number): void {
    for (const document of documents.all()) {
      const crowded = documents.size > maxDocuments;
      if (!crowded && atMs - document.touchedMs < KEEP_MS) return;
      const cluster = documents.clusterOf(document);
      if (crowded) dropped(document);
      if (
        crowded ||
        [...cluster].every((each) => isSettled(each, { documents, family, owns, atMs }))
      )
        forget(cluster);
      else documents.touch(document.kind, document.id, atMs);
    }
  }

  function forget(cluster: ReadonlySet<Document>): void {
    for (const document of cluster) {
      for (const [sku, facts] of document.lines) {
        for (const fact of facts) {
          if (!isReceived(fact)) continue;
          steps.released(fact.receipt, sku, document.key);
          rules.forgotten(fact.receipt, sku);
        }
      }
      documents.forget(document);
    }
  }

  /** A document that is forgotten for want of room while rows of it stand. */
  function dropped(document: Document): void {
    flag(document, '', 'supply_forgotten', `more than ${maxDocuments} documents are open`);
  }

  /** A line that has more facts than are kept. */
  function full(document: Document, sku: string): void {
    if (document.raised.includes(`facts_full ${sku}`)) return;
    document.raised.push(`facts_full ${sku}`);
    flag(document, sku, 'facts_full', `SKU ${sku} has more events than are kept`);
  }

  function flag(
    { id, kind }: Pick<Document, 'kind' | 'id'>,
    sku: string,
    subtype: string,
    why: string,
  ): void {
    out.finding({
      findingId: `FLOW_VIOLATION/${subtype}/${kind}/${id}/${sku}`,
      code: 'FLOW_VIOLATION',
      subtype,
      entity: `${kind}/${id}`,
      ...(sku === '' ? {} : { skuId: sku }),
      conditionAtMs: nowMs,
      detail: `${kind} ${id} is no longer followed: ${why}`,
      evidence: [{ source: applied.event.source, id: applied.event.id }],
    });
  }

  const clock: Section = {
    snapshot: () => jsonParts('clock', [nowMs]),
    restore: ({ bytes }) => {
      nowMs = parseJson<number>(bytes)[0] ?? 0;
    },
  };
  const sections = new Map<string, Section>(
    Object.entries({ clock, documents, steps, suspects, corrected, errors, tolerances }),
  );

  return {
    name: 'supply',
    stateVersion: '3',
    apply,
    size: () => documents.size,
    snapshot: () =>
      joined([
        ...Array.from(sections.values(), (section) => section.snapshot()),
        ...rules.snapshot(),
      ]),
    restore: (parts) => {
      for (const part of parts) {
        if (rules.restore(part)) continue;
        const section = sections.get(part.name);
        if (section === undefined) throw new Error(`the supply processor has no part ${part.name}`);
        section.restore(part);
      }
    },
  };
}
