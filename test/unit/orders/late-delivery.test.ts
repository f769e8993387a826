/** An order that left is known until it arrives, however long the carrier takes. */
import { expect, it } from 'vitest';
import { at, event } from '../../support/given.ts';
import { ReducerBench } from '../../support/reducers.ts';

const DAY = 1_440;

const shipped = () =>
  new ReducerBench(['orders']).given(
    event(
      'order.created',
      {
        order_id: 'o1',
        node_id: 'dc-1',
        lines: [{ line_id: '1', sku_id: 'MUG', qty: 1, unit_price: '5' }],
      },
      { at: 0 },
    ),
    event(
      'shipment.dispatched',
      {
        shipment_id: 's1',
        order_id: 'o1',
        node_id: 'dc-1',
        shipped_at: at(60),
        lines: [{ line_id: '1', sku_id: 'MUG', qty: 1 }],
      },
      { at: 60 },
    ),
  );

const delivered = (day: number) =>
  event(
    'shipment.delivered',
    { shipment_id: 's1', order_id: 'o1', delivered_at: at(day * DAY) },
    { at: day * DAY },
  );
const stages = (bench: ReducerBench) => bench.net('order_stages').map(({ stage }) => stage);

it('is delivered four months after it left', () => {
  const bench = shipped()
    .tick(130 * DAY)
    .given(delivered(130));
  expect(stages(bench)).toContain('delivered');
});

it('is delivered after a restart on the way', async () => {
  const bench = await shipped()
    .tick(100 * DAY)
    .restarted();
  bench.tick(130 * DAY).given(delivered(130));
  expect(stages(bench)).toContain('delivered');
});

it('is forgotten half a year after the last that was heard of it', () => {
  const bench = shipped()
    .tick(181 * DAY)
    .given(delivered(181));
  expect(stages(bench)).not.toContain('delivered');
});
