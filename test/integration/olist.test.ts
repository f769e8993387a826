/**
 * The life of real orders through everything: `npm run replay`, door, log, processors, ClickHouse and the API,
 * each of them the real one, and what the API says of KPIs against figures computed from the file.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { pickPort } from '../../platform/local/ports.ts';
import { startChild } from '../support/child.ts';
import { dataFolder, missingData } from '../support/replay/data.ts';
import { differing } from '../support/replay/figures.ts';
import { compareOlist } from '../support/replay/olist.ts';
import { livingSystem } from '../support/replay/system.ts';
import { useClickHouse, useNats } from '../support/servers.ts';
import { until } from '../support/until.ts';

const ROWS = 1_000;
const WAIT_MS = 240_000;

const nats = useNats();
const clickhouse = useClickHouse();

const missing = missingData('olist');

test.skipIf(missing !== '')(
  `KPIs of the API equal what the file of Olist's orders says ${missing}`,
  async () => {
    const home = mkdtempSync(join(tmpdir(), 'stocktide-olist-'));
    onTestFinished(() => rmSync(home, { recursive: true, force: true }));
    const doorPort = String(await pickPort());
    const apiPort = String(await pickPort());
    const doorUrl = `http://127.0.0.1:${doorPort}`;
    const apiUrl = `http://127.0.0.1:${apiPort}`;
    const env = {
      NATS_URL: nats.url,
      NATS_USER: nats.user,
      NATS_PASSWORD: nats.pass,
      CLICKHOUSE_URL: clickhouse.url,
      CLICKHOUSE_DATABASE: clickhouse.database,
      STOCKTIDE_HOME: home,
      DOOR_PORT: doorPort,
      API_PORT: apiPort,
      PROCESSORS_PORT: String(await pickPort()),
      LOG_LEVEL: 'warn',
    };
    for (const file of ['processors/main.ts', 'ingest/main.ts', 'api/main.ts']) {
      const child = startChild({ file, env });
      onTestFinished(() => void child.end('SIGKILL'));
    }
    for (const url of [doorUrl, apiUrl]) {
      await until(async () => (await fetch(`${url}/readyz`)).ok, WAIT_MS);
    }

    const folder = dataFolder('olist');
    const args = ['olist', folder, '--limit', String(ROWS), '--url', doorUrl];
    const replay = startChild({ file: 'ingest/replay/main.ts', args, env });
    expect(await replay.exited, replay.output()).toBe(0);

    const system = livingSystem(apiUrl, clickhouse.client);
    let compared = await compareOlist(system, folder, ROWS);
    await until(async () => {
      compared = await compareOlist(system, folder, ROWS);
      return differing(compared).length === 0;
    }, WAIT_MS).catch(() => undefined);
    expect(differing(compared)).toEqual([]);
    expect(compared.length).toBeGreaterThan(30);
  },
  2 * WAIT_MS,
);
