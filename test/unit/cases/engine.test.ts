/** The case engine: findings in, cases out (REFERENCE §4.1). Times are minutes after T0, a Monday, 8:00. */
import { describe, expect, test } from 'vitest';
import { auditHash, GENESIS } from '../../../contracts/audit.ts';
import type { Cases } from '../../../processors/cases/facts.ts';
import type { CaseRecord } from '../../../processors/cases/record.ts';
import { event, type Given } from '../../support/given.ts';
import { ReducerBench } from '../../support/reducers.ts';

const POSITION = { sku_id: 'MUG', node_id: 'dc-1' };
const DAY = 1_440;
let number = 0;

const raised = (code: string, at: number, more: Record<string, unknown> = {}): Given => {
  const id = `f-${++number}`;
  return event(
    'finding.raised',
    {
      ...{ finding_id: id, processor: 'stock', code, entity: 'sku/MUG/node/dc-1', ...POSITION },
      condition_at: new Date(Date.parse('2026-03-02T08:00:00Z') + at * 60_000).toISOString(),
      ...{ detail: `${code} of the mug`, evidence: [{ source: 'urn:wms', id: `e-${id}` }] },
      ...more,
    } as never,
    { at, id },
  );
};

const cleared = (finding: Given, at: number): Given =>
  event(
    'finding.cleared',
    {
      ...{ finding_id: finding.id, processor: 'stock', code: finding.data['code'] },
      ...{ entity: finding.data['entity'], detail: 'no more' },
      cleared_at: new Date(Date.parse('2026-03-02T08:00:00Z') + at * 60_000).toISOString(),
    } as never,
    { at, id: `${finding.id}/cleared` },
  );

const command = (name: string, caseId: string, at: number, more: object = {}): Given =>
  event('case.commanded', { command: name, case_id: caseId, actor: 'ana', ...more } as never, {
    at,
    id: `c-${++number}`,
  });

const bench = () => new ReducerBench(['cases']);
const engineOf = (brand: ReducerBench) => (brand.slice.hosted[0]?.processor as Cases).engine;
const only = (brand: ReducerBench): CaseRecord => {
  const ids = new Set(brand.rows('case_events').map((row) => row['case_id'] as string));
  expect(ids.size).toBe(1);
  return engineOf(brand).get([...ids][0] ?? '') as CaseRecord;
};
const kinds = (brand: ReducerBench) => brand.rows('case_events').map((row) => row['kind']);

describe('a finding', () => {
  test('opens a case with an owner, clocks and what is at risk', () => {
    const brand = bench().given(
      raised('NEG_INVENTORY', 0, { units: -4, amount: '120.50', orders_at_risk: 0 }),
    );
    expect(only(brand)).toMatchObject({
      ...{ code: 'NEG_INVENTORY', title: 'Negative inventory', status: 'open', severity: 'SEV3' },
      ...{ team: 'inventory control', exposure: { units: -4, amount: '120.50', orders: 0 } },
      openings: 1,
    });
    const { ackDueMs, openedAtMs, resolveDueMs } = only(brand);
    expect((ackDueMs - openedAtMs) / 3_600_000).toBe(4);
    // Three business days from Monday.
    expect((resolveDueMs - openedAtMs) / 3_600_000).toBe(72);
  });

  test.each([
    ['20 orders', { orders_at_risk: 20 }, 'SEV1'],
    ['10,000', { amount: '10000' }, 'SEV1'],
    ['one order', { orders_at_risk: 1 }, 'SEV2'],
    ['1,000', { amount: '1000.00' }, 'SEV2'],
    ['100', { amount: '100' }, 'SEV3'],
    ['nearly nothing', { amount: '99.99' }, 'SEV4'],
  ])('is as severe as what is at risk: %s', (_name, more, severity) => {
    expect(only(bench().given(raised('COUNT_VARIANCE', 0, more)))).toMatchObject({ severity });
  });

  test('about the same again updates the case that is open, and can only make it worse', () => {
    const brand = bench().given(
      raised('COUNT_VARIANCE', 0, { amount: '150' }),
      raised('COUNT_VARIANCE', 5, { amount: '2000' }),
      raised('COUNT_VARIANCE', 9, { amount: '1' }),
    );
    expect(only(brand)).toMatchObject({ severity: 'SEV2', exposure: { amount: '2000' } });
    expect(kinds(brand)).toEqual(['opened', 'updated', 'updated']);
  });
});

