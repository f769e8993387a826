/** Backtests: which alerts come and go under another policy. Minutes after T0, 8:00; the span is from 60 to 1,500. */
import { describe, expect, test } from 'vitest';
import { checkPolicies, type BacktestProgress, type Policy } from '../../../contracts/backtest.ts';
import { replay } from '../../../processors/runtime/backtest/backtest.ts';
import type { Judgement, Label } from '../../../processors/runtime/backtest/truth.ts';
import { parseLabels } from '../../../processors/runtime/backtest/truth.ts';
import { adjusted, ArchiveBench, hostWatch } from '../../support/backtest.ts';
import { at, event, T0, tickAt } from '../../support/given.ts';

const MINUTE_MS = 60_000;
const SPAN = { fromMs: T0 + 60 * MINUTE_MS, toMs: T0 + 1_500 * MINUTE_MS };

const policy = (value: object, scope: object = {}): Policy => {
  const checked = checkPolicies({ policy: 'rule.COUNT_VARIANCE', scope, value });
  if (!checked.ok) throw new Error(JSON.stringify(checked.fault));
  return checked.policies[0] as Policy;
};
const limit = (amount: number, scope: object = {}) => policy({ parameters: { amount } }, scope);
const set = (data: Policy, minute: number) => event('policy.set', data, { at: minute });

function run(
  archive: ArchiveBench,
  policies: readonly Policy[],
  more: {
    judgements?: readonly Judgement[];
    labels?: readonly Label[];
    onProgress?: (progress: BacktestProgress) => void;
  } = {},
) {
  return replay(archive.log, {
    ...{ span: SPAN, policies, host: hostWatch, recentIds: 10_000, places: archive.places },
    ...{ events: archive.log.length, labels: more.labels ?? null },
    attachmentOf: () => Promise.resolve(undefined),
    ...{ judgements: more.judgements ?? [], onProgress: more.onProgress ?? (() => undefined) },
  });
}

/** Default limit 25: MUG before the span; MUG, CUP and POT within it; PAN stays below. */
const story = () =>
  new ArchiveBench().given(
    adjusted(0, 'MUG', 30),
    adjusted(30, 'MUG', 1),
    adjusted(100, 'CUP', 40),
    adjusted(110, 'PAN', 20),
    adjusted(200, 'CUP', 2),
    adjusted(300, 'POT', 26),
    adjusted(1_480, 'MUG', 50),
    tickAt(1_490),
    tickAt(1_510),
    adjusted(1_520, 'CUP', 90),
    tickAt(1_530),
  );

describe('the same policies', () => {
  test('give the same alerts', async () => {
    const result = await run(story(), [limit(25)]);
    expect(result.total).toMatchObject({
      // 400.5 + 260.5 + 500.5; what was raised before the span and after it does not count.
      before: { findings: 3, cases: 3, amount: '1161.5', cases_per_day: 3 },
      findings: { kept: 3, added: 0, removed: 0 },
      cases: { kept: 3, added: 0, removed: 0 },
    });
    expect(result.total.after).toEqual(result.total.before);
    expect([result.added, result.removed]).toEqual([[], []]);
    expect(result).toMatchObject({ refused_findings: 0, failed_events: 0, days: 1 });
  });

  test('give the cases that the archive has, by their ids', async () => {
    const archive = story();
    const { removed } = await run(archive, [policy({ enabled: false, parameters: {} })]);
    const cases = removed.filter(({ kind }) => kind === 'case').map(({ id }) => id);
    expect(cases).toEqual(
      [archive.caseOf('CUP'), archive.caseOf('POT'), archive.caseOf('MUG', 1)].map(
        // MUG was closed more than a day before: a new case.
        (id) => `${id}#1`,
      ),
    );
  });
});

