/**
 * Ports of the local servers. A server that dies comes back on the port it had, or its clients
 * would look for it in vain; so a port is chosen once and remembered beside the data.
 */
import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/**
 * Below the ranges from which Linux (32768) and macOS (49152) take ports for outgoing connections.
 * Inside them a client that keeps dialling a dead server's port can end up connected to itself,
 * and the server then finds its own port taken.
 */
const LOWEST_PORT = 15_000;
const HIGHEST_PORT = 32_000;
const MAX_TRIES = 100;

/** A loopback port that is free now. Throws after {@link MAX_TRIES} taken ones. */
export async function pickPort(): Promise<number> {
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const port = randomInt(LOWEST_PORT, HIGHEST_PORT);
    if (await isPortFree(port)) return port;
  }
  throw new Error(
    `found no free port on 127.0.0.1 in ${MAX_TRIES} tries between ${LOWEST_PORT} and ${HIGHEST_PORT}`,
  );
}

/** True when a server could listen on 127.0.0.1:port now. */
export function isPortFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen({ host: '127.0.0.1', port, exclusive: true }, () => {
      probe.close(() => resolve(true));
    });
  });
}
