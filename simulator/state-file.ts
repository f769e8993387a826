/** The brand's state on disk: read at the start, replaced whole, so that a crash leaves a whole one. */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { STATE_VERSION, type BrandState } from './world.ts';

/** The saved state, or null when there is none that this version can go on with. */
export function readState(file: string): BrandState | null {
  let content: string;
  try {
    content = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
  try {
    const state = JSON.parse(content) as BrandState;
    return state.version === STATE_VERSION && Array.isArray(state.agenda) ? state : null;
  } catch {
    return null;
  }
}

export function writeState(file: string, state: BrandState): void {
  mkdirSync(dirname(file), { recursive: true });
  const temporary = `${file}.${process.pid}.tmp`;
  writeFileSync(temporary, JSON.stringify(state));
  renameSync(temporary, file);
}
