/**
 * The rules of inbound (REFERENCE §4.2): which receipts differ, what is late, which suppliers drift. Keeps
 * which findings stand, judges when something that matters has changed or its time has come, and ends a
 * finding as soon as its condition is known not to hold.
 *
 *   lines of a receipt ─▶ Deliveries ──closed, or a day old──▶ mismatch ─▶ INBOUND_QTY_MISMATCH
 *                                                          └─▶ series of the supplier ─▶ SUPPLIER_VARIANCE_TREND
 *   dates of POs and ASNs ─▶ Agenda ──due, or changed──▶ lateness ─▶ INBOUND_LATE
 */
import type { DataOf } from '../../contracts/events.ts';
import type { RuleCode } from '../../contracts/rules.ts';
import { amountOf, micros, times } from '../facts/money.ts';
import { jsonParts, mapParts, parseJson, restoreMap } from '../facts/parts.ts';
import { RulePolicies, type RuleSetting, type RuleSubject } from '../facts/rule-policies.ts';
import type { Applied, Finding, Outputs, SnapshotPart } from '../processor.ts';
import { Agenda } from './agenda.ts';
import { Deliveries, type Evidence } from './deliveries.ts';
import type { Document, Documents } from './documents.ts';
import { driftOf, MAX_RECEIPTS, shareOf, type Drift } from './drift.ts';
import type { Family } from './family.ts';
import { familiesOf, latenessOf, type Late } from './lateness.ts';
import { deliveredOf, mismatchOf, type Delivered, type Mismatch } from './mismatch.ts';
import { WATERMARK_MS } from './violations.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Suppliers, and SKUs of suppliers, that are followed; the longest without a receipt go first. */
const MAX_SERIES = 50_000;

/** A finding that stands, by code and entity. */
type Standing = Pick<Finding, 'findingId' | 'code' | 'entity'> &
  Pick<Finding, 'skuId' | 'nodeId' | 'supplierId'> & {
    readonly subtype: string;
    /** Receipts in a row after which it held no more. */
    readonly clear: number;
  };

/** What one receipt brought of a SKU. Replaced, never changed. */
interface ObservedLine {
  readonly atMs: number;
  readonly expected: number;
  readonly received: number;
  /** What the difference costs (decimal string, house currency); null when the PO does not say. */
  readonly amount: string | null;
}

/** What one receipt brought, as the series of its supplier sees it. Replaced, never changed. */
interface Observation {
  readonly receipt: string;
  /** Its first line (event time). */
  readonly atMs: number;
  readonly expected: number;
  readonly received: number;
  readonly lines: Readonly<Record<string, ObservedLine>>;
}

export interface InboundContext {
  readonly documents: Documents;
  readonly family: (root: Document, sku: string) => Family;
  readonly owns: (supplier: string) => boolean;
}

type Raised = Omit<Finding, 'findingId' | 'evidence' | 'rule'> & { readonly subtype: string };

export class InboundRules {
  readonly #context: InboundContext;
  readonly #deliveries = new Deliveries();
  readonly #agenda = new Agenda();
  readonly #policies = new RulePolicies();
  readonly #standing = new Map<string, Standing>();
  readonly #series = new Map<string, readonly Observation[]>();
  /** Series that an observation came into or left, judged once the receipt is whole. */
  readonly #touched = new Map<string, { readonly subject: RuleSubject; readonly isNew: boolean }>();
  #at!: Applied;
  #out!: Outputs;
  /** What a finding of now rests on; null for the event that is applied. */
  #evidence: readonly Evidence[] | null = null;

  constructor(context: InboundContext) {
    this.#context = context;
  }

  /** Every event, before anything else is told of it. */
  begin(applied: Applied, out: Outputs): void {
    this.#at = applied;
    this.#out = out;
    this.#evidence = null;
  }

