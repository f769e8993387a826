/** Positions, and movements and reconciliations of a SKU, over HTTP from a real processor and ClickHouse: pages, nodes, order. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { PositionList } from '../../../contracts/position-views.ts';
import type { MovementList, ReconciliationList } from '../../../contracts/stock-lists.ts';
import { append, event } from '../../support/log.ts';
import {
  connect,
  startRuntime,
  type Plumbing,
  type RunningRuntime,
} from '../../support/runtime.ts';
import { useClickHouse, useNats } from '../../support/servers.ts';
import { startProcess, type RunningProcess } from './support.ts';

const nats = useNats();
const clickhouse = useClickHouse();

let plumbing: Plumbing;
let runtime: RunningRuntime;
let api: RunningProcess;

const T0 = Date.parse('2026-03-01T10:00:00Z');
const at = (minutes: number) => new Date(T0 + minutes * 60_000).toISOString();
const adjusted = (
  id: string,
  node: string,
  units: number,
  minutes: number,
  { sku = 'MUG', state = 'available' }: { sku?: string; state?: 'available' | 'on_hold' } = {},
) =>
  event(
    'inventory.adjusted',
    {
      ...{ adjustment_id: id, sku_id: sku, node_id: node, state, qty_delta: units },
      ...{ reason_code: 'correction', raw_code: '06', actor: 'u1' },
    },
    { id, time: at(minutes) },
  );
const get = async <T>(path: string): Promise<T> => {
  const response = await fetch(`${api.url}${path}`);
  expect(response.status, path).toBe(200);
  return (await response.json()) as T;
};

beforeAll(async () => {
  const { url, user, pass } = nats;
  plumbing = await connect({ url, user, pass }, clickhouse);
  runtime = await startRuntime(plumbing, { limits: { flushMs: 50 } });
  await runtime.flushed(
    await append(plumbing.publisher, [
      adjusted('a-1', 'dc-01', 5, 0),
      adjusted('a-2', 'dc-02', 7, 1),
      adjusted('a-3', 'dc-01', -2, 2),
      adjusted('a-4', 'dc-01', 4, 3),
      // Of the others BOWL is oversold by three, JAR is all on hold, and five of BOWL wait for a node.
      adjusted('b-1', 'dc-01', -3, 4, { sku: 'BOWL' }),
      adjusted('b-2', 'dc-02', 6, 4, { sku: 'BOWL' }),
      adjusted('j-1', 'dc-02', 9, 5, { sku: 'JAR', state: 'on_hold' }),
      event(
        'item.upserted',
        {
          ...{ sku_id: 'JAR', gtin: '', uom: 'EA', pack_qty: 1, abc_class: 'A', unit_cost: '2' },
          ...{ status: 'active', description: 'Preserving jar' },
        },
        { id: 'i-1', time: at(5) },
      ),
      event(
        'order.created',
        {
          ...{ order_id: 'o-1', channel_id: 'web', sla_class: 'standard', currency: 'EUR' },
          ...{ ordered_at: at(6), ship_by: at(600), deliver_by: at(3_000), region: 'DE' },
          lines: [{ line_id: '1', sku_id: 'BOWL', qty: 5, unit_price: '9' }],
        },
        { id: 'o-1', time: at(6) },
      ),
    ]),
  );
  await clickhouse.client.command({
    query: `INSERT INTO stocktide.stock_reconciliations (reconciliation_id, revision, snapshot_id, snapshot_source, sku_id,
      node_id, measure, as_of, stated, book, variance, status, seq) VALUES
      ('r-1', 0, 's-1', 'urn:3pl', 'MUG', 'dc-01', 'available', '2026-03-01 10:05:00', 7, 8, -1, 'applied', 11),
      ('r-1', 1, 's-1', 'urn:3pl', 'MUG', 'dc-01', 'available', '2026-03-01 10:05:00', 7, 7, 0, 'revised', 13),
      ('r-2', 0, 's-2', 'urn:3pl', 'MUG', 'dc-02', 'available', '2026-03-01 10:06:00', 9, 7, 2, 'applied', 12)`,
  });
  api = await startProcess('api/main.ts', {
    portVariable: 'API_PORT',
    env: {
      NATS_URL: nats.url,
      NATS_USER: nats.user,
      NATS_PASSWORD: nats.pass,
      CLICKHOUSE_URL: clickhouse.url,
    },
  });
});

afterAll(async () => {
  await api?.stop();
  await runtime?.stop();
  await plumbing?.close();
});

test('movements are listed newest first, in pages that neither repeat nor skip, within an event too', async () => {
  const pages: MovementList[] = [];
  let cursor: string | null = '';
  while (cursor !== null) {
    const query: string = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`;
    const page = await get<MovementList>(`/v1/skus/MUG/movements?limit=1${query}`);
    pages.push(page);
    cursor = page.next_cursor;
  }
  // What a-3 lost, a-4 finds again, and two units more.
  expect(pages.map(({ movements: [one] }) => [one?.event_id, one?.idx, one?.units])).toEqual([
    ['a-4', 1, 2],
    ['a-4', 0, 2],
    ['a-3', 0, 2],
    ['a-2', 0, 7],
    ['a-1', 0, 5],
  ]);
  expect(pages[2]?.movements[0]).toMatchObject({
    ...{ node_id: 'dc-01', from_account: 'available', to_account: 'lost' },
    ...{ kind: 'adjustment', illegal: false, late: false },
  });
  expect(Date.parse(pages[2]?.movements[0]?.time ?? '')).toBe(T0 + 2 * 60_000);
});

test('movements of one node are only its own; of an unknown SKU there are none', async () => {
  const { movements } = await get<MovementList>('/v1/skus/MUG/movements?node_id=dc-02');
  expect(movements.map(({ event_id: id }) => id)).toEqual(['a-2']);
  expect((await get<MovementList>('/v1/skus/CUP/movements')).movements).toEqual([]);
});

test('a reconciliation is listed once, in its newest revision', async () => {
  const first = await get<ReconciliationList>('/v1/skus/MUG/reconciliations?limit=1');
  expect(first.reconciliations).toMatchObject([
    { reconciliation_id: 'r-1', revision: 1, variance: 0, status: 'revised', seq: 13 },
  ]);
  const cursor = encodeURIComponent(first.next_cursor ?? '');
  const rest = await get<ReconciliationList>(
    `/v1/skus/MUG/reconciliations?limit=1&cursor=${cursor}`,
  );
  expect(rest.reconciliations).toMatchObject([{ reconciliation_id: 'r-2', stated: 9, book: 7 }]);
  const other = await fetch(`${api.url}/v1/skus/CUP/reconciliations?cursor=${cursor}`);
  expect(other.status).toBe(400);
});

describe('positions', () => {
  const placed = ({ positions }: PositionList) =>
    positions.map(({ atp, node_id: node, sku_id: sku }) => `${sku} ${node} ${atp}`);

  test('are listed by ATP, the least first, in pages that neither repeat nor skip', async () => {
    const pages: PositionList[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const behind: string = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`;
      const page = await get<PositionList>(`/v1/positions?limit=2${behind}`);
      pages.push(page);
      cursor = page.next_cursor;
    }
    expect(pages.map(placed)).toEqual([
      ['BOWL - -5', 'BOWL dc-01 -3'],
      ['JAR dc-02 0', 'BOWL dc-02 6'],
      ['MUG dc-01 7', 'MUG dc-02 7'],
    ]);
    expect(pages[0]?.nodes).toEqual(['dc-01', 'dc-02']);
    expect(pages[1]?.positions[0]).toMatchObject({
      ...{ sku_id: 'JAR', description: 'Preserving jar', node_id: 'dc-02' },
      ...{ qoh: 9, unsellable: 9, committed: 0, open_demand: 0 },
    });
  });

  test.each([
    ['only=oversold', ['BOWL dc-01 -3']],
    ['only=out_of_stock', ['BOWL dc-01 -3', 'JAR dc-02 0']],
    ['only=unsellable', ['JAR dc-02 0']],
    ['q=PRESERVING', ['JAR dc-02 0']],
    ['q=ow&node_id=dc-02', ['BOWL dc-02 6']],
    ['sort=on_hand&node_id=dc-02', ['JAR dc-02 0', 'MUG dc-02 7', 'BOWL dc-02 6']],
    ['sort=sku&only=oversold&node_id=dc-02', []],
  ])('%s', async (query, expected) => {
    expect(placed(await get<PositionList>(`/v1/positions?${query}`))).toEqual(expected);
  });

  test.each(['only=lost', 'sort=luck', 'limit=0', 'cursor=abc', 'colour=red'])(
    '%s is refused, by name',
    async (query) => {
      const response = await fetch(`${api.url}/v1/positions?${query}`);
      expect(response.status).toBe(400);
      const field = query.slice(0, query.indexOf('='));
      expect(JSON.stringify(await response.json())).toContain(field);
    },
  );
});
