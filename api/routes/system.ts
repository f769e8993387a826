/** `GET /v1/system`: runtimes, doors, ClickHouse and NATS, as of the last second. */
import type { FastifyInstance } from 'fastify';
import type { SystemMonitor } from '../system.ts';

export function registerSystem(app: FastifyInstance, { system }: { system: SystemMonitor }): void {
  app.get(
    '/v1/system',
    {
      schema: {
        tags: ['system'],
        summary: 'State of the processors, the door, ClickHouse and NATS',
        description: 'The same as the live topic `system`, whose form contracts/live.ts describes.',
      },
    },
    async () => system.view,
  );
}
