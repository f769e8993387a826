import { describe, expect, test } from 'vitest';
import type { NodeAtp } from '../../../contracts/atp.ts';
import { PHYSICAL_STATES, STOCK_STATES } from '../../../contracts/states.ts';
import { lastMovement, partsOf, STATE_INFO } from '../../../dashboard/src/lib/stock.ts';

const states = (held: Partial<NodeAtp['states']>) =>
  ({
    ...Object.fromEntries(STOCK_STATES.map((state) => [state, 0])),
    ...held,
  }) as NodeAtp['states'];

describe('the parts of a bar', () => {
  test('are the states that hold something, shares of what is on hand', () => {
    const { onHand, elsewhere } = partsOf(states({ available: 6, damaged: 2, on_order: 50 }));
    expect(onHand).toEqual([
      { state: 'available', units: 6, share: 0.75 },
      { state: 'damaged', units: 2, share: 0.25 },
    ]);
    expect(elsewhere.map((part) => part.state)).toEqual(['on_order']);
  });

  test('a negative state is listed and has no width', () => {
    const { onHand } = partsOf(states({ available: -3, allocated: 4 }));
    expect(onHand).toEqual([
      { state: 'available', units: -3, share: 0 },
      { state: 'allocated', units: 4, share: 1 },
    ]);
  });

  test('every state has its place: on hand exactly the physical ones', () => {
    const all = states(Object.fromEntries(STOCK_STATES.map((state) => [state, 1])));
    const { onHand, elsewhere } = partsOf(all);
    expect(onHand.map((part) => part.state).sort()).toEqual([...PHYSICAL_STATES].sort());
    expect(onHand.length + elsewhere.length).toBe(STOCK_STATES.length);
    expect(Object.keys(STATE_INFO).sort()).toEqual([...STOCK_STATES].sort());
  });
});

test('the last movement is the newest of all nodes', () => {
  const node = (last_event_at: string | null) => ({ last_event_at }) as NodeAtp;
  expect(lastMovement([])).toBeNull();
  expect(lastMovement([node(null)])).toBeNull();
  expect(
    lastMovement([node('2025-03-01T10:00:00Z'), node(null), node('2025-03-02T09:00:00Z')]),
  ).toBe('2025-03-02T09:00:00Z');
});
