/**
 * The three routes that every process has: is it alive, may it be given work, what are its numbers.
 *
 * `/healthz` answers as long as the event loop turns. `/readyz` is 503 while starting, draining, or
 * while a check fails, and says which. `/metrics` is Prometheus' text format.
 */
import type { FastifyInstance } from 'fastify';
import type { Life } from '../lifecycle.ts';

export function registerHealth(
  app: FastifyInstance,
  life: Pick<Life, 'name' | 'readiness' | 'metrics'>,
): void {
  app.get('/healthz', () => ({ status: 'ok', process: life.name }));

  app.get('/readyz', async (_request, reply) => {
    const { ready, checks } = life.readiness();
    return reply
      .code(ready ? 200 : 503)
      .send({ status: ready ? 'ready' : 'not ready', process: life.name, checks });
  });

  app.get('/metrics', async (_request, reply) =>
    reply.type(life.metrics.contentType).send(await life.metrics.text()),
  );
}