describe('a case', () => {
  test('closes by itself once its condition has been clear for as long as its rule says', () => {
    const finding = raised('NEG_INVENTORY', 0);
    const brand = bench().given(finding, cleared(finding, 30)).tick(89);
    expect(only(brand).status).toBe('open');
    brand.tick(90);
    expect(only(brand)).toMatchObject({ status: 'auto_resolved' });
  });

  test('opens again when it is raised within a day of its end, and a new one later', () => {
    const first = raised('NEG_INVENTORY', 0);
    const again = raised('NEG_INVENTORY', 600);
    const brand = bench()
      .given(first, cleared(first, 1))
      .tick(70)
      .given(again, cleared(again, 601))
      .tick(700);
    expect(only(brand)).toMatchObject({ openings: 2, status: 'auto_resolved' });
    brand.given(raised('NEG_INVENTORY', 700 + DAY + 60));
    expect(engineOf(brand).open()).toHaveLength(1);
    expect(engineOf(brand).open()[0]).toMatchObject({ openings: 1 });
  });

  test('is one level worse from the third time in 30 days on', () => {
    const brand = bench();
    for (const at of [0, 3 * DAY, 6 * DAY]) {
      const finding = raised('COUNT_VARIANCE', at, { amount: '150' });
      brand.given(finding, cleared(finding, at + 1)).tick(at + 2);
    }
    const severities = brand
      .rows('case_events')
      .filter(({ kind }) => kind === 'opened')
      .map(({ severity }) => severity);
    expect(severities).toEqual(['SEV3', 'SEV3', 'SEV2']);
  });

  test('climbs the ladder on event time while nobody takes it, and not while it is snoozed', () => {
    // SEV1: acknowledge in 15 min, resolve in 4 h.
    const brand = bench()
      .given(raised('OVERSELL', 0, { orders_at_risk: 30 }))
      .tick(14);
    expect(only(brand).escalations).toEqual([]);
    brand.tick(15).tick(30);
    expect(only(brand).escalations).toEqual(['acknowledge 100 %', 'acknowledge 200 %']);
    const { caseId } = only(brand);
    brand.given(
      command('snooze', caseId, 40, { until: '2026-03-02T12:00:00Z', reason: 'waits for a count' }),
    );
    brand.tick(239);
    expect(only(brand).escalations).toHaveLength(2);
    brand.tick(240);
    expect(only(brand)).toMatchObject({ snoozedUntilMs: null });
    expect(only(brand).escalations).toEqual([
      'acknowledge 100 %',
      'acknowledge 200 %',
      'resolve 80 %',
      'resolve 100 %',
    ]);
    brand.tick(480);
    expect(only(brand).escalations.slice(-2)).toEqual(['resolve 150 %', 'resolve 200 %']);
  });

  test('is worked by people, each step with actor and reason', () => {
    const finding = raised('NEG_INVENTORY', 0);
    const brand = bench().given(finding);
    const { caseId } = only(brand);
    brand.given(
      command('acknowledge', caseId, 3),
      command('assign', caseId, 4, { assignee: 'ben', reason: 'knows the bin' }),
      command('comment', caseId, 5, { text: 'the receipt of the morning is missing' }),
      cleared(finding, 20),
      command('resolve', caseId, 21, { root_cause: 'MISSING_EVENT', resolution: 'sent again' }),
    );
    expect(only(brand)).toMatchObject({
      ...{ status: 'resolved', assignee: 'ben', rootCause: 'MISSING_EVENT' },
      acknowledgedAtMs: only(brand).openedAtMs + 3 * 60_000,
    });
    expect(brand.rows('case_events').map(({ actor, kind }) => `${actor} ${kind}`)).toEqual([
      'stocktide opened',
      'ana acknowledge',
      'ana assign',
      'ana comment',
      'stocktide cleared',
      'ana resolve',
    ]);
    brand.tick(60);
    expect(only(brand).status).toBe('resolved');
  });

  test('whose condition still holds opens again, and says so', () => {
    const brand = bench().given(raised('NEG_INVENTORY', 0));
    const { caseId } = only(brand);
    brand.given(command('resolve', caseId, 5, { root_cause: 'UOM', resolution: 'mended' }));
    expect(only(brand).status).toBe('resolved');
    brand.tick(16);
    expect(only(brand)).toMatchObject({ status: 'open', openings: 2 });
    expect(brand.rows('case_events').at(-1)).toMatchObject({
      kind: 'reopened',
      detail: expect.stringMatching(/condition still holds: NEG_INVENTORY/) as string,
    });
  });
});

