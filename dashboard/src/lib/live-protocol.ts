/**
 * The client's half of the live protocol (contracts/live.ts) as plain functions: what a message does to
 * a topic's value, and how long to wait before connecting again. lib/live.svelte.ts is the shell.
 */
import type { ServerMessage } from '../../../contracts/live.ts';

/** A topic's value and where its numbering stands: enough to resume after a break. */
export interface TopicValue {
  readonly stream: string;
  readonly n: number;
  readonly data: object;
}

type Snapshot = Extract<ServerMessage<object>, { op: 'snapshot' }>;
type Delta = Extract<ServerMessage<object>, { op: 'delta' }>;

/**
 * The value after a snapshot or a delta. Null when the delta does not follow the value, so that only
 * a fresh snapshot can tell what is true.
 */
export function applyMessage(
  value: TopicValue | null,
  message: Snapshot | Delta,
): TopicValue | null {
  if (message.op === 'snapshot') {
    return { stream: message.stream, n: message.n, data: message.data };
  }
  if (value === null || message.n !== value.n + 1) return null;
  return { ...value, n: message.n, data: { ...value.data, ...message.data } };
}

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 15_000;

/**
 * Wait before attempt `attempt` (the first is 1): doubled each time up to a limit, spread by a quarter
 * either way so that many pages do not come back in the same instant. `random` is in [0, 1).
 */
export function reconnectWaitMs(attempt: number, random: number): number {
  const wait = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (attempt - 1));
  return Math.round(wait * (0.75 + random / 2));
}
