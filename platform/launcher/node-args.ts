/**
 * What Node is told about a process of ours beyond the program. docker-compose.yml says the same with NODE_OPTIONS.
 */

/** The processors make and drop many objects with each event: in a larger nursery fewer of them are copied. */
const NURSERY = '--max-semi-space-size=64';

/** Arguments for Node, before the program; `file` is relative to the project. */
export const nodeArgsOf = (file: string): string[] =>
  file === 'processors/main.ts' ? [NURSERY] : [];