  decided(data: DataOf<'policy.set'>): void {
    this.#policies.set(data, this.#at);
    if (data.policy !== 'rule.INBOUND_LATE') return;
    for (const { key } of this.#context.documents.all()) this.#agenda.add(key, this.#at.nowMs);
  }

  received(receipt: string, document: Document, sku: string): void {
    this.#deliveries.received(receipt, `${document.key} ${sku}`, this.#touch());
  }

  closed(receipt: string): void {
    this.#deliveries.closed(receipt, this.#touch());
  }

  /**
   * The dates of documents, or what is due by them, changed: judged once disorder cannot explain it, and not
   * before the date, when there is one and nothing else can be wrong.
   */
  dated(documents: Iterable<Document>, dueMs = 0): void {
    const atMs = Math.max(this.#at.nowMs + WATERMARK_MS, dueMs);
    for (const { key, kind } of documents) if (kind !== 'receipt') this.#agenda.add(key, atMs);
  }

  /** Families changed: a finding about them may hold no more. */
  changed(documents: Iterable<Document>, families: readonly Family[]): void {
    if (this.#standing.size === 0 && this.#series.size === 0) return;
    for (const document of documents) {
      if (this.#standing.has(keyOf('INBOUND_LATE', entityOf(document)))) this.#judgeDates(document);
    }
    for (const family of families) {
      for (const receipt of new Set(family.receipts.map((fact) => fact.receipt))) {
        this.rejudge(family, receipt);
      }
    }
  }

  /** Judges a receipt anew that was judged already, with the lines that are left of it. */
  rejudge(family: Family, receipt: string): void {
    const { sku, supplier } = family;
    const key = keyOf('INBOUND_QTY_MISMATCH', deliveryEntity(receipt, sku));
    const wasJudged = this.#standing.has(key) || this.#observed(supplier, receipt, sku);
    if (!wasJudged) return;
    this.#judgeReceipt(family, receipt);
    this.#judgeTouched();
  }

  /** The document of a receipt is forgotten: what was found of it is for people to settle. */
  forgotten(receipt: string, sku: string): void {
    this.#standing.delete(keyOf('INBOUND_QTY_MISMATCH', deliveryEntity(receipt, sku)));
  }

  onTime(nowMs: number): void {
    const { documents, family } = this.#context;
    for (const [receipt, { last, lines }] of this.#deliveries.due(nowMs)) {
      this.#evidence = [last];
      for (const line of lines) {
        // Ids hold no white space: kind, id, SKU.
        const [kind = '', id = '', sku = ''] = line.split(' ');
        const document = documents.byKey(`${kind} ${id}`);
        if (document === undefined) continue;
        const known = family(documents.rootOf(document), sku);
        if (this.#context.owns(known.supplier)) this.#judgeReceipt(known, receipt);
      }
      this.#judgeTouched();
    }
    // That nothing came is shown by no event.
    this.#evidence = [];
    for (const key of this.#agenda.due(nowMs)) {
      const document = documents.byKey(key);
      if (document !== undefined) this.#judgeDates(document);
    }
    this.#evidence = null;
  }

  snapshot(): Iterable<SnapshotPart>[] {
    return [
      this.#deliveries.snapshot(),
      this.#agenda.snapshot(),
      this.#policies.snapshot(),
      mapParts('standing', this.#standing),
      jsonParts('series', [...this.#series]),
    ];
  }

  /** False for a part that is none of its own. */
  restore(part: SnapshotPart): boolean {
    switch (part.name) {
      case 'deliveries':
        this.#deliveries.restore(part);
        return true;
      case 'agenda':
        this.#agenda.restore(part);
        return true;
      case 'rules':
        this.#policies.restore(part);
        return true;
      case 'standing':
        restoreMap(this.#standing, part.bytes);
        return true;
      case 'series':
        for (const [key, observations] of parseJson<[string, Observation[]]>(part.bytes)) {
          this.#series.set(key, observations);
        }
        return true;
      default:
        return false;
    }
  }

  #touch() {
    return { sinceMs: this.#at.nowMs, last: evidenceOf(this.#at) };
  }

  #judgeReceipt(family: Family, receipt: string): void {
    const { sku, supplier } = family;
    const delivered = deliveredOf(family, receipt);
    const entity = deliveryEntity(receipt, sku);
    const setting = this.#policies.of('INBOUND_QTY_MISMATCH', {
      sku,
      supplier,
      node: delivered?.node ?? '',
    });
    const { share = 0, units = 0 } = setting.parameters;
    const mismatch =
      delivered !== null && setting.enabled ? mismatchOf(delivered, { units, share }) : null;
    this.#settle(
      'INBOUND_QTY_MISMATCH',
      entity,
      delivered === null || mismatch === null ? null : mismatchFinding(delivered, mismatch, entity),
      setting,
    );
    this.#observe(supplier, receipt, sku, delivered);
  }

  #judgeDates(document: Document): void {
    const { documents, family, owns } = this.#context;
    const families = familiesOf(document, documents, family);
    const supplier = families[0]?.supplier ?? '';
    if (!owns(supplier)) return;
    const setting = this.#policies.of('INBOUND_LATE', { supplier });
    const { asn_grace_h: asnHours = 0, po_grace_d: poDays = 0 } = setting.parameters;
    const { nowMs } = this.#at;
    const grace = { asnMs: asnHours * HOUR_MS, poMs: poDays * DAY_MS };
    const { late, nextMs } = latenessOf(document, families, { grace, nowMs });
    const entity = entityOf(document);
    this.#settle(
      'INBOUND_LATE',
      entity,
      late === null || !setting.enabled ? null : lateFinding(document, late, entity),
      setting,
    );
    if (nextMs !== null) this.#agenda.add(document.key, nextMs);
  }

  #observed(supplier: string, receipt: string, sku: string): boolean {
    const known = this.#series.get(seriesOf(supplier, sku)) ?? [];
    return known.some((one) => one.receipt === receipt && sku in one.lines);
  }

  /** Brings what a receipt brought into the series of its supplier, or takes it out. */
  #observe(supplier: string, receipt: string, sku: string, delivered: Delivered | null): void {
    if (supplier === '') return;
    const line = delivered === null ? null : observedLine(delivered);
    for (const entity of [seriesOf(supplier, sku), supplierOf(supplier)]) {
      const known = this.#series.get(entity) ?? [];
      const before = known.find((one) => one.receipt === receipt);
      const after = withLine(before, { receipt, sku, line });
      if (before === undefined && after === null) continue;
      const others = known.filter((one) => one !== before);
      const series = after === null ? others : inOrder([...others, after]);
      this.#series.delete(entity);
      this.#series.set(entity, series.slice(-MAX_RECEIPTS));
      if (this.#series.size > MAX_SERIES) forgetOldest(this.#series);
      const isNew = before === undefined || (this.#touched.get(entity)?.isNew ?? false);
      const ofSku = entity === supplierOf(supplier) ? {} : { sku };
      this.#touched.set(entity, { subject: { supplier, ...ofSku }, isNew });
    }
  }

  /** The supplier as a whole first: what is wrong with all its SKUs is no news of one of them. */
  #judgeTouched(): void {
    const touched = [...this.#touched].sort(([a], [b]) => a.length - b.length);
    this.#touched.clear();
    for (const [entity, { isNew, subject }] of touched) this.#judgeSeries(entity, subject, isNew);
  }

  /** `isNew`: judged for one receipt more, rather than for one that is now known better. */
  #judgeSeries(entity: string, subject: RuleSubject, isNew: boolean): void {
    const code = 'SUPPLIER_VARIANCE_TREND';
    const setting = this.#policies.of(code, subject);
    const observations = this.#series.get(entity) ?? [];
    const { cusum_k: cusumK = 0, level = 0, p = 0, slope = 0 } = setting.parameters;
    const { clear_receipts: clearReceipts = 1 } = setting.parameters;
    const ofOneSku = subject.sku !== undefined;
    const cusumH = setting.parameters[ofOneSku ? 'sku_cusum_h' : 'cusum_h'] ?? 0;
    const found = setting.enabled
      ? driftOf(observations, { p, slope, level, cusumK, cusumH })
      : null;
    const standing = this.#standing.get(keyOf(code, entity));
    const isSymptom = ofOneSku && this.#standing.has(keyOf(code, supplierOf(subject.supplier)));
    const isNoNews = isSymptom || found?.isGrowing === false;
    const drift = standing === undefined && isNoNews ? null : found;
    if (drift === null && standing !== undefined && isNew && setting.enabled) {
      const clear = standing.clear + 1;
      if (clear < clearReceipts) {
        this.#standing.set(keyOf(code, entity), { ...standing, clear });
        return;
      }
    }
    if (drift !== null && standing !== undefined && standing.clear > 0) {
      this.#standing.set(keyOf(code, entity), { ...standing, clear: 0 });
    }
    const finding = drift === null ? null : driftFinding(drift, observations, entity, subject);
    // A drift that turns into a bias is the same episode.
    this.#settle(code, entity, finding, setting, standing !== undefined);
  }

  /** Raises what holds and was not raised, ends what holds no more. */
  #settle(
    code: RuleCode,
    entity: string,
    raised: Raised | null,
    { parameters, version }: RuleSetting,
    sameEpisode = false,
  ): void {
    const key = keyOf(code, entity);
    const standing = this.#standing.get(key);
    const { nowMs, seq } = this.#at;
    if (standing !== undefined) {
      if (raised !== null && (sameEpisode || raised.subtype === standing.subtype)) return;
      this.#standing.delete(key);
      const { clear: _clear, ...finding } = standing;
      const detail = raised === null ? 'it holds no more' : `it is ${raised.subtype} now`;
      this.#out.cleared({ ...finding, clearedAtMs: nowMs, detail: `${entity}: ${detail}` });
    }
    if (raised === null) return;
    const findingId = `${code}/${entity}/${raised.subtype}/${seq}`;
    const { nodeId, skuId, subtype, supplierId } = raised;
    this.#standing.set(key, {
      ...{ findingId, code, entity, subtype, clear: 0 },
      ...(skuId === undefined ? {} : { skuId }),
      ...(nodeId === undefined ? {} : { nodeId }),
      ...(supplierId === undefined ? {} : { supplierId }),
    });
    const evidence = this.#evidence ?? [evidenceOf(this.#at)];
    this.#out.finding({ ...raised, findingId, rule: { version, parameters }, evidence });
  }
}

