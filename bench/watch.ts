/**
 * How far the processors are, seen from outside: the status that a runtime publishes once a second, and
 * the writes of its checkpoint.
 */
import type { RuntimeStatus } from '../contracts/live.ts';
import type { NatsLink } from '../platform/nats/connect.ts';
import {
  CHECKPOINT_BUCKET,
  CHECKPOINT_STREAM,
  ensureStreams,
  STREAMS,
} from '../platform/nats/streams.ts';
import type { Stack } from './stack.ts';

export interface RuntimeWatch {
  /** The last status, or null before the first. */
  readonly status: RuntimeStatus | null;
  /** Wall time at which the slice was claimed: the last thing before the first message (ms). */
  readonly claimed: Promise<number>;
  /** Resolves with the wall time of the flush that made a sequence durable (ms). */
  flushed(seq: number): Promise<number>;
  /** Resolves when a status fits. */
  until(fits: (status: RuntimeStatus) => boolean): Promise<RuntimeStatus>;
  stop(): void;
}

/** To be called before the runtime is started. */
export function watchRuntime({ nc }: NatsLink): RuntimeWatch {
  let status: RuntimeStatus | null = null;
  let waiting: { fits: (status: RuntimeStatus) => boolean; done: (s: RuntimeStatus) => void }[] =
    [];
  const onStatus = (now: RuntimeStatus) => {
    status = now;
    const met = waiting.filter(({ fits }) => fits(now));
    waiting = waiting.filter((each) => !met.includes(each));
    for (const { done } of met) done(now);
  };
  const statuses = nc.subscribe('live.runtime.>', {
    callback: (error, message) => {
      if (error === null) onStatus(message.json<RuntimeStatus>());
    },
  });
  const claimed = new Promise<number>((resolve) => {
    nc.subscribe(`$KV.${CHECKPOINT_BUCKET}.>`, { max: 1, callback: () => resolve(Date.now()) });
  });
  const until = (fits: (status: RuntimeStatus) => boolean) =>
    new Promise<RuntimeStatus>((done) => waiting.push({ fits, done }));
  return {
    get status() {
      return status;
    },
    claimed,
    until,
    async flushed(seq) {
      const { lastFlushAt } = await until((now) => now.flushedSeq >= seq);
      return Date.parse(lastFlushAt ?? '');
    },
    stop: () => statuses.unsubscribe(),
  };
}

/** Makes the processors forget everything: as before their first start, with the LOG as it is. */
export async function forgetState({ jsm }: NatsLink): Promise<void> {
  for (const stream of [CHECKPOINT_STREAM, STREAMS.snapshots, STREAMS.inbox]) {
    await jsm.streams.purge(stream);
  }
}

/** The same with an empty LOG whose sequences begin at 1 again. */
export async function newLog({ config, link }: Stack): Promise<void> {
  await forgetState(link);
  await link.jsm.streams.delete(STREAMS.log);
  await ensureStreams(link.jsm, config);
}
