/** Things that are made to happen to an order, a purchase order or a return on its ordinary way. */
import type { Draft } from './label.ts';

export type OrderPlan =
  | { readonly kind: 'short'; readonly draft: Draft; readonly nearMiss: boolean }
  /** Its pick starts at this part of the time until it is due. */
  | { readonly kind: 'slow'; readonly draft: Draft; readonly part: number }
  | {
      readonly kind: 'violation';
      readonly draft: Draft;
      readonly check: 'payment' | 'fraud' | 'address' | 'stock';
      readonly outcome: 'fail' | 'overridden';
    }
  /** The carrier first scans it this long after its dispatch (hours of event time). */
  | { readonly kind: 'late scan'; readonly draft: Draft; readonly hours: number };

export type PoPlan =
  /** Each line comes with so many units more or fewer. */
  | { readonly kind: 'units'; readonly draft: Draft; readonly units: number }
  /** Goods that nobody ordered come with it. */
  | {
      readonly kind: 'unexpected';
      readonly draft: Draft;
      readonly sku: string;
      readonly qty: number;
    }
  /** Its receipt names neither order nor notice, or the order alone. */
  | { readonly kind: 'blind'; readonly draft: Draft; readonly namesOrder: boolean }
  | { readonly kind: 'late'; readonly draft: Draft };

export interface ReturnPlan {
  readonly draft: Draft;
  /** Waits so long for its disposition (hours of event time). */
  readonly hours: number;
}
