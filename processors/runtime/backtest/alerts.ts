/** What a run alerts people to within the span: findings, and openings of cases. Pure. */
import type { BacktestAlert } from '../../../contracts/backtest.ts';
import type { DataOf, LogEvent } from '../../../contracts/events.ts';
import { isClosed, type CaseRecord } from '../../cases/record.ts';
import type { Signal } from '../../processor.ts';

export interface Alert {
  readonly kind: BacktestAlert['kind'];
  /** Of the finding; of a case `<case id>#<opening>`. */
  readonly id: string;
  readonly code: string;
  readonly subtype: string;
  readonly entity: string;
  readonly ids: AlertIds;
  /** Event time at which it was raised, and since when its condition holds. */
  readonly atMs: number;
  readonly conditionAtMs: number;
  /** Null while it holds. */
  readonly endMs: number | null;
  readonly amount: string;
  readonly orders: number;
  /** Of a case. */
  readonly severity: string | null;
  readonly team: string | null;
  readonly detail: string;
}

/** Empty where it names none. */
export interface AlertIds {
  readonly sku: string;
  readonly node: string;
  readonly order: string;
  readonly channel: string;
  readonly supplier: string;
  readonly location: string;
}

/** Alerts of a span; with more it is to be shortened. */
const MAX_ALERTS = 200_000;

/** More alerts than a comparison can hold. */
export class TooManyAlerts extends Error {
  override readonly name = 'TooManyAlerts';
}

export class AlertLog {
  readonly #fromMs: number;
  readonly #capacity: number;
  readonly #byId = new Map<string, Alert>();

  constructor({ fromMs, capacity = MAX_ALERTS }: { fromMs: number; capacity?: number }) {
    this.#fromMs = fromMs;
    this.#capacity = capacity;
  }

  /** In the order in which they were raised. */
  get all(): Alert[] {
    return [...this.#byId.values()];
  }

  /** An event that the run applied. */
  onEvent(event: LogEvent, nowMs: number): void {
    switch (event.type) {
      case 'stocktide.finding.raised.v1':
        if (nowMs >= this.#fromMs) this.#put(findingAlert(event.data, nowMs));
        return;
      case 'stocktide.finding.cleared.v1': {
        const alert = this.#byId.get(keyOf('finding', event.data.finding_id));
        if (alert !== undefined) this.#put({ ...alert, endMs: Date.parse(event.data.cleared_at) });
        return;
      }
      default:
        return;
    }
  }

  /** News of a case: each opening is an alert, and later steps say how it stands. */
  onSignal({ data, subject }: Signal): void {
    if (!subject.startsWith('sig.case.')) return;
    const { record } = data as { readonly record: CaseRecord };
    if (record.openedAtMs >= this.#fromMs) this.#put(caseAlert(record));
  }

  #put(alert: Alert): void {
    this.#byId.set(keyOf(alert.kind, alert.id), alert);
    if (this.#byId.size > this.#capacity) {
      throw new TooManyAlerts(
        `more than ${this.#capacity} findings and cases in the span; choose a shorter one`,
      );
    }
  }
}

const keyOf = (kind: Alert['kind'], id: string) => `${kind} ${id}`;

function findingAlert(data: DataOf<'finding.raised'>, nowMs: number): Alert {
  return {
    ...{ kind: 'finding', id: data.finding_id, code: data.code, subtype: data.subtype ?? '' },
    entity: data.entity,
    ids: {
      sku: data.sku_id ?? '',
      node: data.node_id ?? '',
      order: data.order_id ?? '',
      channel: data.channel_id ?? '',
      supplier: data.supplier_id ?? '',
      location: data.location_id ?? '',
    },
    ...{ atMs: nowMs, conditionAtMs: Date.parse(data.condition_at), endMs: null },
    ...{ amount: data.amount ?? '0', orders: data.orders_at_risk ?? 0 },
    ...{ severity: null, team: null, detail: data.detail },
  };
}

function caseAlert(record: CaseRecord): Alert {
  const { channelId, locationId, nodeId, orderId, skuId, supplierId } = record;
  const { code, conditionAtMs, detail, entity, severity, subtype, team } = record;
  return {
    ...{ kind: 'case', id: `${record.caseId}#${record.openings}`, code, subtype, entity },
    ids: {
      ...{ sku: skuId, node: nodeId, order: orderId, channel: channelId },
      ...{ supplier: supplierId, location: locationId },
    },
    ...{ atMs: record.openedAtMs, conditionAtMs },
    endMs: isClosed(record) ? record.closedAtMs : null,
    ...{ amount: record.exposure.amount, orders: record.exposure.orders },
    ...{ severity, team, detail },
  };
}
