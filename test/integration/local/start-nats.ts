/** A launcher to be killed: starts a nats-server on the store given and prints its pid. */
import { startNatsServer } from '../../../platform/local/nats-server.ts';
import { createLog } from '../../../platform/log.ts';

const storeDir = process.argv[2] ?? '';
const log = createLog({ name: 'test', level: 'error', format: 'pretty' });
const server = await startNatsServer({ storeDir, log });
process.stdout.write(`${server.pid}\n`);
