/** A snapshot is applied when it is whole and agrees with its control, or not at all. */
import { describe, expect, it } from 'vitest';
import { partitionOf } from '../../../contracts/subjects.ts';
import { PATIENCE_MS } from '../../../processors/stock/snapshots.ts';
import { type Given } from '../../support/given.ts';
import { LedgerBench } from '../../support/ledger.ts';
import { adjusted, snapshot, stocked } from '../../support/facts.ts';

const PATIENCE = PATIENCE_MS / 60_000;
const given = (...events: Given[]) => new LedgerBench().given(...events);
const three = [
  stocked(10, { sku: 'A', at: 0 }),
  stocked(20, { sku: 'B', at: 0 }),
  stocked(30, { sku: 'C', at: 0 }),
  stocked(40, { sku: 'A', node: 'store', at: 0 }),
];
const balances = (bench: LedgerBench) =>
  [
    ['A', 'dc'],
    ['B', 'dc'],
    ['C', 'dc'],
    ['A', 'store'],
  ].map(([sku = '', node = '']) => bench.accounts(sku, node).available ?? 0);

describe('a snapshot', () => {
  it('waits for its completion', () => {
    const [first, second, completed] = snapshot(
      { asOf: 30, at: 30 },
      { qty: 11 },
      { sku: 'B', qty: 22 },
    );
    const bench = given(...three, first as Given, second as Given);
    expect(balances(bench)).toEqual([10, 20, 30, 40]);
    bench.given(completed as Given);
    expect(balances(bench)).toEqual([11, 22, 30, 40]);
  });

  it('waits for rows that come after its completion', () => {
    const [first, second, completed] = snapshot(
      { asOf: 30, at: 30 },
      { qty: 11 },
      { sku: 'B', qty: 22 },
    );
    const bench = given(...three, completed as Given, second as Given);
    expect(balances(bench)).toEqual([10, 20, 30, 40]);
    bench.given(first as Given);
    expect(balances(bench)).toEqual([11, 22, 30, 40]);
  });

  it('partial: what is absent is unchanged', () => {
    const bench = given(...three, ...snapshot({ asOf: 30, at: 30 }, { sku: 'B', qty: 22 }));
    expect(balances(bench)).toEqual([10, 22, 30, 40]);
  });

  it('full, of a node: what is absent there has none', () => {
    const count = snapshot({ asOf: 30, at: 30, scope: 'full', node: 'dc' }, { sku: 'B', qty: 22 });
    const bench = given(...three, ...count);
    expect(balances(bench)).toEqual([0, 22, 0, 40]);
    // They count as counted: what comes late is compensated.
    bench.given(adjusted(-3, { at: 20 }));
    expect(balances(bench)).toEqual([0, 22, 0, 40]);
  });

  it('full, without a node: concerns the nodes that its rows name', () => {
    const count = snapshot({ asOf: 30, at: 30, scope: 'full' }, { node: 'store', qty: 44 });
    expect(balances(given(...three, ...count))).toEqual([10, 20, 30, 44]);
  });

  it('full: a SKU with a row of another measure is not absent', () => {
    const count = snapshot(
      { asOf: 30, at: 30, scope: 'full', node: 'dc' },
      { sku: 'A', qty: 9 },
      { sku: 'A', qty: 9, qualifier: '17' },
      { sku: 'B', qty: 22, qualifier: '17' },
    );
    expect(balances(given(...three, ...count))).toEqual([9, 22, 0, 40]);
  });

  it.each([
    ['too few units', { total: 12 }, '1 rows of 11 units came, the control says 1 rows of 12'],
    ['too many rows', { rows: 0 }, '1 rows of 11 units came, the control says 0 rows of 11'],
  ])('that disagrees with its control is refused as a whole: %s', (_, control, detail) => {
    const count = snapshot({ asOf: 30, at: 30, ...control }, { qty: 11 });
    const bench = given(...three, ...count);
    expect(balances(bench)).toEqual([10, 20, 30, 40]);
    expect(bench.codes()).toEqual(['SNAPSHOT_REJECTED']);
    expect(bench.findings[0]).toMatchObject({ entity: 'snapshot/f1', units: 11 });
    expect(bench.findings[0]?.detail).toContain(detail);
  });

  it('that lacks rows is refused after a day, once', () => {
    const count = snapshot({ asOf: 30, at: 30, rows: 2 }, { qty: 11 });
    const bench = given(...three, ...count).tick(30 + PATIENCE - 1);
    expect(bench.findings).toEqual([]);
    bench.tick(30 + PATIENCE).tick(30 + 3 * PATIENCE);
    expect(bench.codes()).toEqual(['SNAPSHOT_REJECTED']);
    expect(balances(bench)).toEqual([10, 20, 30, 40]);
  });

  it('from before the movements that are remembered is refused', () => {
    const bench = new LedgerBench({ history: 4 }).given(...three);
    for (const minute of [40, 41, 42, 43, 44]) bench.given(adjusted(1, { at: minute }));
    bench.given(...snapshot({ asOf: 30, at: 50 }, { qty: 99 }));
    expect(bench.codes()).toEqual(['SNAPSHOT_REJECTED']);
    expect(bench.findings[0]?.detail).toContain(
      'older than the movements that are still remembered',
    );
    expect(bench.accounts('A', 'dc')).toEqual({ available: 15 });
    // One that the memory reaches is applied: as of 43 there were 14, one came after.
    bench.given(...snapshot({ snapshot: 'f2', asOf: 43, at: 51 }, { qty: 20 }));
    expect(bench.accounts('A', 'dc')).toEqual({ available: 21 });
  });

  it('dated ahead of time is refused: it would swallow all that happens until then', () => {
    const bench = given(...three, ...snapshot({ asOf: 36, at: 30 }, { qty: 99 }));
    expect(bench.findings[0]?.detail).toContain('its as_of lies in the future');
    expect(balances(bench)).toEqual([10, 20, 30, 40]);
    expect(balances(given(...three, ...snapshot({ asOf: 35, at: 30 }, { qty: 99 })))).toEqual([
      99, 20, 30, 40,
    ]);
  });

  it('is one of its source: another may use the same id', () => {
    const erp = { source: 'urn:test:erp' };
    const [row] = snapshot({ asOf: 30, at: 30 }, { qty: 11 });
    const bench = given(
      ...three,
      row as Given,
      ...snapshot({ asOf: 31, at: 31, ...erp }, { sku: 'B', qty: 22, ...erp }),
    );
    expect(balances(bench)).toEqual([10, 22, 30, 40]);
  });

  it('goes on after a restart', async () => {
    const [first, second, completed] = snapshot(
      { asOf: 30, at: 30 },
      { qty: 11 },
      { sku: 'B', qty: 22 },
    );
    const bench = given(...three, first as Given);
    const restarted = await bench.restarted();
    for (const one of [bench, restarted]) one.given(second as Given, completed as Given);
    expect(balances(restarted)).toEqual([11, 22, 30, 40]);
    expect(restarted.cells).toEqual(bench.cells);
  });

  it('is told whole by every slice, each of which applies its own SKUs', () => {
    const partitions = new Set([partitionOf('A')]);
    expect(partitions.has(partitionOf('B'))).toBe(false);
    const slice = new LedgerBench({ partitions }).given(
      stocked(10, { at: 0 }),
      ...snapshot({ asOf: 30, at: 30, scope: 'full' }, { sku: 'B', qty: 22 }),
    );
    // B is another slice's; A is absent at the node that B's row names.
    expect(slice.accounts('A', 'dc')).toEqual({});
    expect(slice.view('B').known).toBe(false);
  });
});
