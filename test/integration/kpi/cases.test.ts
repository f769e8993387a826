/** K31, K32, and the SKUs that generate most exceptions. */
import { expect, test } from 'vitest';
import { acknowledged, opened, resolved } from '../../support/cases.ts';
import { corrected, stocked } from '../../support/facts.ts';
import { at, event } from '../../support/given.ts';
import { useKpis } from '../../support/kpi.ts';

const kpis = useKpis();
const HOUR = { from: 0, to: 60 };
const DAY = { from: 0, to: 1_440 };
const EMPTY = { from: 60_000, to: 60_060 };
const x = (n: number) => ({ exception_id: `x${n}` });

test('K31: the backlog, its age, and inflow by outflow', async () => {
  const brand = await kpis.given(
    opened(x(1), { at: 5 }),
    opened({ ...x(2), code: 'OVERSELL' }, { at: 10 }),
    opened(x(3), { at: 30 }),
    resolved(x(1), { at: 90, id: 'r1' }),
  );
  await brand.tick(130);
  expect(await brand.points('K31', { from: 0, to: 120, step: 60 })).toMatchObject([
    { value: 3 },
    { value: 2 },
  ]);
  expect(await brand.points('K31', { from: 0, to: 120, by: 'dim' })).toMatchObject([
    { key: 'OVERSELL', value: 1 },
    { key: 'SHORT_PICK', value: 1 },
  ]);
  // Now is when the feeds were last reported, minute 190. Open: x2 since minute 10, x3 since minute 30.
  await brand.given(stocked(1, { at: 130 }));
  await brand.tick(190);
  expect(await brand.value('K31b', { from: 180, to: 240 })).toMatchObject({
    spread: { count: 2, mean: expect.closeTo((180 + 160) / 2 / 60, 6) as number, p95: 3 },
  });
  expect(await brand.value('K31c', { from: 0, to: 120 })).toMatchObject({
    num: 3,
    den: 1,
    value: 3,
  });
  // It was not resolved after all.
  await brand.given(corrected({ id: 'r1' }, { at: 200 }));
  expect(await brand.value('K31', { from: 60, to: 120 })).toMatchObject({ value: 3 });
  expect(await brand.value('K31c', { from: 0, to: 120 })).toMatchObject({
    ...{ num: 3, den: 0, value: null, knownValue: 3 },
  });
  for (const id of ['K31b', 'K31c']) expect(await brand.value(id, EMPTY)).toBeUndefined();
});

test('K31 is nothing before the first case', async () => {
  const brand = await kpis.given(opened(x(1), { at: 5 }));
  expect(await brand.value('K31', { from: -120, to: -60 })).toBeUndefined();
});

test('K32: time to acknowledge and to resolve, and what was met of what was due', async () => {
  const brand = await kpis.given(
    // SEV1: four hours to resolve.
    opened(x(1), { at: 0 }),
    acknowledged(x(1), { at: 6 }),
    opened(x(2), { at: 0 }),
    acknowledged(x(2), { at: 30 }),
    resolved(x(1), { at: 120 }),
    opened(x(3), { at: 10 }),
    // One business day: due tomorrow, not in today's window.
    opened({ ...x(4), severity: 'SEV2' }, { at: 10 }),
    resolved(x(2), { at: 300 }),
  );
  expect(await brand.value('K32a', HOUR)).toMatchObject({
    spread: { count: 2, mean: expect.closeTo(0.3, 9) as number, p95: 0.5 },
  });
  expect(await brand.value('K32b', DAY)).toMatchObject({
    spread: { count: 2, mean: 3.5, p50: 2, p95: 5 },
  });
  // Met: x1. Missed: x2, resolved too late, and x3, still open.
  expect(await brand.value('K32c', DAY)).toMatchObject({ num: 1, den: 3 });
  // Late, it is heard that x3 was resolved at minute 200.
  await brand.given(
    event('clock.ticked', { tick: at(1_500), clock: 'feed' }, { at: 1_500, id: 't' }),
  );
  await brand.given(resolved(x(3), { at: 200 }));
  expect(await brand.value('K32c', DAY)).toMatchObject({
    ...{ num: 2, den: 3 },
    knownValue: expect.closeTo(1 / 3, 9) as number,
  });
  expect(await brand.value('K32b', DAY)).toMatchObject({ spread: { count: 3 } });
  for (const id of ['K32a', 'K32b', 'K32c']) expect(await brand.value(id, EMPTY)).toBeUndefined();
});

test('the SKUs that generate most exceptions, by findings and cases', async () => {
  const finding = (id: string, sku_id: string, code: 'OVERSELL' | 'SHORT_PICK', minutes: number) =>
    event(
      'finding.raised',
      {
        ...{ finding_id: id, processor: 'test', code, entity: `sku/${sku_id}`, sku_id },
        ...{ condition_at: at(minutes), detail: 'test', evidence: [] },
      },
      { at: minutes, id },
    );
  const brand = await kpis.given(
    finding('f1', 'A', 'SHORT_PICK', 1),
    finding('f2', 'A', 'OVERSELL', 2),
    finding('f3', 'B', 'OVERSELL', 3),
    opened({ ...x(1), exposure_amount: '40' }, { at: 4 }),
    opened({ ...x(2), exposure_amount: '5' }, { at: 5 }),
    resolved(x(2), { at: 6 }),
    opened({ ...x(3), sku_id: 'C', code: 'OVERSELL' }, { at: 7, id: 'void' }),
    corrected({ id: 'void' }, { at: 8 }),
  );
  expect(
    await brand.rows(
      `SELECT * REPLACE (toFloat64(open_exposure) AS open_exposure, toString(last_at) AS last_at)
       FROM exceptions_by_sku`,
    ),
    // Each finding opens a case of our own, beside the two of A that another system opened.
  ).toEqual([
    {
      ...{ sku_id: 'A', findings: 2, cases: 4, open_cases: 3, open_exposure: 40 },
      ...{ top_code: 'SHORT_PICK', last_at: '2026-03-02 08:05:00.000' },
    },
    {
      ...{ sku_id: 'B', findings: 1, cases: 1, open_cases: 1, open_exposure: 0 },
      ...{ top_code: 'OVERSELL', last_at: '2026-03-02 08:03:00.000' },
    },
  ]);
});
