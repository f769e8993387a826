/**
 * What warehouse staff typed beside a price-0 row ("damages", "?lost", "wrong barcode") as a
 * normalised reason code (REFERENCE §2.2). The first rule that matches decides; the text itself is
 * kept in the event's note.
 */
import type { InputDataOf } from '../../../contracts/events.ts';

export type AdjustmentReason = InputDataOf<'inventory.adjusted'>['reason_code'];

const RULES: readonly (readonly [AdjustmentReason, RegExp])[] = [
  [
    'damaged',
    /damage|broken|wet\b|rust|mou?ldy|crush|crack|smash|faulty|thrown? away|unsale?able|smudge/i,
  ],
  ['shrinkage', /lost|missing|\bmia\b|theft|stolen|mystery/i],
  ['promotion', /sample|showroom|display|given away|mailout/i],
  ['restock', /return/i],
  ['received', /(?<!not )(rcvd|received)|cargo/i],
  ['correction', /found|count|rcvd|adjust|revers|barcode|label|mix up|code|sold|dotcom|amazon/i],
  ['correction', /credit|check|wrong|push order/i],
];

/** The reason behind `text`; `other` when nobody typed one, or none that is known. */
export function adjustmentReason(text: string): AdjustmentReason {
  return RULES.find(([, pattern]) => pattern.test(text))?.[0] ?? 'other';
}
