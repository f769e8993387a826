/** The audit trail in ClickHouse: intact as written, and a changed byte is found in its row. */
import { expect, test } from 'vitest';
import { auditCases } from '../../../processors/runtime/audit.ts';
import { event } from '../../support/given.ts';
import { useKpis } from '../../support/kpi.ts';

const kpis = useKpis();

const finding = (number: number) =>
  event(
    'finding.raised',
    {
      ...{ finding_id: `f-${number}`, processor: 'stock', code: 'NEG_INVENTORY' },
      ...{ entity: `sku/MUG-${number}/node/dc-1`, sku_id: `MUG-${number}`, node_id: 'dc-1' },
      condition_at: '2026-03-02T08:00:00.125Z',
      detail: 'a café’s “mug”: −3 units\n\t{"quoted":true}',
      evidence: [{ source: 'urn:wms', id: 'e-1' }],
    },
    { id: `f-${number}`, at: number },
  );

test('the chain is intact as it was written, quotes, zones and all', async () => {
  const brand = await kpis.given(...[1, 2, 3, 4, 5].map(finding));
  await brand.tick(2_000);
  const result = await auditCases(brand.client);
  expect(result).toMatchObject({ intact: true });
  expect(result.rows).toBeGreaterThan(10);
});

test('a changed byte is found in its row, a removed row at the next', async () => {
  const brand = await kpis.given(...[1, 2, 3, 4, 5].map(finding));
  await brand.client.command({
    query: `ALTER TABLE case_events UPDATE detail = concat(detail, '.') WHERE n = 3`,
    clickhouse_settings: { mutations_sync: '2' },
  });
  expect(await auditCases(brand.client)).toMatchObject({
    intact: false,
    first: { n: 3, why: 'its content does not give its hash' },
  });
  await brand.client.command({
    query: 'ALTER TABLE case_events DELETE WHERE n = 2',
    clickhouse_settings: { mutations_sync: '2' },
  });
  expect(await auditCases(brand.client)).toMatchObject({
    intact: false,
    first: { n: 3, why: expect.stringMatching(/step 2 is missing/) as string },
  });
});
