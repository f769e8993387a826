/**
 * Which ports our own processes listen on. A port that was asked for is used or the start stops; one
 * that was not is the default, else the one of the last start, else any free one: a second Stocktide
 * on a machine just works, and keeps its address afterwards.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { isPortFree, pickPort } from '../local/ports.ts';

export interface ProcessPorts {
  api: number;
  door: number;
  processors: number;
}

/** What was asked for, as text, and under which name to speak of it. */
export type WantedPorts = {
  [Name in keyof ProcessPorts]: { value: string | undefined; from: string };
};

const defaults: ProcessPorts = { api: 8080, door: 8081, processors: 8082 };

/** A port that was asked for is not free. */
export class PortTakenError extends Error {
  override readonly name = 'PortTakenError';
}

/**
 * @param file where the choice is remembered
 * @throws {PortTakenError} naming the option or variable that asks for a taken port
 */
export async function choosePorts(file: string, wanted: WantedPorts): Promise<ProcessPorts> {
  const last = readLast(file);
  const taken = new Set<number>();
  const choose = async (name: keyof ProcessPorts): Promise<number> => {
    const { value, from } = wanted[name];
    const port =
      value === undefined || value === '0'
        ? await firstFree(value === '0' ? [last[name]] : [defaults[name], last[name]], taken)
        : Number(value);
    if (value !== undefined && (taken.has(port) || !(await isPortFree(port)))) {
      throw new PortTakenError(
        `port ${port} (${from}) is taken by another program. Stop that program, choose another port, or leave ${from} out to have a free one chosen.`,
      );
    }
    taken.add(port);
    return port;
  };
  const ports = {
    api: await choose('api'),
    door: await choose('door'),
    processors: await choose('processors'),
  };
  writeFileSync(file, `${JSON.stringify(ports)}\n`);
  return ports;
}

async function firstFree(candidates: (number | undefined)[], taken: Set<number>): Promise<number> {
  for (const port of candidates) {
    if (port !== undefined && !taken.has(port) && (await isPortFree(port))) return port;
  }
  for (;;) {
    const port = await pickPort();
    if (!taken.has(port)) return port;
  }
}

function readLast(file: string): Partial<ProcessPorts> {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Partial<ProcessPorts>;
  } catch {
    return {};
  }
}