describe('a command that cannot be', () => {
  test.each([
    ['of an unknown case', 'acknowledge', 'nothing/1', {}, /no such case/],
    ['acknowledge twice', 'acknowledge', null, {}, /acknowledged already/],
    [
      'a snooze into the past',
      'snooze',
      null,
      { until: '2026-03-01T00:00:00Z', reason: 'x' },
      /not in the future/,
    ],
    ['an assignment to nobody', 'assign', null, {}, /name a team or an assignee/],
    ['a reopening of what is open', 'reopen', null, { reason: 'x' }, /not closed/],
    [
      'an approval of what waits for none',
      'approve',
      null,
      { approved: true, reason: 'x' },
      /waits for an approval/,
    ],
  ])('%s is refused and leaves a trace', (_name, kind, caseId, more, detail) => {
    const brand = bench().given(raised('NEG_INVENTORY', 0));
    const id = engineOf(brand).open()[0]?.caseId ?? '';
    brand.given(command('acknowledge', id, 1), command(kind, caseId ?? id, 2, more));
    expect(brand.rows('case_events').at(-1)).toMatchObject({ kind: 'refused', actor: 'ana' });
    expect(brand.rows('case_events').at(-1)?.['detail']).toMatch(detail);
    expect(engineOf(brand).get(id)?.status).toBe('acknowledged');
  });

  test('a closed case takes none but a comment, a verdict and a reopening', () => {
    const finding = raised('NEG_INVENTORY', 0);
    const brand = bench().given(finding, cleared(finding, 1)).tick(70);
    const { caseId } = only(brand);
    brand.given(
      command('assign', caseId, 71, { assignee: 'ben' }),
      command('judge', caseId, 72, { verdict: 'true' }),
      command('reopen', caseId, 73, { reason: 'not mended' }),
    );
    expect(kinds(brand).slice(-3)).toEqual(['refused', 'judge', 'reopen']);
    expect(only(brand)).toMatchObject({ status: 'open', verdict: 'true' });
  });
});

describe('an adjustment that waits for a second person', () => {
  const adjusted = () => raised('UNAPPROVED_ADJUSTMENT', 0, { actor: 'ana', amount: '400' });
  const approve = (brand: ReducerBench, actor: string, at: number) =>
    command('approve', only(brand).caseId, at, {
      actor,
      approved: true,
      reason: 'seen the pallet',
    });

  test('is not approved by who made it, and is by another one', () => {
    const brand = bench().given(adjusted());
    brand.given(approve(brand, 'ana', 1));
    expect(only(brand).status).toBe('open');
    expect(kinds(brand).at(-1)).toBe('refused');
    // Nor is it closed around the second person.
    const around = { root_cause: 'PROCESS_SKIPPED', resolution: 'all is well' };
    brand.given(command('resolve', only(brand).caseId, 1, around));
    expect(brand.rows('case_events').at(-1)).toMatchObject({
      ...{ kind: 'refused', status: 'open' },
      detail: expect.stringContaining('a second person') as string,
    });
    brand.given(approve(brand, 'ben', 2)).tick(30);
    expect(only(brand)).toMatchObject({ status: 'resolved', rootCause: 'PROCESS_SKIPPED' });
  });
});

