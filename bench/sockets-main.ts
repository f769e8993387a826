/**
 * The clients of the bench `sockets`, a process of their own.
 *
 *     sockets-main.ts '{"url":…,"clients":1000}'      tells its parent "gathered"
 *     ◀ {"wanted":[…SKUs],"withinMs":…}               tells it CrowdReport, and stays until it is stopped
 */
import { gatherCrowd } from '../test/support/crowd.ts';
import { until } from '../test/support/until.ts';

export interface CrowdOrder {
  readonly url: string;
  readonly clients: number;
}
export interface CrowdReport {
  /** Wall times (ms) at which clients got the alert of a SKU. */
  readonly arrivals: readonly (readonly [string, readonly number[]])[];
  /** Clients whose connection ended meanwhile. */
  readonly lost: number;
}

const { clients, url } = JSON.parse(process.argv[2] ?? '') as CrowdOrder;
const arrivals = new Map<string, number[]>();
const crowd = await gatherCrowd({
  url,
  clients,
  topics: ['kpi', 'alerts'],
  onAlert({ alert, atMs }) {
    if (alert.case.code !== 'SHORT_PICK' || alert.kind !== 'opened') return;
    const times = arrivals.get(alert.case.sku_id);
    if (times === undefined) arrivals.set(alert.case.sku_id, [atMs]);
    else times.push(atMs);
  },
});
process.send?.('gathered');

const { wanted, withinMs } = await new Promise<{ wanted: string[]; withinMs: number }>((resolve) =>
  process.once('message', (message) => resolve(message as { wanted: string[]; withinMs: number })),
);
const isComplete = () => wanted.every((sku) => (arrivals.get(sku)?.length ?? 0) >= clients);
// What is missing then shows in the figures.
await until(isComplete, withinMs).catch(() => undefined);
process.send?.({
  arrivals: wanted.map((sku) => [sku, arrivals.get(sku) ?? []]),
  lost: crowd.lost,
} satisfies CrowdReport);
