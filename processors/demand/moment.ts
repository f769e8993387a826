/** What a part of demand needs to say something: when, after which event, and where to. */
import type { Outputs } from '../processor.ts';

export interface Moment {
  /** Event time of the processor (ms since 1970). */
  readonly nowMs: number;
  /** Of the event in the log. */
  readonly seq: number;
  readonly out: Pick<Outputs, 'row' | 'finding' | 'cleared'>;
}