describe('symptoms', () => {
  const bin = { location_id: 'A-1' };
  const atBin = { entity: 'location/dc-1/A-1', ...bin };

  test('of one cause are one case: location error, short pick, negative inventory', () => {
    const error = raised('LOCATION_ERROR', 0, atBin);
    const short = raised('SHORT_PICK', 30, bin);
    const negative = raised('NEG_INVENTORY', 50);
    const brand = bench().given(error, short, negative);
    expect(engineOf(brand).open()).toHaveLength(1);
    expect(only(brand)).toMatchObject({ code: 'LOCATION_ERROR' });
    expect(only(brand).conditions.map(({ code }) => code)).toEqual([
      'LOCATION_ERROR',
      'SHORT_PICK',
      'NEG_INVENTORY',
    ]);
    brand.given(cleared(error, 60), cleared(short, 60)).tick(70);
    expect(only(brand).status).toBe('open');
    brand.given(cleared(negative, 80)).tick(81);
    expect(only(brand).status).toBe('auto_resolved');
  });

  test('that came first are taken over by their cause', () => {
    const brand = bench().given(raised('NEG_INVENTORY', 0), raised('LOCATION_ERROR', 20, atBin));
    expect(engineOf(brand).open()).toHaveLength(1);
    expect(engineOf(brand).open()[0]).toMatchObject({ code: 'LOCATION_ERROR' });
    expect(engineOf(brand).open()[0]?.conditions).toHaveLength(2);
    expect(kinds(brand)).toEqual(['opened', 'opened', 'merged']);
  });

  test.each([
    ['another bin', raised('SHORT_PICK', 30, { location_id: 'B-7', sku_id: 'VASE' })],
    ['another day', raised('SHORT_PICK', 30 + DAY, bin)],
  ])('elsewhere are none: %s', (_name, other) => {
    const brand = bench().given(raised('LOCATION_ERROR', 0, atBin), other);
    expect(engineOf(brand).open()).toHaveLength(2);
  });

  test('of many orders of a node join the case of the node, and never push it out', () => {
    const about = (order: string) => ({ entity: `order/${order}`, order_id: order });
    const single = (n: number) => raised('ORDER_SLA_RISK', 0, { ...about(`O${n}`), sku_id: 'X' });
    const wave = raised('ORDER_SLA_RISK', 1, { entity: 'node/dc-1', orders_at_risk: 21 });
    const brand = bench().given(single(1), single(2), wave);
    const late = { ...about('O3'), parent: 'ORDER_SLA_RISK node/dc-1' };
    // Two days later, too late for a cause that is only guessed.
    brand.given(raised('ORDER_SLA_BREACH', 2 * DAY, late));
    const open = () => engineOf(brand).open();
    expect(open()).toMatchObject([{ entity: 'node/dc-1', exposure: { orders: 21 } }]);
    expect(open()[0]?.conditions).toHaveLength(4);
    const others = Array.from({ length: 60 }, (_, n) => single(n + 10));
    brand.given(...others);
    expect(open()).toHaveLength(1);
    expect(open()[0]?.conditions).toHaveLength(50);
    for (const one of others) brand.given(cleared(one, 2 * DAY + 5));
    expect(open()).toHaveLength(1);
  });

  test('of a receipt that differs join its case, whichever is found first', () => {
    const receipt = raised('INBOUND_QTY_MISMATCH', 20, { entity: 'receipt/r1/sku/MUG' });
    const over = (at: number) =>
      raised('FLOW_VIOLATION', at, { entity: 'po/p1/sku/MUG', subtype: 'over_receipt' });
    for (const events of [
      [over(10), receipt],
      [receipt, over(30)],
    ]) {
      const brand = bench().given(...events);
      expect(engineOf(brand).open()).toMatchObject([{ code: 'INBOUND_QTY_MISMATCH' }]);
    }
    const other = raised('FLOW_VIOLATION', 30, { entity: 'po/p1/sku/MUG', subtype: 'asn_over_po' });
    expect(engineOf(bench().given(receipt, other)).open()).toHaveLength(2);
  });

  test('of a silent feed join its case', () => {
    const source = 'https://3pl.example';
    const stale = raised('FEED_STALE', 0, { entity: `source/${source}`, sku_id: undefined });
    delete stale.data['sku_id'];
    const conflict = raised('CHANNEL_CONFLICT', 20, { evidence: [{ source, id: 'x' }] });
    const brand = bench().given(stale, conflict);
    expect(engineOf(brand).open()).toHaveLength(1);
  });
});

