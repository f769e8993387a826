/**
 * Each code on its labelled incident in the simulator, through the door's contract, the processors and the
 * case engine: it opens a case, its near miss opens none, and the case closes by itself where it should.
 *
 * Brands are lived through once each; a row names the brand that its incident happens in. Where an incident
 * is over without a trace that ends it, `mend` says what people would do; then two weeks and a half pass.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import type { CaseRecord } from '../../../contracts/case-record.ts';
import { RULE_CODES, RULES, type RuleCode } from '../../../contracts/rules.ts';
import type { Finding } from '../../../processors/processor.ts';
import { INCIDENTS } from '../../../simulator/incidents/inject.ts';
import type { Label } from '../../../simulator/incidents/label.ts';
import { live, type Life, type Lived } from '../../support/brand-cases.ts';
import { adjustment, counted, pick } from '../../support/floor.ts';
import { event, type Given } from '../../support/given.ts';

const HOUR_MS = 3_600_000;
const MEND_DAYS = 18;

type LifeName = 'shop' | 'planning' | 'suppliers' | 'breakage';

interface Row {
  readonly code: RuleCode;
  readonly life: LifeName;
  /** A statistic need not find every one. */
  readonly some?: true;
  /** What ends the condition of a finding, where the brand's life does not. */
  readonly mend?: (found: Finding, label: Label) => Given[];
  /** How its cases end. */
  readonly ends?: 'approved' | 'by people';
}

const place = ({ nodeId = '', skuId = '' }: Finding) => ({ sku_id: skuId, node_id: nodeId });
const binOf = ({ location_id: location = '' }: Label) => ({ location_id: location });
/** A count that agrees with the book. */
const recount = (found: Finding, label: Label): Given[] => [
  counted({ book: 50, counted: 50 }, { ...place(found), ...binOf(label), count_id: 'again' }),
];

const ROWS: readonly Row[] = [
  { code: 'NEG_INVENTORY', life: 'shop' },
  { code: 'OVERSELL', life: 'shop' },
  { code: 'DAMAGED_STOCK', life: 'breakage', some: true },
  {
    code: 'UNSCANNABLE_ITEM',
    life: 'shop',
    mend: (found, label) =>
      Array.from({ length: 20 }, () =>
        pick({ asked: 1, picked: 1 }, { ...place(found), ...binOf(label) }),
      ),
  },
  { code: 'SHORT_PICK', life: 'shop' },
  {
    code: 'INBOUND_QTY_MISMATCH',
    life: 'shop',
    // The receiver's error, as an adjustment with the code of a receipt error says.
    mend: (found) => [
      adjustment(1, {
        ...place(found),
        ...{ adjustment_id: found.entity, raw_code: 'AY', approved_by: 'lead' },
        note: `receipt ${found.entity.split('/')[1] ?? ''}`,
      }),
    ],
  },
  { code: 'INBOUND_LATE', life: 'shop' },
  { code: 'DUPLICATE_SKU', life: 'shop' },
  { code: 'LOCATION_ERROR', life: 'shop', mend: recount },
  { code: 'LOCATION_ERROR_REPEAT', life: 'shop', mend: recount },
  { code: 'RETURN_UNDISPOSITIONED', life: 'shop' },
  { code: 'CHANNEL_CONFLICT', life: 'shop' },
  { code: 'ORDER_SLA_RISK', life: 'shop' },
  { code: 'ORDER_SLA_BREACH', life: 'shop' },
  { code: 'RELEASE_VIOLATION', life: 'shop', ends: 'by people' },
  { code: 'STOCKOUT', life: 'shop' },
  { code: 'REPLEN_RISK', life: 'planning' },
  { code: 'COUNT_VARIANCE', life: 'shop', mend: recount },
  { code: 'COUNT_VARIANCE_REPEAT', life: 'shop', mend: recount },
  { code: 'SHRINKAGE_ANOMALY', life: 'shop', some: true, ends: 'by people' },
  { code: 'SUPPLIER_VARIANCE_TREND', life: 'suppliers', some: true },
  { code: 'CARRIER_DELAY', life: 'shop' },
  { code: 'FEED_STALE', life: 'shop' },
  { code: 'FEED_QUALITY', life: 'shop' },
  {
    code: 'UNAPPROVED_ADJUSTMENT',
    life: 'shop',
    mend: (found) => [
      event('case.commanded', {
        ...{ command: 'approve', case_id: lives.shop.caseOf(found)?.caseId ?? '', actor: 'lead-9' },
        ...{ approved: true, reason: 'seen the pallet' },
      } as never),
    ],
    ends: 'approved',
  },
];

/** Codes that no incident of the brand can raise: they are about what people decide. */
const OF_PEOPLE: readonly RuleCode[] = ['ROOT_CAUSE_UNKNOWN'];

const kindsOf = (life: LifeName) => {
  const codes = ROWS.filter((row) => row.life === life).map(({ code }): string => code);
  return Object.entries(INCIDENTS).flatMap(([name, { code }]) =>
    codes.includes(code) ? [name] : [],
  );
};

const LIVES: Readonly<Record<LifeName, Omit<Life, 'incidents'>>> = {
  shop: { seed: 31, days: 10, gapDays: 3, skuCount: 250, ordersPerDay: 120 },
  // A forecast needs a week of sales first.
  planning: {
    ...{ seed: 32, days: 17, gapDays: 4, fromDay: 8, skuCount: 60, ordersPerDay: 60 },
    ...{ processors: ['stock', 'cases'], heartbeats: false },
  },
  suppliers: {
    ...{ seed: 13, days: 26, gapDays: 6, skuCount: 200, ordersPerDay: 200 },
    ...{ processors: ['supply', 'cases'], heartbeats: false },
  },
  // A rate of damage needs four weeks first.
  breakage: {
    ...{ seed: 12, days: 35, gapDays: 4, fromDay: 29, skuCount: 80, ordersPerDay: 40 },
    ...{ processors: ['floor', 'cases'], heartbeats: false },
  },
};

