/** Tells who listens (`live.atp.<partition>`) which SKUs' ATP changed; changes close together share a notice. */
import type { AtpNotice } from '../../contracts/signals.ts';
import { liveAtp, partitionOf } from '../../contracts/subjects.ts';
import type { NatsLink } from '../../platform/nats/connect.ts';

/** SKUs in one notice. */
const NOTICE_SKUS = 1_000;

export class Notices {
  readonly #link: NatsLink;
  #changed = new Set<string>();

  constructor(link: NatsLink) {
    this.#link = link;
  }

  add(sku: string): void {
    this.#changed.add(sku);
  }

  /** Sends what has changed; `seq` is the log sequence that the changes include. */
  send(seq: number): void {
    if (this.#changed.size === 0) return;
    const byPartition = new Map<number, string[]>();
    for (const sku of this.#changed) {
      const partition = partitionOf(sku);
      const skus = byPartition.get(partition);
      if (skus === undefined) byPartition.set(partition, [sku]);
      else skus.push(sku);
    }
    this.#changed = new Set();
    for (const [partition, skus] of byPartition) {
      for (let at = 0; at < skus.length; at += NOTICE_SKUS) {
        const notice: AtpNotice = { skus: skus.slice(at, at + NOTICE_SKUS), seq };
        this.#link.nc.publish(liveAtp(partition), JSON.stringify(notice));
      }
    }
  }
}
