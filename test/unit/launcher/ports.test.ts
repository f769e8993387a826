/** Which ports the launcher takes, against sockets that really listen. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { choosePorts, PortTakenError, type WantedPorts } from '../../../platform/launcher/ports.ts';
import { pickPort } from '../../../platform/local/ports.ts';

let folder: string;
let file: string;
const open: Server[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'stocktide-ports-'));
  file = join(folder, 'ports.json');
});

afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => new Promise((done) => server.close(done))));
  rmSync(folder, { recursive: true });
});

async function takenPort(): Promise<number> {
  const server = createServer();
  open.push(server);
  await new Promise<void>((listening) => server.listen({ host: '127.0.0.1', port: 0 }, listening));
  return (server.address() as AddressInfo).port;
}

function wanted(values: Partial<Record<keyof WantedPorts, string>>): WantedPorts {
  return {
    api: { value: values.api, from: '--port' },
    door: { value: values.door, from: 'DOOR_PORT' },
    processors: { value: values.processors, from: 'PROCESSORS_PORT' },
  };
}

describe('choosePorts', () => {
  it('uses the ports that were asked for', async () => {
    const [api, door, processors] = await threePorts();
    const ports = await choosePorts(file, wanted(texts({ api, door, processors })));
    expect(ports).toEqual({ api, door, processors });
  });

  it('names the option when the port asked for is taken', async () => {
    const api = await takenPort();
    const choice = choosePorts(file, wanted(texts({ api })));
    await expect(choice).rejects.toThrow(PortTakenError);
    await expect(choice).rejects.toThrow(`port ${api} (--port) is taken`);
  });

  it('refuses one port for two processes', async () => {
    const api = await pickPort();
    await expect(choosePorts(file, wanted(texts({ api, door: api })))).rejects.toThrow(
      `port ${api} (DOOR_PORT) is taken`,
    );
  });

  it('finds three different free ports when any will do', async () => {
    const any = wanted({ api: '0', door: '0', processors: '0' });
    const ports = await choosePorts(file, any);
    expect(new Set(Object.values(ports)).size).toBe(3);
    expect(await choosePorts(file, any)).toEqual(ports);
  });

  it('does not insist on a port of the last start that is taken now', async () => {
    const taken = await takenPort();
    const [, door, processors] = await threePorts();
    writeFileSync(file, JSON.stringify({ api: taken, door, processors }));
    const ports = await choosePorts(file, wanted({ api: '0', door: '0', processors: '0' }));
    expect(ports).toMatchObject({ door, processors });
    expect(ports.api).not.toBe(taken);
  });
});

async function threePorts(): Promise<[number, number, number]> {
  return [await pickPort(), await pickPort(), await pickPort()];
}

function texts(ports: Partial<Record<keyof WantedPorts, number>>) {
  return Object.fromEntries(Object.entries(ports).map(([name, port]) => [name, String(port)]));
}