/** A brand's life with what was found in it. */
class Story {
  readonly lived: Lived;
  readonly #caseIds = new Map<string, string>();

  constructor(lived: Lived) {
    this.lived = lived;
    this.read();
  }

  /** Which case each finding came to belong to; the last one counts. */
  read(): void {
    for (const { caseId, record } of this.lived.steps()) {
      for (const { findingId } of record?.conditions ?? []) this.#caseIds.set(findingId, caseId);
    }
  }

  labelsOf(code: RuleCode, nearMiss: boolean): Label[] {
    const isOver = ({ end, grace_min: graceMin }: Label) =>
      Date.parse(end) + graceMin * 60_000 < this.lived.endMs;
    return this.lived.labels.filter(
      (label) => label.code === code && (label.near_miss ?? false) === nearMiss && isOver(label),
    );
  }

  /** What was found of a label's matter from its beginning to the end of its grace. */
  found(label: Label): Finding[] {
    // An order may be found to be at risk long before.
    const isOrder = label.entity.type === 'order';
    const fromMs = isOrder ? 0 : Date.parse(label.start) - HOUR_MS;
    const toMs = Date.parse(label.end) + label.grace_min * 60_000;
    return this.lived.bench.findings.filter(
      (finding) =>
        finding.code === label.code &&
        finding.conditionAtMs >= fromMs &&
        finding.conditionAtMs <= toMs &&
        isAbout(finding, label),
    );
  }

  caseOf({ findingId }: Finding): CaseRecord | undefined {
    const caseId = this.#caseIds.get(findingId.replaceAll(/\s+/g, '_'));
    return caseId === undefined ? undefined : this.lived.cases().get(caseId);
  }
}

/** True when a finding is about what a label names. */
function isAbout({ entity, ...found }: Finding, label: Label): boolean {
  const { id, type } = label.entity;
  switch (type) {
    case 'order':
      return found.orderId === label.order_id;
    case 'feed':
      return entity === `source/${id}`;
    case 'sku-channel':
      return found.skuId === label.sku_id && found.channelId === label.channel_id;
    case 'node':
      return entity === `node/${id}` && found.subtype === label.subtype;
    case 'po':
    case 'gtin':
    case 'return':
      return entity === `${type}/${id}`;
    case 'receipt':
    case 'supplier':
      return `${entity}/`.startsWith(`${type}/${id}/`);
    case 'location':
      return found.locationId === label.location_id || found.skuId === label.sku_id;
    default:
      return found.skuId === label.sku_id;
  }
}

const lives = {} as Record<LifeName, Story>;

beforeAll(() => {
  for (const name of Object.keys(LIVES) as LifeName[]) {
    lives[name] = new Story(live({ ...LIVES[name], incidents: kindsOf(name) }));
  }
  for (const [name, story] of Object.entries(lives)) {
    const { bench, endMs } = story.lived;
    for (const { code, life, mend } of ROWS) {
      if (life !== name || mend === undefined) continue;
      for (const label of story.labelsOf(code, false)) {
        for (const found of story.found(label)) bench.given(...mend(found, label)).settle();
      }
    }
    for (let hour = 1; hour <= 24 * MEND_DAYS; hour++)
      bench.tickTo(endMs + hour * HOUR_MS).settle();
    story.read();
  }
}, 600_000);

it('every rule has a row', () => {
  expect([...ROWS.map(({ code }) => code), ...OF_PEOPLE].sort()).toEqual([...RULE_CODES].sort());
});

describe.each(ROWS)('$code', ({ code, ends, life, some }) => {
  /** Cases of the labels of its incidents; undefined for one that none was opened for. */
  const casesOf = () =>
    lives[life].labelsOf(code, false).map((label) => {
      const [found] = lives[life].found(label);
      return found === undefined ? undefined : lives[life].caseOf(found);
    });

  it('opens a case on its incident', () => {
    const cases = casesOf();
    const opened = cases.filter((one) => one !== undefined);
    expect(opened.length).toBeGreaterThan(0);
    if (some !== true) expect(opened).toHaveLength(cases.length);
  });

  it('opens none on its near miss', () => {
    const nearMisses = lives[life].labelsOf(code, true);
    expect(nearMisses.length).toBeGreaterThan(0);
    const wrong = nearMisses.flatMap((label) => lives[life].found(label));
    expect(wrong.map(({ detail }) => detail)).toEqual([]);
  });

  it(
    RULES[code].resolvesItself ? 'closes once the condition has ended' : 'waits for people',
    () => {
      const cases = casesOf().filter((one) => one !== undefined);
      if (ends === 'by people') {
        return expect(new Set(cases.map(({ status }) => status))).toEqual(new Set(['open']));
      }
      // A statistic may need more of what it is about, such as receipts, than there still was.
      const over = cases.filter(
        ({ conditions }) => some !== true || conditions.every((one) => one.clearedAtMs !== null),
      );
      expect(over.length).toBeGreaterThan(0);
      const statuses = new Set(over.map(({ status }) => status));
      expect(statuses).toEqual(new Set([ends === 'approved' ? 'resolved' : 'auto_resolved']));
    },
  );
});