describe('what a silent feed of a node has not said', () => {
  const stale = (at: number) =>
    raised('FEED_STALE', at, { entity: 'source/urn:3pl', sku_id: undefined, node_id: 'dc-1' });
  const late = (at: number, more: object = {}) =>
    raised('ORDER_SLA_BREACH', at, { entity: 'order/O1', order_id: 'O1', ...more });
  const codes = (brand: ReducerBench) =>
    engineOf(brand)
      .open()
      .map(({ code }) => code);
  const only1 = (given: Given) => {
    delete given.data['sku_id'];
    return given;
  };

  test('is a symptom of the silence, however long it lasts, and found before or after it', () => {
    const brand = bench().given(only1(late(20)), only1(stale(10)));
    expect(codes(brand)).toEqual(['FEED_STALE']);
    brand.given(only1(late(3 * DAY, { entity: 'order/O2', order_id: 'O2' })));
    // A wave of orders that no case is open for is one, too.
    const wave = { entity: 'order/O3', order_id: 'O3', parent: 'ORDER_SLA_RISK node/dc-1' };
    brand.given(only1(late(3 * DAY + 1, wave)));
    expect(codes(brand)).toEqual(['FEED_STALE']);
    expect(engineOf(brand).open()[0]?.conditions).toHaveLength(4);
  });

  test.each([
    ['are under way', 'unknown_order'],
    ['have arrived', 'delivered_before_dispatch'],
  ])('takes parcels that %s and of which nobody has said that they left', (_what, subtype) => {
    const silent = only1(stale(10));
    const parcel = { entity: 'shipment/S1', subtype, node_id: undefined };
    const unknown = only1(raised('FLOW_VIOLATION', 30, parcel));
    delete unknown.data['node_id'];
    const brand = bench().given(silent, unknown);
    expect(codes(brand)).toEqual(['FEED_STALE']);
    brand.given(cleared(silent, 60)).tick(61);
    expect(codes(brand)).toEqual([]);
  });

  test.each([
    ['what was so before', late(5)],
    ['what is elsewhere', late(20, { node_id: 'dc-2' })],
  ])('is not %s', (_what, other) => {
    const brand = bench().given(only1(stale(10)), only1(other));
    expect(codes(brand).sort()).toEqual(['FEED_STALE', 'ORDER_SLA_BREACH']);
  });
});

describe('a cause that stays unknown', () => {
  /** Cases of the team that are closed, one an hour; the first `unknown` of them for no known cause. */
  const closed = (count: number, unknown: number, brand = bench()) => {
    for (let n = 0; n < count; n++) {
      const finding = raised('NEG_INVENTORY', n * 60, {
        entity: `sku/S${n}/node/dc-1`,
        sku_id: `S${n}`,
      });
      brand.given(finding);
      const caseId =
        engineOf(brand)
          .open()
          .find(({ skuId }) => skuId === `S${n}`)?.caseId ?? '';
      const cause = n < unknown ? 'UNKNOWN' : 'UOM';
      brand.given(
        cleared(finding, n * 60 + 1),
        command('resolve', caseId, n * 60 + 2, { root_cause: cause, resolution: 'done' }),
      );
    }
    return brand.settle();
  };
  const cases = (brand: ReducerBench) =>
    brand.findings.filter(({ code }) => code === 'ROOT_CAUSE_UNKNOWN');

  test('more often than 15 of a hundred times is a case of the team', () => {
    const brand = closed(20, 4);
    expect(cases(brand)).toMatchObject([
      {
        ...{ entity: 'team/inventory-control', team: 'inventory control' },
        detail: '4 of 20 cases that inventory control has resolved have an unknown cause',
        statistic: { name: 'unknown_share', value: 0.2, limit: 0.15 },
      },
    ]);
    expect(engineOf(brand).open()).toMatchObject([
      { code: 'ROOT_CAUSE_UNKNOWN', team: 'inventory control', severity: 'SEV3' },
    ]);
  });

  test.each([
    ['15 of a hundred', closed(20, 3)],
    ['few', closed(19, 19)],
  ])('is none for %s', (_what, brand) => {
    expect(cases(brand)).toEqual([]);
  });

  test('closes when the share has fallen, or the window has passed', () => {
    // 4 of 27 are 14.8 %.
    const better = closed(27, 4);
    expect(cases(better)).toHaveLength(1);
    expect(better.ended).toMatchObject([{ code: 'ROOT_CAUSE_UNKNOWN' }]);
    const later = closed(20, 4)
      .tick(31 * DAY)
      .settle();
    expect(later.ended).toMatchObject([{ code: 'ROOT_CAUSE_UNKNOWN' }]);
    expect(engineOf(later).open()).toEqual([]);
  });

  test('is what its policy says, and goes on after a restart', async () => {
    const strict = event('policy.set', {
      ...{ policy: 'rule.ROOT_CAUSE_UNKNOWN', scope: {}, actor: 'ana', reason: 'r' },
      value: { parameters: { share: 0, closures: 2 } },
    } as never);
    const brand = await closed(1, 1, bench().given(strict)).restarted();
    const finding = raised('NEG_INVENTORY', 100, { entity: 'sku/Z/node/dc-1' });
    brand.given(finding, cleared(finding, 101));
    const { caseId = '' } = engineOf(brand).open()[0] ?? {};
    brand.given(command('resolve', caseId, 102, { root_cause: 'UOM', resolution: 'done' }));
    expect(cases(brand)).toHaveLength(1);
  });
});

