/**
 * Law 4: for every SKU and node, the states sum to what entered minus what left; the ledger equals the
 * sum of the movements that it put out; and both equal a tally that knows nothing of the ledger.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ACCOUNTS, MEMO_ACCOUNTS, PHYSICAL_STATES, STOCK_STATES } from '../../contracts/states.ts';
import { event, type Given } from '../support/given.ts';
import { LedgerBench } from '../support/ledger.ts';
import {
  AFTERWARDS,
  anyHistory,
  arriving,
  happening,
  journeys,
  messagesOf,
  runs,
} from './histories.ts';
import { adjustment, NODES, order, SKUS, supply } from './stories.ts';

type Balances = Record<string, number>;

/** Balances by SKU, node and account. */
function ledgerOf(bench: LedgerBench): Map<string, Balances> {
  return new Map(
    bench
      .dump()
      .map(([sku, node, ...balances]) => [
        `${sku} ${node}`,
        Object.fromEntries(ACCOUNTS.map((account, index) => [account, balances[index] ?? 0])),
      ]),
  );
}

/** What ClickHouse would say: the sum of the movements. */
function movementsOf(bench: LedgerBench): Map<string, Balances> {
  const sums = new Map<string, Balances>();
  for (const { from_account, node_id, qty, sku_id, to_account } of bench.rows('stock_movements')) {
    const key = `${sku_id} ${node_id}`;
    const sum = sums.get(key) ?? Object.fromEntries(ACCOUNTS.map((account) => [account, 0]));
    sum[String(from_account)] = (sum[String(from_account)] ?? 0) - Number(qty);
    sum[String(to_account)] = (sum[String(to_account)] ?? 0) + Number(qty);
    sums.set(key, sum);
  }
  return sums;
}

const total = (balances: Balances, accounts: readonly string[]) =>
  accounts.reduce((sum, account) => sum + (balances[account] ?? 0), 0);

describe('law 4', () => {
  it('each movement moves units from one account to another', () => {
    fc.assert(
      fc.property(anyHistory, (log) => {
        const bench = new LedgerBench().feed(...log);
        const seen = new Set<string>();
        for (const row of bench.rows('stock_movements')) {
          expect(row['qty']).toBeGreaterThan(0);
          expect(row['from_account']).not.toBe(row['to_account']);
          seen.add(`${row['seq']} ${row['idx']}`);
        }
        expect(seen.size).toBe(bench.cells.stock_movements.length);
      }),
      runs(150),
    );
  });

  it('goods and claims of each position sum to 0 with their other side', () => {
    fc.assert(
      fc.property(anyHistory, (log) => {
        for (const [, balances] of ledgerOf(new LedgerBench().feed(...log))) {
          expect(total(balances, [...STOCK_STATES, 'outside'])).toBe(0);
          expect(total(balances, [...MEMO_ACCOUNTS, 'unclaimed'])).toBe(0);
        }
      }),
      runs(150),
    );
  });

  it('the ledger equals the sum of its movements, account by account', () => {
    fc.assert(
      fc.property(anyHistory, (log) => {
        const bench = new LedgerBench().feed(...log);
        const sums = movementsOf(bench);
        for (const [position, balances] of ledgerOf(bench)) {
          const none = Object.fromEntries(ACCOUNTS.map((account) => [account, 0]));
          expect([position, balances]).toEqual([position, sums.get(position) ?? none]);
          sums.delete(position);
        }
        expect([...sums.keys()]).toEqual([]);
      }),
      runs(150),
    );
  });

  it('what is in custody equals what entered minus what left, by an independent tally', () => {
    const moved = fc
      .record({
        sku: fc.constantFrom(...SKUS),
        node: fc.constantFrom(...NODES),
        qty: fc.integer({ min: 1, max: 9 }),
        rtv: fc.boolean(),
        at: fc.nat({ max: 600 }),
      })
      .map(({ at, node, qty, rtv, sku }) => (prefix: string): Given[] => [
        rtv
          ? event(
              'shipment.dispatched',
              { shipment_id: prefix, node_id: node, rtv, lines: [{ sku_id: sku, qty }] },
              { id: prefix, at },
            )
          : event(
              'inventory.state.changed',
              { sku_id: sku, node_id: node, from_state: 'on_hold', to_state: 'lost', qty },
              { id: prefix, at },
            ),
      ]);
    const stories = fc.array(fc.oneof(order, supply, adjustment, moved), { maxLength: 14 });
    fc.assert(
      fc.property(stories, journeys, (told, ways) => {
        const events = arriving(happening(told), ways);
        const ledger = ledgerOf(new LedgerBench().feed(...messagesOf([...events, ...AFTERWARDS])));
        const tally = custodyOf(events);
        for (const sku of SKUS) {
          for (const node of NODES) {
            const balances = ledger.get(`${sku} ${node}`) ?? {};
            const custody = total(balances, [...PHYSICAL_STATES, 'in_transit_out']);
            expect([sku, node, custody]).toEqual([sku, node, tally.get(`${sku} ${node}`) ?? 0]);
          }
        }
      }),
      runs(400),
    );
  });
});

/** Fields of any event, as the tally reads them. */
interface Fields {
  readonly sku_id: string;
  readonly node_id: string;
  readonly shipment_id?: string;
  readonly rtv?: boolean;
  readonly state?: string;
  readonly to_state?: string;
  readonly qty: number;
  readonly qty_delta: number;
  readonly qty_received: number;
  readonly lines: readonly { sku_id: string; qty: number }[];
}

/**
 * Units on the premises or on their way to a customer, by SKU and node: what came in (receipts, returns,
 * adjustments up) minus what left (deliveries, returns to vendors, losses, adjustments down).
 */
function custodyOf(events: readonly Given[]): Map<string, number> {
  const custody = new Map<string, number>();
  const add = (sku: string, node: string, units: number) =>
    custody.set(`${sku} ${node}`, (custody.get(`${sku} ${node}`) ?? 0) + units);
  const shipments = new Map<string, { sku: string; node: string; units: number }>();
  const refused = new Map<string, number>();
  const fates = new Map<string, string>();
  const seen = new Set<string>();
  for (const { data, id = '', name } of events) {
    if (seen.has(id)) continue;
    seen.add(id);
    const it = data as unknown as Fields;
    const shipment = it.shipment_id ?? '';
    const gone = it.to_state === 'lost' || it.to_state === 'scrapped';
    switch (name) {
      case 'inventory.adjusted':
        if (it.state !== 'lost') add(it.sku_id, it.node_id, it.qty_delta);
        break;
      case 'receipt.line.received':
        add(it.sku_id, it.node_id, it.qty_received);
        break;
      case 'inventory.state.changed':
        if (gone) add(it.sku_id, it.node_id, -it.qty);
        break;
      case 'return.received':
        if (shipment === '') add(it.sku_id, it.node_id, it.qty);
        else refused.set(shipment, (refused.get(shipment) ?? 0) + it.qty);
        break;
      case 'shipment.dispatched':
        for (const { qty, sku_id } of it.lines) {
          if (it.rtv === true) add(sku_id, it.node_id, -qty);
          else shipments.set(shipment, { sku: sku_id, node: it.node_id, units: qty });
        }
        break;
      case 'shipment.delivered':
        fates.set(shipment, 'delivered');
        break;
      default:
    }
  }
  // A refused unit never left; a delivered one did.
  for (const [id, { node, sku, units }] of shipments) {
    const left = fates.get(id) === 'delivered' ? units - (refused.get(id) ?? 0) : 0;
    add(sku, node, -left);
  }
  return custody;
}
