/**
 * The main job on real input: the first rows of a real shop's half-year through the door, the log, the
 * stock processor and ClickHouse, each of them the real one, and what comes out against the file.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect, onTestFinished, test } from 'vitest';
import { pickPort } from '../../platform/local/ports.ts';
import { startChild } from '../support/child.ts';
import { useClickHouse, useNats } from '../support/servers.ts';
import { compareUci, movedUnits } from '../support/uci-compare.ts';
import { UCI_FILE, uciFileMissing } from '../support/uci-expected.ts';
import { until } from '../support/until.ts';

const ROWS = 15_000;

const nats = useNats();
const clickhouse = useClickHouse();

test.skipIf(uciFileMissing !== '')(
  `rows, units sold, cancelled and written off per stock code equal the file ${uciFileMissing}`,
  async () => {
    const home = mkdtempSync(join(tmpdir(), 'stocktide-uci-'));
    onTestFinished(() => rmSync(home, { recursive: true, force: true }));
    const file = join(home, 'first-rows.csv');
    const lines = gunzipSync(readFileSync(UCI_FILE)).toString('utf8').split('\n');
    writeFileSync(file, lines.slice(0, ROWS + 1).join('\n'));

    const doorPort = String(await pickPort());
    const doorUrl = `http://127.0.0.1:${doorPort}`;
    const env = {
      NATS_URL: nats.url,
      NATS_USER: nats.user,
      NATS_PASSWORD: nats.pass,
      CLICKHOUSE_URL: clickhouse.url,
      CLICKHOUSE_DATABASE: clickhouse.database,
      STOCKTIDE_HOME: home,
      DOOR_PORT: doorPort,
      PROCESSORS_PORT: String(await pickPort()),
      LOG_LEVEL: 'warn',
    };
    const processors = startChild({ file: 'processors/main.ts', env });
    const door = startChild({ file: 'ingest/main.ts', env });
    onTestFinished(() => void processors.end('SIGKILL'));
    onTestFinished(() => void door.end('SIGKILL'));
    await until(async () => (await fetch(`${doorUrl}/readyz`)).ok, 60_000);

    const args = ['uci-online-retail', file, '--speed', 'max', '--url', doorUrl];
    const replay = startChild({ file: 'ingest/replay/main.ts', args, env });
    expect(await replay.exited, replay.output()).toBe(0);

    const arrived = async () => (await movedUnits(clickhouse.client))?.dispatched ?? 0;
    let before = -1;
    await until(async () => {
      const now = await arrived();
      const still = now > 0 && now === before;
      before = now;
      return still && (await compareUci(clickhouse.client, file)).differing.length === 0;
    }, 60_000);
    const { differing, skus, totals } = await compareUci(clickhouse.client, file);
    expect(differing).toEqual([]);
    expect(skus).toBeGreaterThan(1_000);
    const moved = await movedUnits(clickhouse.client);
    expect(moved?.writtenOff).toBe(totals.writtenOff);
    expect(moved?.found).toBe(totals.found);
    const [negative] = await clickhouse.rows<{ n: number }>(
      'SELECT toUInt32(countIf(available < 0)) AS n FROM stock_positions_now',
    );
    expect(negative?.n).toBe(0);
  },
);
