/**
 * What failed in ClickHouse, by code: whether doing the same again later may succeed, or whether a
 * person has to look. Codes are those of ClickHouse's `ErrorCodes.cpp`.
 */
import { ClickHouseError } from '@clickhouse/client';

/** Causes that pass: load, memory, a full disk being cleared, a restart, a replica or Keeper away. */
const PASSING = new Set([
  3, // UNEXPECTED_END_OF_FILE
  32, // ATTEMPT_TO_READ_AFTER_EOF
  159, // TIMEOUT_EXCEEDED
  160, // TOO_SLOW
  202, // TOO_MANY_SIMULTANEOUS_QUERIES
  203, // NO_FREE_CONNECTION
  209, // SOCKET_TIMEOUT
  210, // NETWORK_ERROR
  216, // QUERY_WITH_SAME_ID_IS_ALREADY_RUNNING
  225, // NO_ZOOKEEPER
  236, // ABORTED
  241, // MEMORY_LIMIT_EXCEEDED
  242, // TABLE_IS_READ_ONLY
  243, // NOT_ENOUGH_SPACE
  252, // TOO_MANY_PARTS
  279, // ALL_CONNECTION_TRIES_FAILED
  285, // TOO_FEW_LIVE_REPLICAS
  286, // UNSATISFIED_QUORUM_FOR_PREVIOUS_WRITE
  319, // UNKNOWN_STATUS_OF_INSERT
  394, // QUERY_WAS_CANCELLED
  439, // CANNOT_SCHEDULE_TASK
  473, // DEADLOCK_AVOIDED
  745, // SERVER_OVERLOADED
  999, // KEEPER_EXCEPTION
]);

/** ClickHouse's code of an error, or null when ClickHouse did not answer (in its own words). */
export function clickhouseCode(error: unknown): number | null {
  return error instanceof ClickHouseError ? Number(error.code) : null;
}

/** Whether the same request may succeed later. */
export function isRetryable(error: unknown): boolean {
  if (error instanceof ClickHouseError) return PASSING.has(Number(error.code));
  // A mistake in our own code repeats itself. All else from the client is the transport: refused,
  // reset, timed out, or a proxy that answered instead.
  return !(error instanceof TypeError || error instanceof RangeError);
}
