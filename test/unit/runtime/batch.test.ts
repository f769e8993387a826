import { expect, test } from 'vitest';
import { Batch } from '../../../processors/runtime/batch.ts';
import { TABLE_COLUMNS } from '../../../processors/runtime/tables.ts';

const text = (bytes: Uint8Array) => Buffer.from(bytes).toString();

test('rows become lines, a block for each table, in the order in which they came', () => {
  const batch = new Batch(7);
  batch.add('events', [1, 'a "quoted" word', null]);
  batch.add('stock_movements', [1, 0, 'größer 📦']);
  batch.add('events', [2, 'line\nbreak', null]);

  expect(batch.from).toBe(7);
  expect(batch.rows).toBe(3);
  const [events, movements] = batch.blocks();
  expect(events).toMatchObject({ table: 'events', columns: TABLE_COLUMNS.events, rows: 2 });
  expect(text(events?.lines ?? new Uint8Array())).toBe(
    '[1,"a \\"quoted\\" word",null]\n[2,"line\\nbreak",null]\n',
  );
  expect(movements).toMatchObject({ table: 'stock_movements', rows: 1 });
  expect(text(movements?.lines ?? new Uint8Array())).toBe('[1,0,"größer 📦"]\n');
});

test('a block grows beyond its first buffer, and by a line that is larger than it', () => {
  const batch = new Batch(0);
  const rows = Array.from({ length: 3_000 }, (_, index) => [index, 'ü'.repeat(index % 50)]);
  rows.push([9_999, 'x'.repeat(1_000_000)]);
  for (const row of rows) batch.add('events', row);

  const [block] = batch.blocks();
  const lines = text(block?.lines ?? new Uint8Array()).split('\n');
  expect(lines.pop()).toBe('');
  expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual(rows);
});
