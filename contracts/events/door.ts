/** What the door says in the log about its own work: how much of a source it took, and what became of refusals. */
import { Type } from 'typebox';
import { instant, oneOf, optional, qtyOrZero, ref, text } from '../fields.ts';
import { REJECTION_REASONS, type RejectionReason } from '../rejections.ts';
import { fact } from './define.ts';

const REASONS = Object.keys(REJECTION_REASONS) as RejectionReason[];
const sent = (description: string) => Type.String({ maxLength: 200, description });

export const SETTLEMENTS = ['replayed', 'mended', 'discarded'] as const;
export type Settlement = (typeof SETTLEMENTS)[number];

export const DOOR_EVENTS = {
  'feed.tallied': fact('-', 'What the door made of the events of a source since the last tally', {
    source: sent('Source URI that it is about'),
    since: instant('When the first of them came'),
    accepted: qtyOrZero('Events taken, as they were sent'),
    duplicates: qtyOrZero('Events that the log had already'),
    rejected: qtyOrZero('Events refused'),
    reasons: Type.Record(Type.String({ maxLength: 40 }), Type.Integer({ minimum: 1 }), {
      description: 'Events refused, by reason',
    }),
  }),
  'rejection.settled': fact('-', 'A person decided what becomes of a dead letter', {
    letter: Type.Integer({ minimum: 1, description: 'Sequence of the letter' }),
    settlement: oneOf(
      SETTLEMENTS,
      'replayed: sent again as it was; mended: sent again put right; discarded: given up',
    ),
    rejected_for: oneOf(REASONS as [RejectionReason, ...RejectionReason[]], 'Why it was refused'),
    rejected_at: instant('When it was refused'),
    about_source: optional(sent('Source of the refused event')),
    about_id: optional(sent('Its id')),
    about_type: optional(sent('Its type')),
    actor: ref('Who decided'),
    reason: text('Why'),
  }),
} as const;
