/**
 * What the local NATS server keeps beside its streams, so that it comes back as the same server:
 *
 *     server.json       port and password, mode 0600, made up at the first start
 *     nats-server.conf  made from it at each start, mode 0600
 *     nats-server.pid   written by the server itself
 *     ports/            a file of the server's own, once it accepts clients
 *     jetstream/        the streams
 *     server.lock.N     one server per store
 */
import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isPortFree, pickPort } from './ports.ts';

export const NATS_USER = 'stocktide';

export interface NatsIdentity {
  port: number;
  pass: string;
}

export interface NatsStore {
  lockPath: string;
  configPath: string;
  /** Port and password of this store's server. @throws {Error} when the port is taken. */
  identity(wantedPort: number | undefined): Promise<NatsIdentity>;
  /** Writes the configuration and forgets the last start. */
  prepare(identity: NatsIdentity, maxFileBytes: number): void;
  /** The server accepts clients: it has written its ports file. */
  isReady(): boolean;
  /** Pid of the server that ran last, and may still. */
  lastPid(): number | undefined;
}

/** @param storeDir absolute path of a directory that exists */
export function natsStore(storeDir: string): NatsStore {
  const identityPath = join(storeDir, 'server.json');
  const configPath = join(storeDir, 'nats-server.conf');
  const pidPath = join(storeDir, 'nats-server.pid');
  const portsDir = join(storeDir, 'ports');
  const jetstreamDir = join(storeDir, 'jetstream');

  return {
    lockPath: join(storeDir, 'server.lock'),
    configPath,

    async identity(wantedPort) {
      const known = readIdentity(identityPath);
      const port = wantedPort ?? known?.port ?? (await pickPort());
      if (!(await isPortFree(port))) {
        const mend = wantedPort ? '' : ` Free it, or delete ${identityPath} for another port.`;
        throw new Error(
          `port ${port} of the local NATS server is taken by another program.${mend}`,
        );
      }
      const identity = { port, pass: known?.pass ?? randomBytes(24).toString('base64url') };
      writeFileSync(identityPath, `${JSON.stringify(identity)}\n`, { mode: 0o600 });
      return identity;
    },

    prepare({ port, pass }, maxFileBytes) {
      mkdirSync(jetstreamDir, { recursive: true });
      // A killed server leaves its ports file, which would look like a server that is ready.
      rmSync(portsDir, { recursive: true, force: true });
      mkdirSync(portsDir);
      const lines = [
        `listen: "127.0.0.1:${port}"`,
        `pid_file: ${JSON.stringify(pidPath)}`,
        `ports_file_dir: ${JSON.stringify(portsDir)}`,
        `authorization { user: ${NATS_USER}, password: "${pass}" }`,
        `jetstream { store_dir: ${JSON.stringify(jetstreamDir)}, max_file: ${maxFileBytes} }`,
      ];
      writeFileSync(configPath, `${lines.join('\n')}\n`, { mode: 0o600 });
    },

    isReady: () => readdirSync(portsDir).length > 0,

    lastPid() {
      try {
        const pid = Number(readFileSync(pidPath, 'utf8'));
        return Number.isInteger(pid) && pid > 0 ? pid : undefined;
      } catch {
        return undefined;
      }
    },
  };
}

/** Undefined at the first start, and for a file that a power cut left incomplete. */
function readIdentity(path: string): NatsIdentity | undefined {
  try {
    const { port, pass } = JSON.parse(readFileSync(path, 'utf8')) as Partial<NatsIdentity>;
    return port === undefined || pass === undefined ? undefined : { port, pass };
  } catch {
    return undefined;
  }
}
