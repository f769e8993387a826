/** A parent for the host, to be killed: starts one on the directory given and prints its pid. */
import { startClickHouseHost } from '../../../platform/local/clickhouse.ts';
import { createLog } from '../../../platform/log.ts';

const dataDir = process.argv[2] ?? '';
const log = createLog({ name: 'test', level: 'error', format: 'pretty' });
const host = await startClickHouseHost({ dataDir, log });
process.stdout.write(`${host.pid}\n`);
