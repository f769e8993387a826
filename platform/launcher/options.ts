/** The command line of `npm start`: what can be chosen without an environment variable. */
import { parseArgs } from 'node:util';

export interface LauncherOptions {
  help: boolean;
  /** Port of the dashboard and API; undefined: 8080, or another one when that is taken. */
  port: string | undefined;
  /** Data directory; undefined: STOCKTIDE_HOME. */
  data: string | undefined;
  /** Play the built-in demo feed. */
  demo: boolean;
}

/** The command line cannot be used; the message says why. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export const usage = `Starts Stocktide on this machine: NATS, ClickHouse, the door, the processors, the API
with its dashboard, and a demo feed. Ctrl-C stops everything; the data stays.

  npm start -- [options]

  --port N     port of the dashboard and the API (default 8080, or a free one when that is taken)
  --data DIR   data directory (default .stocktide, or STOCKTIDE_HOME)
  --no-demo    do not play the demo feed
  --help       this text

Environment variables reach every process; docs/operating.md lists them. With NATS_URL or
CLICKHOUSE_URL set, that server is used instead of a local one.
`;

/** @throws {UsageError} naming the argument that is not understood. */
export function parseOptions(args: string[]): LauncherOptions {
  const { port, data, demo, help } = parse(args);
  if (port !== undefined && !(/^\d{1,5}$/.test(port) && Number(port) <= 65_535)) {
    throw new UsageError(
      `--port "${port}": allowed is a number from 1 to 65535, or 0 for any free port`,
    );
  }
  return { help, port, data, demo };
}

function parse(args: string[]) {
  try {
    const { values } = parseArgs({
      args,
      allowNegative: true,
      options: {
        help: { type: 'boolean', short: 'h', default: false },
        port: { type: 'string' },
        data: { type: 'string' },
        demo: { type: 'boolean', default: true },
      },
    });
    return { port: undefined, data: undefined, ...values };
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}