describe('a changed policy', () => {
  test('that silences a code removes exactly its alerts', async () => {
    const archive = story().given(tickAt(1_540));
    const result = await run(archive, [policy({ enabled: false, parameters: {} })]);
    expect(result.codes).toMatchObject([
      {
        code: 'COUNT_VARIANCE',
        before: { findings: 3, cases: 3 },
        after: { findings: 0, cases: 0, amount: '0' },
        cases: { kept: 0, added: 0, removed: 3 },
      },
    ]);
    expect(result.added).toEqual([]);
    expect(result.removed.map(({ at: when, entity, kind }) => [when, kind, entity])).toEqual([
      [at(100), 'case', 'sku/CUP/node/dc-1'],
      [at(100), 'finding', 'sku/CUP/node/dc-1'],
      [at(300), 'case', 'sku/POT/node/dc-1'],
      [at(300), 'finding', 'sku/POT/node/dc-1'],
      [at(1_480), 'case', 'sku/MUG/node/dc-1'],
      [at(1_480), 'finding', 'sku/MUG/node/dc-1'],
    ]);
  });

  test('that lowers a threshold adds what it finds, with its time and exposure', async () => {
    const result = await run(story(), [limit(20)]);
    expect(result.total.cases).toEqual({ kept: 3, added: 1, removed: 0 });
    expect(result.removed).toEqual([]);
    expect(result.added).toMatchObject([
      {
        ...{ kind: 'case', code: 'COUNT_VARIANCE', entity: 'sku/PAN/node/dc-1', at: at(110) },
        ...{ amount: '200.50', severity: 'SEV3', verdict: null },
      },
      { kind: 'finding', entity: 'sku/PAN/node/dc-1', amount: '200.50' },
    ]);
    expect(result.total.after.amount).toBe('1362');
  });

  test('replaces later ones of the log about the same scope, and no others', async () => {
    const archive = new ArchiveBench().given(
      adjusted(70, 'MUG', 30),
      set(limit(1_000), 80),
      set(limit(10, { sku_id: 'PAN' }), 80),
      adjusted(90, 'CUP', 40),
      adjusted(90, 'PAN', 15),
      tickAt(100),
    );
    const result = await run(archive, [limit(30)]);
    expect(result.policies).toEqual({ changed: 1, replaced: 1 });
    // The log raised the limit before the cup came; the changed policy keeps it at 30.
    expect(result.added.filter(({ kind }) => kind === 'case')).toMatchObject([
      { entity: 'sku/CUP/node/dc-1' },
    ]);
    expect(result.total.cases).toEqual({ kept: 2, added: 1, removed: 0 });
  });

  test('changes nothing before the span', async () => {
    const archive = new ArchiveBench().given(
      adjusted(10, 'PAN', 22),
      adjusted(50, 'POT', 30),
      // Of a condition that began before the span, under the limit of then.
      adjusted(70, 'POT', 1),
      tickAt(80),
    );
    const result = await run(archive, [limit(20)]);
    expect(result.total).toMatchObject({ before: { cases: 0 }, after: { cases: 0 } });
    // In the log, what was found at 50 stands behind the event of 70.
    expect(result.events).toMatchObject({ warm_up: 2, span: 4, last_at: at(80) });
  });
});

describe('precision', () => {
  test('is of what people judged, also after the span; a new alert is judged by nobody', async () => {
    const archive = story();
    const judgements: Judgement[] = [
      { caseId: archive.caseOf('CUP'), verdict: 'false', atMs: T0 + 150 * MINUTE_MS },
      { caseId: archive.caseOf('CUP'), verdict: 'true', atMs: T0 + 160 * MINUTE_MS },
      { caseId: archive.caseOf('POT'), verdict: 'false', atMs: T0 + 9_000 * MINUTE_MS },
      { caseId: archive.caseOf('MUG', 1), verdict: 'expected', atMs: T0 + 9_000 * MINUTE_MS },
    ];
    const lower = await run(archive, [limit(20)], { judgements });
    const judged = { judged_true: 1, judged_false: 1, judged_expected: 1, precision: 0.5 };
    expect(lower.total).toMatchObject({ before: judged, after: { cases: 4, ...judged } });
    const higher = await run(archive, [limit(30)], { judgements });
    expect(higher.total).toMatchObject({ after: { judged_false: 0, precision: 1 } });
    expect(higher.removed).toMatchObject([{ kind: 'case', verdict: 'false' }, { kind: 'finding' }]);
  });

  test('against labels is of code, thing and time; a near miss is no incident', async () => {
    const label = (sku: string, minute: number, more: object = {}) => ({
      ...{ incident_id: `${sku}-${minute}`, code: 'COUNT_VARIANCE', sku_id: sku, node_id: 'dc-1' },
      ...{ entity: { type: 'sku-node', id: `${sku}/dc-1` }, start: at(minute), end: at(minute) },
      ...{ grace_min: 30, ...more },
    });
    const labels = parseLabels(
      [
        label('CUP', 90),
        // The alert of the pot comes 40 minutes after it: 10 too late.
        label('POT', 260),
        label('MUG', 1_480, { near_miss: true }),
        label('PAN', 100),
        // Another span's.
        label('MUG', 0),
      ]
        .map((one) => `${JSON.stringify(one)}\n`)
        .join(''),
    );
    const result = await run(story(), [limit(20)], { labels });
    expect(result).toMatchObject({
      truth: 'labels',
      total: {
        incidents: 3,
        before: { precision: 0.3333, incidents_found: 1 },
        after: { precision: 0.5, incidents_found: 2 },
      },
    });
  });

  test.each([
    ['{"incident_id":', /line 2: not JSON/],
    [
      '{"incident_id":"i","code":"C","entity":{"type":"a","id":"b"},"start":"now","end":"now","grace_min":1}',
      /line 2: start/,
    ],
  ])('a labels file that is wrong is refused by its line: %s', (line, message) => {
    expect(() => parseLabels(`\n${line}\n`)).toThrow(message);
  });
});

