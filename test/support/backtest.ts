/**
 * An archive for backtests: a small rule that policy drives, the real case engine and the real archive
 * processor over a log that grows as the live one does: what is found enters it behind the next event.
 *
 * The rule: an adjustment of at least `amount` units is a COUNT_VARIANCE worth ten times its units, until an
 * adjustment of the position is smaller than that.
 */
import type { LogEvent } from '../../contracts/events.ts';
import { createArchive } from '../../processors/archive/archive.ts';
import { createCases } from '../../processors/cases/facts.ts';
import { RulePolicies } from '../../processors/facts/rule-policies.ts';
import type { Applied, Outputs, Processor } from '../../processors/processor.ts';
import type { ArchivedEvent } from '../../processors/runtime/archived.ts';
import { Batch, type TableBlock } from '../../processors/runtime/batch.ts';
import {
  clearedEvent,
  findingEvent,
  type FindingEvent,
} from '../../processors/runtime/findings.ts';
import { Reduction } from '../../processors/runtime/reduction.ts';
import type { HostedProcessor } from '../../processors/runtime/slices.ts';
import { admitted, event, logMessages, type Given } from './given.ts';

export const hostWatch = (): HostedProcessor[] => [
  { processor: createWatch() },
  { processor: createCases() },
];

function createWatch(): Processor {
  const rules = new RulePolicies();
  const open = new Map<string, string>();

  function apply({ event: one, seq, timeMs, ...applied }: Applied, out: Outputs): void {
    if (one.type === 'stocktide.policy.set.v1') rules.set(one.data, { seq, timeMs });
    if (one.type !== 'stocktide.inventory.adjusted.v1') return;
    const { node_id: nodeId, qty_delta: units, sku_id: skuId } = one.data;
    const setting = rules.of('COUNT_VARIANCE', { sku: skuId, node: nodeId });
    const about = {
      code: 'COUNT_VARIANCE',
      ...{ entity: `sku/${skuId}/node/${nodeId}`, skuId, nodeId },
    } as const;
    const limit = setting.parameters['amount'] ?? 0;
    const ended = open.get(about.entity);
    if (ended !== undefined && units < limit) {
      open.delete(about.entity);
      out.cleared({ ...about, findingId: ended, clearedAtMs: timeMs, detail: 'small again' });
    }
    if (!setting.enabled || units < limit) return;
    const findingId = `COUNT_VARIANCE/${about.entity}/${timeMs}`;
    open.set(about.entity, findingId);
    out.finding({
      ...{
        ...about,
        findingId,
        conditionAtMs: timeMs,
        detail: `${units} units at ${applied.nowMs}`,
      },
      ...{ units, amount: `${units * 10}.50`, evidence: [{ source: one.source, id: one.id }] },
    });
  }

  return {
    ...{ name: 'watch', stateVersion: '1', apply, size: () => open.size },
    ...{ snapshot: () => [], restore: () => undefined },
  };
}

/** Units of a position that are adjusted, `at` minutes after T0. */
export const adjusted = (at: number, sku_id: string, qty_delta: number): Given =>
  event('inventory.adjusted', { sku_id, node_id: 'dc-1', qty_delta }, { at });

export class ArchiveBench {
  readonly log: ArchivedEvent[] = [];
  readonly #batch = new Batch(0);
  readonly #reduction: Reduction;
  #found: FindingEvent[] = [];

  constructor(host: () => HostedProcessor[] = hostWatch) {
    this.#reduction = new Reduction({
      hosted: [{ processor: createArchive() }, ...host()],
      recentIds: 10_000,
      effects: {
        row: (table, cells) => this.#batch.add(table, [...cells]),
        finding: (processor, finding) => this.#found.push(findingEvent(processor, finding)),
        cleared: (processor, cleared) => this.#found.push(clearedEvent(processor, cleared)),
        changed: () => undefined,
        signal: () => undefined,
        aside: ({ detail }) => {
          throw new Error(detail);
        },
      },
    });
  }

  given(...events: readonly Given[]): this {
    for (const one of events) {
      const { nowMs } = this.#reduction.intake;
      const found = this.#found.splice(0);
      this.#append(logMessages(one, { id: `e${this.log.length + 1}`, nowMs }));
      for (const finding of found) this.#append(admitted(finding, this.#reduction.intake.nowMs));
    }
    return this;
  }

  /** Sequence of each finding, by its id. */
  get places(): Map<string, number> {
    return new Map(
      this.log.flatMap(({ event: one, seq }) =>
        one.type === 'stocktide.finding.raised.v1' ? [[one.id, seq] as const] : [],
      ),
    );
  }

  get blocks(): TableBlock[] {
    return this.#batch.blocks();
  }

  /** The case that a finding about the SKU opened, as the log has it. */
  caseOf(sku: string, number = 0): string {
    const raised = this.log.filter(
      ({ event: one }) => one.type === 'stocktide.finding.raised.v1' && one.data.sku_id === sku,
    );
    return `COUNT_VARIANCE/sku/${sku}/node/dc-1/${raised[number]?.seq ?? 'none'}`;
  }

  #append(messages: readonly { readonly raw: string; readonly subject: string }[]): void {
    for (const { raw, subject } of messages) {
      const seq = this.log.length + 1;
      this.log.push({ seq, subject, raw, event: JSON.parse(raw) as LogEvent });
      this.#reduction.apply(seq, subject, raw);
    }
  }
}
