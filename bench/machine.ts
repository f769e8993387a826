/** What the figures were measured on: part of every result, since a figure without it says nothing. */
import { cpus, loadavg, release, totalmem, type } from 'node:os';
import { round } from './measure.ts';

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly os: string;
  readonly node: string;
  /** Load average of the last minute when the bench began: others were at work when it is not near 0. */
  readonly loadBefore: number;
}

export function machine(): Machine {
  const cores = cpus();
  return {
    cpu: cores[0]?.model.trim() ?? 'unknown',
    cores: cores.length,
    memoryGiB: round(totalmem() / 2 ** 30),
    os: `${type()} ${release()}`,
    node: process.version,
    loadBefore: loadNow(),
  };
}

export function loadNow(): number {
  return round(loadavg()[0] ?? 0, 2);
}

export function machineLine({ cores, cpu, loadBefore, memoryGiB, node, os }: Machine): string {
  return `${cores} × ${cpu}, ${memoryGiB} GiB, ${os}, Node ${node}, load ${loadBefore}`;
}
