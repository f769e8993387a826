/**
 * The load on the door, a process of its own: batches are made ready first, then posted over several
 * connections, each with one batch in flight, as fast as they are acknowledged.
 *
 *     door-load-main.ts '{"url":…,"form":"ndjson",…}'      tells its parent LoadReport
 *
 * Plain `node:http`: what the client costs is taken from the door on a small machine, and fetch costs
 * three times as much.
 */
import { Agent, request } from 'node:http';
import type { BatchAnswer } from '../contracts/rejections.ts';
import { explodedSize } from './fill.ts';
import { percentile } from './measure.ts';
import { orders } from './traffic.ts';

export interface LoadOrder {
  readonly url: string;
  readonly form: 'ndjson' | 'json';
  readonly batchEvents: number;
  readonly connections: number;
  /** Events that are measured; a tenth as many go before them to warm up. */
  readonly events: number;
  readonly seed: number;
}
export interface LoadReport {
  readonly events: number;
  readonly logEvents: number;
  readonly seconds: number;
  /** From the beginning of a request to the end of its answer. */
  readonly batchP50Ms: number;
  readonly batchP99Ms: number;
  readonly bytesPerEvent: number;
  readonly cpuS: number;
}

interface Batch {
  readonly body: Buffer;
  readonly events: number;
  readonly logEvents: number;
}

const CONTENT_TYPE = { ndjson: 'application/x-ndjson', json: 'application/cloudevents-batch+json' };

const load = JSON.parse(process.argv[2] ?? '') as LoadOrder;
const agent = new Agent({ keepAlive: true, maxSockets: load.connections });
const yesterdayMs = Date.now() - 86_400_000;
const mix = orders({
  seed: load.seed,
  skus: 5_000,
  nodes: 4,
  timeOf: (order) => yesterdayMs + order,
});
const warmUp = batches(Math.ceil(load.events / 10));
const measured = batches(load.events);

await postAll(warmUp);
const latencies: number[] = [];
const cpuBefore = process.cpuUsage();
const startedMs = performance.now();
await postAll(measured, latencies);
const seconds = (performance.now() - startedMs) / 1000;
const cpu = process.cpuUsage(cpuBefore);
agent.destroy();

const sum = (of: (batch: Batch) => number) => measured.reduce((total, b) => total + of(b), 0);
const report: LoadReport = {
  events: sum((batch) => batch.events),
  logEvents: sum((batch) => batch.logEvents),
  seconds,
  batchP50Ms: percentile(latencies, 50),
  batchP99Ms: percentile(latencies, 99),
  bytesPerEvent: sum((batch) => batch.body.length) / sum((batch) => batch.events),
  cpuS: (cpu.user + cpu.system) / 1e6,
};
process.send?.(report);

/** Makes batches of the next events. */
function batches(events: number): Batch[] {
  const made: Batch[] = [];
  for (let left = events; left > 0; left -= load.batchEvents) {
    const size = Math.min(load.batchEvents, left);
    const taken = Array.from({ length: size }, () => mix.next().value);
    const texts = taken.map((event) => JSON.stringify(event));
    const text = load.form === 'ndjson' ? texts.join('\n') : `[${texts.join(',')}]`;
    const logEvents = taken.reduce((total, event) => total + explodedSize(event), 0);
    made.push({ body: Buffer.from(text), events: size, logEvents });
  }
  return made;
}

/** Posts batches in order, as many at a time as there are connections. */
async function postAll(all: readonly Batch[], latenciesMs: number[] = []): Promise<void> {
  let next = 0;
  const worker = async () => {
    for (let batch = all[next++]; batch !== undefined; batch = all[next++]) {
      const sentMs = performance.now();
      const { accepted } = await post(batch.body);
      latenciesMs.push(performance.now() - sentMs);
      if (accepted !== batch.events) {
        throw new Error(`the door accepted ${accepted} of ${batch.events} events`);
      }
    }
  };
  await Promise.all(Array.from({ length: load.connections }, worker));
}

function post(body: Buffer): Promise<BatchAnswer> {
  const headers = { 'content-type': CONTENT_TYPE[load.form], 'content-length': body.length };
  return new Promise((resolve, reject) => {
    const path = `${load.url}/v1/events?results=rejected`;
    const outgoing = request(path, { method: 'POST', agent, headers }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => (text += part));
      response.on('error', reject).on('end', () => {
        if (response.statusCode === 200) resolve(JSON.parse(text) as BatchAnswer);
        else reject(new Error(`the door answered ${response.statusCode}: ${text.slice(0, 500)}`));
      });
    });
    outgoing.on('error', reject).end(body);
  });
}
