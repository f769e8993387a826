/** Each process with its state, from what the system topic says. Pure. */
import type { SystemView } from '../../../contracts/live.ts';

export interface ProcessState {
  readonly name: string;
  readonly state: 'up' | 'busy' | 'silent' | 'down';
  /** What it says of itself. */
  readonly detail: string;
  /** When it was heard last (RFC 3339). */
  readonly at: string;
}

/** A part that said nothing for longer is silent. */
const SILENT_MS = 5000;

export function processesOf(view: SystemView, units: (n: number) => string): ProcessState[] {
  const isSilent = (at: string) => Date.parse(view.at) - Date.parse(at) > SILENT_MS;
  const server = (name: string, { detail, ok }: SystemView['nats']): ProcessState => ({
    ...{ name, detail, at: view.at },
    state: ok ? 'up' : 'down',
  });
  return [
    { name: 'API', state: 'up', detail: 'answers this page', at: view.at },
    ...view.doors.map(({ accepted, acceptedPerSec, at, rejected }, i): ProcessState => ({
      name: view.doors.length === 1 ? 'Door' : `Door ${i + 1}`,
      state: isSilent(at) ? 'silent' : 'up',
      detail: `${units(Math.round(acceptedPerSec))} events/s; ${units(accepted)} taken, ${units(rejected)} refused since it started`,
      at,
    })),
    ...view.runtimes.map(({ at, detail, lagEvents, phase, slice }): ProcessState => ({
      name: `Processors ${slice}`,
      state: isSilent(at) ? 'silent' : phase === 'live' ? 'up' : 'busy',
      detail:
        phase === 'live'
          ? `${units(lagEvents)} events behind`
          : `${phase}${detail === '' ? '' : `: ${detail}`}`,
      at,
    })),
    server('NATS', view.nats),
    server('ClickHouse', view.clickhouse),
  ];
}
