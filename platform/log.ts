/**
 * Structured logs: one JSON object a line on standard output, or a readable line for a person.
 *
 * Written synchronously, so that the last line before an exit is never lost; the hot paths of the
 * system do not log per event. Secrets are taken out by name.
 */
import pino, { type DestinationStream, type Logger } from 'pino';
import type { LogLevel } from './config.ts';

export type Log = Logger;

/** A logger for the process or part called `name`; `destination` is standard output unless given. */
export function createLog({
  name,
  level,
  format,
  destination = pino.destination({ fd: 1, sync: true }),
}: {
  name: string;
  level: LogLevel;
  format: 'json' | 'pretty';
  destination?: DestinationStream;
}): Log {
  return pino(
    {
      name,
      level,
      base: { name },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: {
        paths: [
          'password',
          '*.password',
          'accessToken',
          '*.accessToken',
          'natsPassword',
          '*.natsPassword',
          'clickhousePassword',
          '*.clickhousePassword',
          'headers.authorization',
          '*.headers.authorization',
        ],
        censor: '(hidden)',
      },
    },
    format === 'pretty' ? { write: (line) => destination.write(prettyLine(line)) } : destination,
  );
}

/** `12:00:00.123 info  door: listening  port=8081`; an error's stack follows on lines of its own. */
export function prettyLine(line: string): string {
  const { time, level, name, msg, err, ...rest } = JSON.parse(line) as Record<string, unknown>;
  const fields = Object.entries(rest).map(([key, value]) => `${key}=${compact(value)}`);
  const head = `${compact(time).slice(11, 23)} ${compact(level).padEnd(5)} ${compact(name)}:`;
  const stack = isRecord(err) ? `\n  ${compact(err.stack ?? err.message)}` : '';
  return `${[head, compact(msg ?? ''), ...fields].join(' ')}${stack}\n`;
}

function compact(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
