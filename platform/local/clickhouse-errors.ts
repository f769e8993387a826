/**
 * Errors as ClickHouse's HTTP interface gives them: a code, a name, and the text
 * `Code: 62. DB::Exception: … (SYNTAX_ERROR)` that every client parses.
 */

/** The codes that the host itself raises; the engine's own pass through by number. */
const CODES = {
  BAD_ARGUMENTS: 36,
  NOT_IMPLEMENTED: 48,
  SYNTAX_ERROR: 62,
  READONLY: 164,
  TOO_MANY_SIMULTANEOUS_QUERIES: 202,
  QUERY_WITH_SAME_ID_IS_ALREADY_RUNNING: 216,
  ABORTED: 236,
  TOO_MANY_BYTES: 307,
  QUERY_WAS_CANCELLED: 394,
  AUTHENTICATION_FAILED: 516,
  UNKNOWN_EXCEPTION: 1002,
} as const;

export type HostErrorName = keyof typeof CODES;

/** Status by code, after ClickHouse's own table; what is not in it is 500. */
const STATUSES: Record<number, number> = {
  ...group(400, [6, 25, 26, 27, 33, 36, 38, 41, 42, 43, 53, 62, 72, 117, 427]),
  ...group(403, [164, 192, 193, 497, 516]),
  ...group(404, [16, 46, 47, 50, 56, 60, 73, 81, 115]),
  ...group(413, [307]),
  ...group(501, [48]),
  ...group(503, [202, 236]),
};

export class ClickHouseError extends Error {
  override name = 'ClickHouseError';
  readonly code: number;
  /** HTTP status of the answer. */
  readonly status: number;

  /** An error of the host by its name, or of the engine by its code (the name is in its message). */
  constructor(kind: HostErrorName | number, message: string, options?: ErrorOptions) {
    const code = typeof kind === 'number' ? kind : CODES[kind];
    const text = typeof kind === 'number' ? message : `${message}. (${kind})`;
    super(`Code: ${code}. DB::Exception: ${text}`, options);
    this.code = code;
    this.status = STATUSES[code] ?? 500;
  }
}

/**
 * The engine's error as a server would say it: once.
 * `Code: 27. DB::Exception: Code: 27. DB::Exception: Cannot parse …`
 */
export function fromEngine(error: unknown): ClickHouseError {
  const text = error instanceof Error ? error.message : String(error);
  const code = /^Code: (\d+)\./.exec(text)?.[1];
  if (code === undefined) return new ClickHouseError('UNKNOWN_EXCEPTION', text, { cause: error });
  const message = text.replace(/^(?:Code: \d+\. DB::Exception: )+/, '');
  return new ClickHouseError(Number(code), message, { cause: error });
}

function group(status: number, codes: readonly number[]): Record<number, number> {
  return Object.fromEntries(codes.map((code) => [code, status]));
}