describe('the budget', () => {
  test('is held against the days of each team', async () => {
    const many = Array.from({ length: 12 }, (_, n) => adjusted(100 + n, `S${n}`, 22));
    const archive = new ArchiveBench().given(...many, adjusted(1_000, 'CUP', 30), tickAt(1_400));
    const checked = checkPolicies({
      policy: 'rule.SHRINKAGE_ANOMALY',
      scope: {},
      value: { parameters: { budget: 13 } },
    });
    const budget = checked.ok ? checked.policies : [];
    const lower = await run(archive, [limit(20)]);
    expect(lower.teams).toEqual([
      {
        team: 'inventory control',
        before: { budget: 10, cases: 1, per_day: 1, busiest_day: 1, days_over: 0 },
        // T0 + 1,000 minutes is after midnight.
        after: { budget: 10, cases: 13, per_day: 13, busiest_day: 12, days_over: 1 },
      },
    ]);
    const roomy = await run(archive, [limit(20), ...budget]);
    expect(roomy.teams[0]?.after).toMatchObject({ budget: 13, days_over: 0 });
  });
});

test('people’s commands count in both runs', async () => {
  const archive = new ArchiveBench().given(adjusted(100, 'MUG', 30), tickAt(101));
  archive.given(
    event(
      'case.commanded',
      {
        ...{ command: 'resolve', case_id: archive.caseOf('MUG'), actor: 'ana' },
        ...{ root_cause: 'COUNT_ERROR', resolution: 'counted again' },
      } as never,
      { at: 105 },
    ),
    // The case is closed: what is found next opens one again, and does not join it.
    adjusted(120, 'MUG', 31),
    tickAt(121),
  );
  const result = await run(archive, [limit(30)]);
  expect(result.total).toMatchObject({
    before: { findings: 2, cases: 2 },
    after: { findings: 2, cases: 2 },
    cases: { kept: 2, added: 0, removed: 0 },
  });
});

test('the progress tells warm-up and span apart', async () => {
  const seen: BacktestProgress[] = [];
  await run(story(), [limit(20)], { onProgress: (progress) => seen.push(progress) });
  expect(seen.at(-1)).toMatchObject({ phase: 'span', at: at(1_490) });
});

test('an archive that ends before the span gives nothing to compare', async () => {
  const archive = new ArchiveBench().given(adjusted(10, 'MUG', 30));
  await expect(run(archive, [limit(20)])).rejects.toThrow(/ends before .* nothing to compare/);
});

describe('a policy file', () => {
  const rule = (parameters: object) => ({
    policy: 'rule.STOCKOUT',
    scope: {},
    value: { parameters },
  });

  test.each([
    [[], 'policies', /1 to 100/],
    [{ policy: 'rule.NOTHING', scope: {} }, 'policies.0.policy', /one of/],
    [
      [rule({}), { ...rule({ hold_min: -1 }), scope: { sku_id: 'A' } }],
      'policies.1.value.parameters.hold_min',
      />= 0/,
    ],
    [[rule({ hold_min: 1 }), rule({ hold_min: 2 })], 'policies.1', /policies\.0/],
    [[7], 'policies.0.policy', /one of/],
  ])('that is wrong is refused with the field: %j', (value, field, allowed) => {
    const checked = checkPolicies(value);
    expect(checked).toMatchObject({
      ok: false,
      fault: { field, allowed: expect.stringMatching(allowed) as string },
    });
  });
});