describe('what people call resolved', () => {
  test('is verified where it is a state, and the step says so', () => {
    const finding = raised('NEG_INVENTORY', 0);
    const brand = bench().given(finding);
    const { caseId } = only(brand);
    brand.given(
      command('resolve', caseId, 5, { root_cause: 'UOM', resolution: 'mended' }),
      cleared(finding, 9),
    );
    brand.tick(16).tick(60);
    expect(only(brand)).toMatchObject({ status: 'resolved', verifyAtMs: null });
    expect(brand.rows('case_events').at(-1)).toMatchObject({
      ...{ kind: 'verified', detail: '10 minutes later no condition holds' },
    });
  });

  test.each(['RELEASE_VIOLATION', 'COUNT_VARIANCE', 'INBOUND_QTY_MISMATCH', 'FLOW_VIOLATION'])(
    'is final where it has happened: %s',
    (code) => {
      const brand = bench().given(raised(code, 0));
      const { caseId } = only(brand);
      brand.given(command('resolve', caseId, 5, { root_cause: 'UOM', resolution: 'mended' }));
      brand.tick(16).tick(3 * DAY);
      expect(only(brand)).toMatchObject({ status: 'resolved', openings: 1 });
      expect(kinds(brand).at(-1)).toBe('verified');
    },
  );
});

describe('the audit trail', () => {
  const story = () => {
    const finding = raised('NEG_INVENTORY', 0, { amount: '5000' });
    return bench()
      .given(finding, raised('OVERSELL', 3), cleared(finding, 30))
      .tick(200)
      .tick(3_000);
  };

  test('is a chain: each hash follows from the row and the hash before', () => {
    let previous = GENESIS;
    const rows = story().rows('case_events');
    expect(rows.length).toBeGreaterThan(5);
    rows.forEach(({ hash, previous_hash: before, ...cells }, index) => {
      expect(cells['n']).toBe(index + 1);
      expect(before).toBe(previous);
      expect(auditHash(previous, Object.values(cells))).toBe(hash);
      const tampered = Object.values({ ...cells, detail: `${String(cells['detail'])}.` });
      expect(auditHash(previous, tampered)).not.toBe(hash);
      previous = hash as string;
    });
  });

  test('goes on after a restart as if nothing had been', async () => {
    const whole = story();
    const parts = whole.log.length;
    for (let cut = 1; cut < parts; cut += 2) {
      const first = new ReducerBench(['cases']).feed(...whole.log.slice(0, cut));
      const rest = (await first.restarted()).feed(...whole.log.slice(cut));
      expect(rest.rows('case_events')).toEqual(whole.rows('case_events'));
      expect(rest.net('cases')).toEqual(whole.net('cases'));
    }
  });
});

test('the KPIs see the backlog of the engine', () => {
  const finding = raised('NEG_INVENTORY', 0, { amount: '77' });
  const brand = bench().given(finding);
  brand.given(command('acknowledge', only(brand).caseId, 30), cleared(finding, 60)).tick(120);
  expect(brand.net('cases')).toMatchObject([
    { code: 'NEG_INVENTORY', severity: 'SEV3', owner: 'ana', status: 'resolved', exposure: '77' },
  ]);
  expect(brand.net('durations').map(({ hours, measure }) => [measure, hours])).toEqual([
    ['case_acknowledged', 0.5],
    ['case_resolved', 2],
  ]);
  expect(brand.net('levels').map(({ value }) => value)).toEqual([1, -1]);
});
