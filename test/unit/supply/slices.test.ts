/** Suppliers spread over slices: together they write what one processor writes. */
import { expect, it } from 'vitest';
import { partitionOf } from '../../../contracts/subjects.ts';
import type { Cell, Finding } from '../../../processors/processor.ts';
import { Reduction } from '../../../processors/runtime/reduction.ts';
import { createSlice } from '../../../processors/runtime/slices.ts';
import { event, logMessages, tickAt, type Given } from '../../support/given.ts';
import { arrived, issued, notice, receipt, stored } from '../../support/supply.ts';

function outcome(events: readonly Given[], ranges: readonly (readonly [number, number])[]) {
  const standing = new Map<string, number>();
  const findings: Finding[] = [];
  const slices = ranges.map(([lo, hi]) => {
    const { hosted } = createSlice([{ name: 'supply', lo, hi }], { recentMovements: 16 });
    const row = (table: string, cells: readonly Cell[]) => {
      const key = JSON.stringify([table, ...cells.slice(0, -3)]);
      const count = (standing.get(key) ?? 0) + Number(cells.at(-3));
      if (count === 0) standing.delete(key);
      else standing.set(key, count);
    };
    return new Reduction({
      hosted,
      recentIds: 1_000,
      effects: {
        row,
        finding: (_processor, finding) => findings.push(finding),
        cleared: () => undefined,
        signal: () => undefined,
        changed: () => undefined,
        aside: ({ detail }) => {
          throw new Error(detail);
        },
      },
    });
  });
  let seq = 0;
  for (const [index, one] of events.entries()) {
    for (const { raw, subject } of logMessages(one, { id: `e${index}`, nowMs: 0 })) {
      seq += 1;
      for (const slice of slices) slice.apply(seq, subject, raw);
    }
  }
  return {
    rows: [...standing].sort(),
    findings: findings.map(({ findingId }) => findingId).sort(),
  };
}

it('events that name no supplier reach the slice that owns the document', () => {
  // Both halves own a supplier, and one of them '' as well.
  const low = supplierIn(0, 7);
  const high = supplierIn(8, 15);
  const events = [
    issued(10, { at: 0, po: 'p1', supplier: low }),
    issued(10, { at: 0, po: 'p2', supplier: high }),
    notice(10, { at: 1, po: 'p2', asn: 'n2' }),
    notice(5, { at: 2, po: null, asn: 'n3', supplier: low }),
    event('inbound.eta.changed', { asn_id: 'n2', eta_at: '2026-03-09T08:00:00.000Z' }, { at: 3 }),
    arrived({ asn: 'n2', dock: 10 }),
    arrived({ po: 'p1', dock: 11 }),
    receipt(10, { at: 20, po: 'p1', receipt: 'r1' }),
    receipt(11, { at: 21, po: null, asn: 'n2', receipt: 'r2' }),
    receipt(5, { at: 22, po: null, asn: 'n3', receipt: 'r3' }),
    receipt(1, { at: 23, po: null, receipt: 'blind' }),
    receipt(1, { at: 24, po: 'unheard-of', receipt: 'r5' }),
    stored(10, { at: 30, receipt: 'r1' }),
    stored(11, { at: 31, receipt: 'r2' }),
    tickAt(60),
  ];
  const whole = outcome(events, [[0, 15]]);
  expect(whole.findings).toEqual([
    'FLOW_VIOLATION/blind_receipt/receipt/blind/A',
    'FLOW_VIOLATION/over_receipt/po/p2/A',
    'FLOW_VIOLATION/unknown_po/po/unheard-of/A',
  ]);
  expect(whole.rows.filter(([key]) => key.startsWith('["receipts"'))).toHaveLength(5);
  const halves = [
    [0, 7],
    [8, 15],
  ] as const;
  expect(outcome(events, halves)).toEqual(whole);
});

function supplierIn(lo: number, hi: number): string {
  for (let n = 0; ; n++) {
    const partition = partitionOf(`supplier-${n}`);
    if (partition >= lo && partition <= hi) return `supplier-${n}`;
  }
}
