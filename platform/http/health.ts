/**
 * The three routes that every process has: is it alive, may it be given work, what are its numbers.
 *
 * `/healthz` answers as long as the event loop turns. `/readyz` is 503 while starting, draining, or
 * while a check fails; which one it says to neighbours and to whoever is signed
 * in. `/metrics` is Prometheus' text
 * format.
 */
import type { FastifyInstance } from 'fastify';
import { isLoopback } from '../config.ts';
import type { Life } from '../lifecycle.ts';

export function registerHealth(
  app: FastifyInstance,
  life: Pick<Life, 'name' | 'config' | 'readiness' | 'metrics'>,
): void {
  const isLocal = isLoopback(life.config.host);
  app.get('/healthz', () => ({ status: 'ok', process: life.name }));

  app.get('/readyz', async ({ caller }, reply) => {
    const { ready, checks } = life.readiness();
    const status = ready ? 'ready' : 'not ready';
    return reply
      .code(ready ? 200 : 503)
      .send({ status, process: life.name, ...(isLocal || caller !== null ? { checks } : {}) });
  });

  app.get('/metrics', async (_request, reply) =>
    reply.type(life.metrics.contentType).send(await life.metrics.text()),
  );
}
