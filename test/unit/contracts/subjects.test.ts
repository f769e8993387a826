import { describe, expect, test } from 'vitest';
import { logSubject, partitionOf, PARTITIONS, SUBJECT_TOKEN } from '../../../contracts/subjects.ts';

describe('the subject of a LOG event', () => {
  test('has entity, verb and the four routing keys', () => {
    const keys = { sku_id: 'foobar', order_id: 'a', node_id: 'foobar', supplier_id: 'a' };
    // FNV-1a32 of "foobar" is 0xbf9cf968 and of "a" 0xe40c292c: 8 and 12 modulo 16.
    expect(logSubject('inventory.adjusted', keys)).toBe('ops.v1.inventory.adjusted.8.12.8.12');
  });

  test('has - for a key that the event does not name', () => {
    expect(logSubject('order.created', { order_id: 'a' })).toBe('ops.v1.order.created.-.12.-.-');
  });

  test('joins the parts of a long entity, so that each token keeps its place', () => {
    const subject = logSubject('order.line.allocated', { sku_id: 'a' });
    expect(subject).toBe('ops.v1.order-line.allocated.12.-.-.-');
    const tokens = subject.split('.');
    expect(tokens[SUBJECT_TOKEN.entity]).toBe('order-line');
    expect(tokens[SUBJECT_TOKEN.verb]).toBe('allocated');
    expect(tokens[SUBJECT_TOKEN.sku]).toBe('12');
    expect(tokens[SUBJECT_TOKEN.supplier]).toBe('-');
  });
});

test('keys spread over all partitions', () => {
  const counts = new Array<number>(PARTITIONS).fill(0);
  for (let i = 0; i < 16_000; i++) counts[partitionOf(`SKU-${i}`)]!++;
  // 1,000 expected in each; 800 would be six standard deviations away.
  expect(Math.min(...counts)).toBeGreaterThan(800);
});
