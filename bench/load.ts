/**
 * A steady load through the door, as a shop sends it: small batches, twenty a second. A batch that is
 * late is not left out: it follows at once.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { BatchAnswer } from '../contracts/rejections.ts';
import type { ProducerEvent } from '../contracts/envelope.ts';
import { explodedSize } from './fill.ts';

const BATCH_MS = 50;

export interface LoadOptions {
  readonly doorUrl: string;
  readonly events: Iterator<ProducerEvent, never>;
  /** Events as the LOG counts them, on average. */
  readonly logEventsPerSec: number;
}

/** Keeps the load up until `work` is done; tells what it came to. */
export async function underLoad<T>(
  options: LoadOptions,
  work: () => Promise<T>,
): Promise<{ result: T; logEventsPerSec: number }> {
  const startedMs = performance.now();
  const load = { done: false, sent: 0 };
  const posting = post(options, load);
  // Its failure is seen at the end; until then it is not an unhandled one.
  posting.catch(() => undefined);
  const result = await work();
  load.done = true;
  await posting;
  const seconds = (performance.now() - startedMs) / 1000;
  return { result, logEventsPerSec: load.sent / seconds };
}

async function post(options: LoadOptions, load: { done: boolean; sent: number }): Promise<void> {
  const startedMs = performance.now();
  while (!load.done) {
    const elapsedMs = performance.now() - startedMs + BATCH_MS;
    const due = (elapsedMs * options.logEventsPerSec) / 1000;
    const batch: ProducerEvent[] = [];
    while (load.sent < due) {
      const event = options.events.next().value;
      batch.push(event);
      load.sent += explodedSize(event);
    }
    if (batch.length > 0) await postBatch(options.doorUrl, batch);
    const nextMs = startedMs + elapsedMs - performance.now();
    if (nextMs > 0) await sleep(nextMs);
  }
}

/** Posts events and demands that each is accepted. */
export async function postBatch(
  doorUrl: string,
  events: readonly ProducerEvent[],
): Promise<BatchAnswer> {
  const response = await fetch(`${doorUrl}/v1/events`, {
    method: 'POST',
    headers: { 'content-type': 'application/cloudevents-batch+json' },
    body: JSON.stringify(events),
  });
  const text = await response.text();
  if (response.status !== 200) throw new Error(`the door answered ${response.status}: ${text}`);
  return JSON.parse(text) as BatchAnswer;
}