const evidenceOf = ({ event: { id, source } }: Applied): Evidence => ({ source, id });
const keyOf = (code: RuleCode, entity: string) => `${code} ${entity}`;
const entityOf = ({ id, kind }: Document) => `${kind}/${id}`;
const deliveryEntity = (receipt: string, sku: string) => `receipt/${receipt}/sku/${sku}`;
const seriesOf = (supplier: string, sku: string) => `supplier/${supplier}/sku/${sku}`;

const supplierOf = (supplier = '') => `supplier/${supplier}`;

const ofSupplier = (supplier: string) => (supplier === '' ? {} : { supplierId: supplier });

function mismatchFinding(delivered: Delivered, mismatch: Mismatch, entity: string): Raised {
  const { expected, node, received, receipt, sku, supplier, unitCost } = delivered;
  const units = Math.abs(mismatch.variance);
  const against =
    expected === null
      ? mismatch.subtype === 'blind'
        ? 'and it names neither PO nor ASN'
        : 'which its PO or ASN does not have'
      : `where ${expected} were expected`;
  return {
    code: 'INBOUND_QTY_MISMATCH',
    subtype: mismatch.subtype,
    entity,
    skuId: sku,
    nodeId: node,
    ...ofSupplier(supplier),
    conditionAtMs: delivered.atMs,
    units,
    ...(unitCost === null ? {} : { amount: times(unitCost, units) }),
    detail: `receipt ${receipt} brought ${received} units of ${sku}, ${against}`,
  };
}

