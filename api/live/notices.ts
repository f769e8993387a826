/**
 * What processors and doors say unasked over plain NATS, brought to the parts that want it: changed
 * SKUs (only of partitions that someone follows), and the state of each runtime and door.
 *
 * Such messages are not kept by NATS. What was said while the connection was broken is lost, so
 * `onReconnect` tells that everything should be asked for again. A message that cannot be read is
 * counted and skipped.
 */
import { Events, JSONCodec, type NatsConnection, type Subscription } from 'nats';
import type { DoorStatus, RuntimeStatus } from '../../contracts/live.ts';
import type { AtpNotice } from '../../contracts/signals.ts';
import { LIVE_DOOR, liveAtp, liveRuntime } from '../../contracts/subjects.ts';
import type { Metrics } from '../../platform/metrics.ts';

export interface NoticeHandlers {
  onAtp(notice: AtpNotice): void;
  onRuntime(status: RuntimeStatus): void;
  onDoor(status: DoorStatus): void;
  onReconnect(): void;
}

const json = JSONCodec<unknown>();

export class LiveNotices {
  readonly #handlers: NoticeHandlers;
  readonly #unreadable;
  /** Partitions that are listened to; their subscription is null until there is a connection. */
  readonly #partitions = new Map<number, Subscription | null>();
  #nc: NatsConnection | null = null;

  constructor(handlers: NoticeHandlers, metrics: Metrics) {
    this.#handlers = handlers;
    this.#unreadable = metrics.counter(
      'stocktide_live_unreadable_total',
      'Notices over NATS that are not JSON',
    );
  }

  /** Begins with an open connection. The client takes every subscription up again after a break. */
  attach(nc: NatsConnection): void {
    this.#nc = nc;
    this.#subscribe(liveRuntime('*'), (status: RuntimeStatus) => this.#handlers.onRuntime(status));
    this.#subscribe(LIVE_DOOR, (status: DoorStatus) => this.#handlers.onDoor(status));
    for (const partition of this.#partitions.keys()) this.#subscribePartition(partition);
    void this.#watch(nc);
  }

  /** Listens for changed SKUs of a partition until the returned function is called. */
  listen(partition: number): () => void {
    this.#partitions.set(partition, null);
    this.#subscribePartition(partition);
    return () => {
      this.#partitions.get(partition)?.unsubscribe();
      this.#partitions.delete(partition);
    };
  }

  #subscribePartition(partition: number): void {
    const subscription = this.#subscribe(liveAtp(partition), (notice: AtpNotice) =>
      this.#handlers.onAtp(notice),
    );
    this.#partitions.set(partition, subscription);
  }

  #subscribe<T>(subject: string, handle: (message: T) => void): Subscription | null {
    if (this.#nc === null || this.#nc.isClosed()) return null;
    return this.#nc.subscribe(subject, {
      callback: (error, message) => {
        if (error !== null) return;
        let value: T;
        try {
          value = json.decode(message.data) as T;
        } catch {
          return this.#unreadable.inc();
        }
        handle(value);
      },
    });
  }

  async #watch(nc: NatsConnection): Promise<void> {
    for await (const status of nc.status()) {
      if (status.type === Events.Reconnect) this.#handlers.onReconnect();
    }
  }
}
