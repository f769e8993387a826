/** A real door as a process of the test: how findings come into the LOG. */
import { onTestFinished } from 'vitest';
import { pickPort } from '../../../platform/local/ports.ts';
import { startChild } from '../../support/child.ts';
import { until } from '../../support/until.ts';
import type { Scene } from './scene.ts';

/** Ready when this resolves; ended with the test. */
export async function startTestDoor({ nats, own }: Scene): Promise<void> {
  const port = await pickPort();
  const door = startChild({
    file: 'ingest/main.ts',
    env: {
      NATS_URL: nats.url,
      NATS_USER: nats.user,
      NATS_PASSWORD: nats.pass,
      DOOR_PORT: String(port),
      // Ticks are the test's own.
      CLOCK: 'feed',
      LOG_LEVEL: own.config.logLevel,
    },
  });
  onTestFinished(async () => {
    await door.end('SIGKILL');
  });
  await until(async () => {
    if (door.hasExited) throw new Error(`the door ended: ${door.output()}`);
    return (await fetch(`http://127.0.0.1:${port}/readyz`)).ok;
  });
}
