import { expect, test } from 'vitest';
import { createMetrics } from '../../../platform/metrics.ts';

test('metrics carry the process as a label and come with those of the runtime', async () => {
  const metrics = createMetrics({ process: 'door' });
  metrics.counter('stocktide_events_total', 'Events', ['outcome']).labels('accepted').inc(3);
  const text = await metrics.text();
  expect(text).toContain('stocktide_events_total{outcome="accepted",process="door"} 3');
  expect(text).toContain('nodejs_eventloop_lag_seconds{process="door"}');
});

test('asking again gives the same metric, and another process has its own', async () => {
  const metrics = createMetrics({ process: 'a' });
  metrics.gauge('stocktide_depth', 'Depth').set(1);
  metrics.gauge('stocktide_depth', 'Depth').inc();
  expect(await metrics.text()).toContain('stocktide_depth{process="a"} 2');
  expect(await createMetrics({ process: 'b' }).text()).not.toContain('stocktide_depth');
});