function lateFinding({ id, kind }: Document, late: Late, entity: string): Raised {
  const due = new Date(late.dueMs).toISOString();
  const detail =
    late.subtype === 'late'
      ? `${late.units} units of ${kind.toUpperCase()} ${id} were to be here by ${due} and have not arrived`
      : `${late.units} units of PO ${id} are due ${due}, and an ASN under way is expected later`;
  return {
    code: 'INBOUND_LATE',
    subtype: late.subtype,
    entity,
    ...ofSupplier(late.supplier),
    conditionAtMs: late.sinceMs,
    units: late.units,
    ...(late.amount === null ? {} : { amount: late.amount }),
    detail,
  };
}

function driftFinding(
  { statistic, subtype }: Drift,
  observations: readonly Observation[],
  entity: string,
  { sku, supplier = '' }: RuleSubject,
): Raised {
  const last = observations.slice(-4);
  const percents = last.map((one) => `${(shareOf(one) * 100).toFixed(1)} %`).join(', ');
  const what = subtype === 'trend' ? 'drift' : 'are off by a constant bias';
  return {
    code: 'SUPPLIER_VARIANCE_TREND',
    subtype,
    entity,
    ...(sku === undefined ? {} : { skuId: sku }),
    supplierId: supplier,
    conditionAtMs: observations.at(-1)?.atMs ?? 0,
    units: last.reduce((sum, { expected, received }) => sum + Math.abs(received - expected), 0),
    ...amountOfAll(last),
    statistic,
    detail: `receipts of ${supplier}${sku === undefined ? '' : ` of ${sku}`} ${what}; the last ${last.length}: ${percents}`,
  };
}

function amountOfAll(observations: readonly Observation[]): { amount?: string } {
  const amounts = observations
    .flatMap(({ lines }) => Object.values(lines))
    .flatMap(({ amount }) => (amount === null ? [] : [amount]));
  return amounts.length === 0
    ? {}
    : { amount: amountOf(amounts.reduce((sum, one) => sum + micros(one), 0n)) };
}

/** Null when nothing was expected: then there is no part of it. */
function observedLine({ atMs, expected, received, unitCost }: Delivered): ObservedLine | null {
  if (expected === null || expected === 0) return null;
  const units = Math.abs(received - expected);
  return { atMs, expected, received, amount: unitCost === null ? null : times(unitCost, units) };
}

/** The observation with another line of a SKU, or without it; null when no line is left. */
function withLine(
  known: Observation | undefined,
  { line, receipt, sku }: { receipt: string; sku: string; line: ObservedLine | null },
): Observation | null {
  const { [sku]: _former, ...others } = known?.lines ?? {};
  const lines = line === null ? others : { ...others, [sku]: line };
  const all = Object.values(lines);
  if (all.length === 0) return null;
  return {
    receipt,
    lines,
    atMs: Math.min(...all.map(({ atMs }) => atMs)),
    expected: all.reduce((sum, { expected }) => sum + expected, 0),
    received: all.reduce((sum, { received }) => sum + received, 0),
  };
}

function inOrder(observations: Observation[]): Observation[] {
  return observations.sort(
    (a, b) => a.atMs - b.atMs || (a.receipt < b.receipt ? -1 : a.receipt > b.receipt ? 1 : 0),
  );
}

function forgetOldest(map: Map<string, unknown>): void {
  for (const key of map.keys()) {
    map.delete(key);
    return;
  }
}
